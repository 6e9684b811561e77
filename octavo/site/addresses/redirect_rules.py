"""The file `_redirects` beside the settings: where old addresses lead, in Netlify's syntax.

https://docs.netlify.com/manage/routing/redirects/overview/ A rule is a line of a pattern,
conditions on the query if any, a target and a status if any:

    /news/*            /articles/:splat          301
    /:year/:slug.html  /articles/:slug/
    /  p=:id           /articles/post-:id/
    /old-campaign      /                         410

A page that exists is never hidden by a rule.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

from octavo.content.editing.changes import Changes
from octavo.content.errors import Mark, Problem
from octavo.content.urls import parts_of

NAME = "_redirects"
GONE = 410
STATUSES = (301, 302, 303, 307, 308, 404, GONE)
# Rules of the file that are read.
MAX_RULES = 10_000
# More steps than a reader's way through rules has.
MAX_STEPS = 10

_PLACEHOLDER = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)")
_STATUS = re.compile(r"([0-9]{3})!?")
_PARAMETER = re.compile(r"([^=:/\s]+)=(\S+)")
# Characters that an address may hold unquoted.
_SAFE = "/:?#[]@!$&'()*+,;=%~"
# How a named part of a pattern begins.
_GROUP = re.compile(r"\(\?P<\w+>")


class RuleError(ValueError):
    """A line of `_redirects` cannot be read as a rule; `cure` tells what to write."""

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(cause)
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Move:
    """Where a rule leads: a path or an http(s) address; '' where `status` is 404 or 410."""

    target: str
    status: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a pattern for paths, the parameters that the query must have, target and status."""

    pattern: re.Pattern[str]
    parameters: tuple[tuple[str, str], ...]
    target: str
    status: int
    # Whether it was to hide a page that exists.
    forced: bool = False
    # A path that it fits, and the number of its line.
    sample: str = ""
    line: int = 0

    def move(self, path: str, query: str) -> Move | None:
        """Return where a decoded path with its query leads; None where the rule does not fit."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        values = found.groupdict()
        given = dict(parse_qsl(query, keep_blank_values=True))
        for name, wanted in self.parameters:
            if name not in given:
                return None
            if wanted.startswith(":"):
                values[wanted[1:]] = given.pop(name)
            elif given.pop(name) != wanted:
                return None
        if self.status in (404, GONE):
            return Move("", self.status)
        target = _PLACEHOLDER.sub(
            lambda mark: quote(values.get(mark[1]) or "", safe="/~"), self.target
        )
        # A splat that begins with a slash must not make the address of another host.
        if target.startswith("//"):
            target = f"/{target.lstrip('/')}"
        if query and "?" not in target and not self.parameters:
            target = f"{target}?{query}"
        return Move(quote(target, safe=_SAFE), self.status)

    def leads_to_itself(self) -> bool:
        """Whether it fits its own target, and leads from there to the same."""
        target = _PLACEHOLDER.sub("x", self.target).partition("?")[0]
        if not target.startswith("/") or self.parameters:
            return False
        move = self.move(unquote(target), "")
        return move is not None and move.target == target


def parse_rule(line: str, number: int = 0) -> Rule | None:
    """Return the rule of a line with this number; None for a comment. Raises RuleError."""
    # A comment begins a line or stands behind a blank: a target may have a fragment.
    words = re.sub(r"(?:^|\s)#.*", "", line).split()
    if not words:
        return None
    source, *rest = words
    parameters: list[tuple[str, str]] = []
    while rest and not rest[0].startswith("/") and (found := _PARAMETER.fullmatch(rest[0])):
        parameters.append((found[1], found[2]))
        rest.pop(0)
    target = ""
    if rest and not _STATUS.fullmatch(rest[0]):
        target = rest.pop(0)
    status = 301
    forced = False
    if rest:
        forced = rest[0].endswith("!")
        status = _status(rest.pop(0).removesuffix("!"))
    if rest:
        cause = f"`{rest[0]}` after the status is not understood"
        raise RuleError(cause, "Write FROM TO STATUS only.")
    if not target and status not in (404, GONE):
        raise RuleError("it tells no address to lead to", "Write FROM TO, or FROM 410.")
    if status not in (404, GONE):
        _check_target(target)
    pattern = _pattern(source, [name for name, _ in parameters])
    sample = _PLACEHOLDER.sub("x", unquote(source)).replace("*", "x")
    return Rule(pattern, tuple(parameters), target, status, forced, sample, number)


def _status(word: str) -> int:
    found = _STATUS.fullmatch(word)
    if found is None or int(found[1]) not in STATUSES:
        raise RuleError(
            f"`{word}` is none of the statuses {', '.join(map(str, STATUSES))}",
            "Write one of them.",
        )
    return int(found[1])


def _check_target(target: str) -> None:
    if target.startswith("/") and not target.startswith("//"):
        return
    parts = parts_of(target)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise RuleError(
            f"`{target}` is no address", "Begin with a slash, or with https:// and a host."
        )
    if _PLACEHOLDER.search(parts.netloc) or "*" in parts.netloc:
        raise RuleError(f"the host of `{target}` is no fixed one", "Write the host itself.")


def _pattern(source: str, parameters: Sequence[str]) -> re.Pattern[str]:
    if not source.startswith("/"):
        raise RuleError(
            f"`{source}` does not begin with a slash; rules for other hosts are not understood",
            "Write the path only.",
        )
    path, question, query = source.partition("?")
    if question:
        cure = f"Write the parameters apart: `{path} {query.replace('&', ' ')}`."
        raise RuleError(f"`{source}` has a query", cure)
    path = unquote(path).rstrip("/")
    is_splat = path.endswith("*")
    if is_splat:
        path = path.removesuffix("*").removesuffix("/")
    if "*" in path:
        raise RuleError("a `*` stands before the end", "Use a placeholder such as `:name` there.")
    made = ""
    place = 0
    names: set[str] = set()
    for mark in _PLACEHOLDER.finditer(path):
        if mark[1] in names:
            raise RuleError(
                f"the placeholder `:{mark[1]}` stands there twice", "Give one another name."
            )
        names.add(mark[1])
        made += re.escape(path[place : mark.start()]) + f"(?P<{mark[1]}>[^/]+?)"
        place = mark.end()
    made += re.escape(path[place:])
    if is_splat:
        return re.compile(f"{made}(?:/(?P<splat>.*))?", re.DOTALL)
    return re.compile(f"{made}/?", re.DOTALL)


class Redirects:
    """The rules of one site's file, read again when it changes; none without a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._rules: tuple[Rule, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        self.digest = ""
        self.look()

    def look(self) -> bool:
        """Read the file again if it has changed; return whether it has."""
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            text = self._file.read_text("utf-8")
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as error:
            self.problems = (
                Problem(Mark(NAME), f"The file cannot be read: {error}.", "Save it as UTF-8."),
            )
            return True
        self._rules, self.problems = _read(text.splitlines())
        self.digest = blake2b(text.encode(), digest_size=12).hexdigest()
        return True

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._file)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    @property
    def reads_query(self) -> bool:
        """Whether any rule has a condition on the query."""
        return any(rule.parameters for rule in self._rules)

    def move(self, path: str, query: str, is_page: Callable[[str], object]) -> Move | None:
        """Return where the first rule leads that fits a decoded path and its query, or None.

        None too where rules lead on from there without end. `is_page` tells whether a page of the
        site is at a path, where the way ends.
        """
        first = self._fitting(path, query)
        move = first
        for _ in range(MAX_STEPS):
            if move is None or not move.target.startswith("/"):
                return first
            parts = parts_of(move.target)
            target = unquote(parts.path)
            if is_page(target):
                return first
            move = self._fitting(target, parts.query)
        return None

    def circles(self, is_page: Callable[[str], object]) -> Iterator[Problem]:
        """Yield the rules from which others lead on without end; `is_page` is as in `move`."""
        for rule in self._rules:
            if rule.leads_to_itself() or is_page(rule.sample):
                continue
            query = "&".join(f"{name}={wanted}" for name, wanted in rule.parameters)
            is_asked = self._fitting(rule.sample, query) is not None
            if is_asked and self.move(rule.sample, query, is_page) is None:
                cause = "From here rules lead on to one another without end: the rule is not used."
                cure = "Let one of them lead to a page, or delete it."
                yield Problem(Mark(NAME, rule.line, 1), cause, cure, "warning", kind="circle")

    def _fitting(self, path: str, query: str) -> Move | None:
        moves = (rule.move(path, query) for rule in self._rules)
        return next((move for move in moves if move is not None), None)


