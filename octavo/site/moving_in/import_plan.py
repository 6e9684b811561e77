"""What moves in: the changes of posts/, and the report of what comes along and what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from octavo.content.editing.changes import Changes
from octavo.content.errors import Problem, number
from octavo.site.moving_in.items import Loss
from octavo.site.report import grouped

# Places that are told for each reason.
MAX_PLACES_OF_REASON = 3
# What is counted, in the order in which it is told; some texts are of a kind that is told too.
TEXTS = "texts"
DRAFTS = "drafts"
SCHEDULED = "scheduled"
BROKEN = "broken"
AUTHORS = "authors"
FILES = "pictures and files"
ADDRESSES = "old addresses"
_ONE = {
    TEXTS: "text",
    DRAFTS: "draft",
    SCHEDULED: "scheduled",
    BROKEN: "broken",
    AUTHORS: "author",
    FILES: "picture or file",
    ADDRESSES: "old address",
}
OF_TEXTS = (DRAFTS, SCHEDULED, BROKEN)
COUNTED = (TEXTS, *OF_TEXTS, AUTHORS, FILES, ADDRESSES)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not carried over as it was: how often, and the first places."""

    why: str
    count: int
    places: tuple[str, ...]

    def __str__(self) -> str:
        shown = ", ".join(self.places)
        if self.count > len(self.places):
            shown += ", ..."
        return f"{self.why.rstrip('.')}: {self.count:,} ({shown})"


@dataclass(slots=True)
class ImportPlan:
    """All that an import brings: `counts` by what is counted, `losses`, and `problems` of texts.

    `rules` are changes of `_redirects`, for the lists of the other system.
    """

    changes: Changes
    rules: Changes
    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTED, 0)))
    # Files that are there already, with the same content.
    unchanged: int = 0
    losses: list[Loss] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    # Each picture of another host that texts show, with the paths below posts/ of those texts.
    remote: dict[str, list[str]] = field(default_factory=dict)

    def lose(self, origin: str, why: str) -> None:
        """Note that something is not carried over, or not as it was."""
        self.losses.append(Loss(origin, why))

    def reasons(self) -> Iterator[Reason]:
        """Yield all losses by their reason, those first that are met most often."""
        by_reason: dict[str, list[str]] = {}
        for loss in self.losses:
            by_reason.setdefault(loss.why, []).append(loss.origin)
        for why, places in sorted(by_reason.items(), key=lambda one: (-len(one[1]), one[0])):
            yield Reason(why, len(places), tuple(places[:MAX_PLACES_OF_REASON]))
        for group in grouped(self.problems):
            why = f"{group.first.cause} {group.first.cure}"
            yield Reason(why, group.count, (str(group.first.mark),))

    def lines(self) -> Iterator[str]:
        """Yield the report: what comes along, then each reason with its number and places."""
        texts = self._counted((TEXTS,))
        kinds = self._counted(OF_TEXTS)
        if kinds:
            texts += f" ({kinds})"
        rest = self._counted((AUTHORS, FILES, ADDRESSES))
        yield f"Brings {', '.join(filter(None, (texts, rest))) or 'nothing'}."
        if self.unchanged:
            yield f"There already, and the same: {self.unchanged:,}."
        for reason in self.reasons():
            yield str(reason)

    def _counted(self, names: Iterable[str]) -> str:
        found = [name for name in names if self.counts[name]]
        return ", ".join(number(self.counts[name], _ONE[name], name) for name in found)

    def as_row(self) -> dict[str, Any]:
        """Return the report for programs."""
        left = [
            {"why": one.why, "count": one.count, "places": list(one.places)}
            for one in self.reasons()
        ]
        return {
            "brings": dict(self.counts),
            "unchanged": self.unchanged,
            "left": left,
            "remote": sorted(self.remote),
        }
