"""The report of `flask check`: errors first, equal problems once, at most so many lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from octavo.content.errors import Problem, number

# Problems of one kind that name different files are told one by one up to this number.
MAX_SINGLY = 12
# Lines of a report, unless all are asked for.
MAX_LINES = 40
# What differs between problems of one form: what is quoted, paths, addresses and numbers.
_DIFFERS = re.compile(r"`[^`]*`|\S*\w[./]\w\S*|\d[\d,]*")


@dataclass(frozen=True, slots=True)
class Group:
    """Problems that are alike: the first of them, and their number."""

    first: Problem
    count: int

    def __str__(self) -> str:
        if self.count == 1:
            return str(self.first)
        return f"{self.first} ({self.count - 1:,} more like this.)"


def grouped(problems: Iterable[Problem]) -> list[Group]:
    """Return problems in groups: errors first, then the largest groups, then by place.

    Problems with the same words are one group. So are those of one `kind` whose words differ, where
    there are more than MAX_SINGLY of them.
    """
    alike: dict[tuple[str, str, str, str], list[Problem]] = {}
    for problem in problems:
        words = (problem.severity, problem.kind, problem.cause, problem.cure)
        alike.setdefault(words, []).append(problem)
    kinds = Counter(likeness[:2] for likeness in alike if likeness[1])
    merged: dict[tuple[str, ...], list[Problem]] = {}
    for likeness, found in alike.items():
        key: tuple[str, ...] = likeness
        if kinds[likeness[:2]] > MAX_SINGLY:
            key = likeness[:2]
        merged.setdefault(key, []).extend(found)
    groups = [Group(min(found), len(found)) for found in merged.values()]
    return sorted(groups, key=_weight)


def _weight(group: Group) -> tuple[bool, int, Problem]:
    return group.first.severity != "error", -group.count, group.first


def report(problems: Iterable[Problem], limit: int) -> tuple[list[Group], str]:
    """Return the groups that a report of `limit` lines shows, and a line on the others, or ''."""
    groups = grouped(problems)
    if len(groups) <= limit:
        return groups, ""
    shown = _in_turns(groups, limit - 1)
    left = sum(group.count for group in groups) - sum(group.count for group in shown)
    kinds = number(len(groups) - len(shown), "kind")
    return shown, f"{number(left, 'more problem')} of {kinds}: `flask check --all` tells all."


def _in_turns(groups: list[Group], limit: int) -> list[Group]:
    """Return `limit` groups in their order: one of each form, then a second of each, and so on.

    What stands once is read, however many problems of another form there are.
    """
    turns: Counter[tuple[str, str]] = Counter()
    ranked: list[tuple[int, int]] = []
    for place, group in enumerate(groups):
        form = (group.first.severity, _DIFFERS.sub("", group.first.cause))
        ranked.append((turns[form], place))
        turns[form] += 1
    kept = sorted(place for _, place in sorted(ranked)[:limit])
    return [groups[place] for place in kept]


def single_lines(problems: Iterable[Problem]) -> list[str]:
    """Return one line for each problem: errors first, then by place."""
    in_order = sorted(problems, key=lambda problem: (problem.severity != "error", problem))
    return [f"{problem.severity}: {problem}" for problem in in_order]