def _doubts(rule: Rule, number: int, other: int) -> Iterator[Problem]:
    """Yield what is told of a rule on line `number`; the first one for its paths is on `other`."""
    mark = Mark(NAME, number, 1)
    if other != number:
        cause = f"This rule is never asked: line {other} is for the same paths."
        yield Problem(mark, cause, "Delete one of them.", "warning", kind="repeated rule")
    elif rule.leads_to_itself():
        cause = "This rule leads to itself, and so nowhere."
        yield Problem(mark, cause, "Write another target, or delete it.", "warning")
    if rule.forced:
        cause = "The `!` of this rule is not followed: a page that stands there is shown."
        cure = "Leave it out; delete the page, if readers are to be led on."
        yield Problem(mark, cause, cure, "warning", kind="forced rule")


def _read(lines: Iterable[str]) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    rules: list[Rule] = []
    problems: list[Problem] = []
    # The line of the first rule of each path.
    first: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
    for number, line in enumerate(lines, 1):
        try:
            rule = parse_rule(line, number)
        except RuleError as error:
            mark = Mark(NAME, number, 1)
            problems.append(Problem(mark, f"This line is no rule: {error}.", error.cure, "warning"))
            continue
        if rule is None:
            continue
        rules.append(rule)
        other = first.setdefault((_GROUP.sub("(", rule.pattern.pattern), rule.parameters), number)
        problems += _doubts(rule, number, other)
    if len(rules) > MAX_RULES:
        cause = f"There are more than {MAX_RULES:,} rules; those after it are not read."
        problems.append(Problem(Mark(NAME), cause, "Join some by `*` or `:name`.", "warning"))
    return tuple(rules[:MAX_RULES]), tuple(problems)


def add_rules(changes: Changes, lines: Iterable[str]) -> int:
    """Plan lines at the end of `_redirects`, but for those that are there; return their number.

    `changes` are those of the site's folder. Raises OSError where the file cannot be read.
    """
    try:
        before = changes.current(NAME)
        is_new = False
    except FileNotFoundError:
        before = b""
        is_new = True
    known = set(before.decode("utf-8", "replace").splitlines())
    added = [line for line in dict.fromkeys(lines) if line not in known]
    if not added:
        return 0
    after = before
    if before and not before.endswith(b"\n"):
        after += b"\n"
    after += "".join(f"{line}\n" for line in added).encode()
    if is_new:
        changes.create(NAME, after)
    else:
        changes.write(NAME, after)
    return len(added)
