"""Which views the page cache may keep, and how much of a request each of them sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from ..site import Site

Admits = Callable[[Site, Mapping[str, str]], bool]
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Plan:
    """How a view's pages are kept: the query parameters that it reads, those of them that may be given several times,
    and for how long (0: while they are right).

    `admits` tells from all parameters whether a request may be answered with what others were; if not, Flask is asked.
    """

    parameters: tuple[str, ...]
    several: tuple[str, ...] = ()
    seconds: int = 0
    admits: Admits | None = None

    def admitted(self, site: Site, query: str) -> bool:
        """Whether a request with this query may be answered with what others were."""
        return self.admits is None or self.admits(site, dict(reversed(parse_qsl(query, keep_blank_values=True))))

    def canonical(self, query: str) -> str:
        """Return what the view sees of a query: known parameters in one order. Raises ValueError for absurd ones."""
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=100):
            given.setdefault(name, []).append(" ".join(value.split()))
        pairs = [(name, given[name][0]) for name in self.parameters if name in given]
        pairs += [(name, value) for name in self.several for value in sorted(set(given.get(name, ())))]
        return urlencode(pairs)


def cached(
    *parameters: str, several: tuple[str, ...] = (), seconds: int = 0, admits: Admits | None = None
) -> Callable[[View], View]:
    """Let the page cache keep what a view answers. It sees no more of a request than path and these parameters."""

    def mark(view: View) -> View:
        view.__dict__["plan"] = Plan(parameters, several, seconds, admits)
        return view

    return mark


@dataclass(frozen=True, slots=True)
class Route:
    """A request as far as a cached view can see it."""

    path: str
    query: str
    plan: Plan

    @property
    def key(self) -> str:
        """The page's name in the cache."""
        # A bare path is looked up before anybody asks who may be admitted.
        return f"{self.path}?{self.query}" if self.query or self.plan.admits else self.path
