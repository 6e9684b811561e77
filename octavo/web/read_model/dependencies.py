"""What a page was made from: every question that its render asked, and the fingerprint of each
answer.

A page is as good as new for another edition of the site when the same questions have the same
answers there. Fingerprints derive from content alone, so every process and every machine computes
the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from hashlib import blake2b
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import unquote

from octavo.content.posts import Post

# A question's name and its arguments: ("card", "hello"), ("listed", "tag", "mars", 2).
Name = tuple[str | int | None, ...]
Needs = tuple[tuple[Name, str], ...]

# The fingerprint of no answer: nothing visible has that name.
ABSENT = "-"

# Questions whose answers list articles and terms that no question is asked for one by one.
_LISTS = {"archive", "year", "neighbours", "terms", "bylines", "labels_beside"}
# Questions whose answers are links, which may lead anywhere.
_LINKS = {"navigation", "pages"}
_ADDRESS = re.compile("'/(articles|categories|tags|authors)/([^/']+)/'")
_PAGE = re.compile("'/([^/']+)/'")
# What asks for the one that has such an address.
_ASKS_FOR: dict[str, Name] = {
    "articles": ("post",), "categories": ("term", "category"), "tags": ("term", "tag"), "authors": ("byline",),
}  # fmt: skip


class Asked(Protocol):
    """Something whose answers are noted."""

    answers: dict[Name, Any]


Self = TypeVar("Self", bound=Asked)
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_questions: dict[str, Callable[..., Any]] = {}
_live: set[str] = set()


def question(
    method: Callable[Concatenate[Self, Arguments], Answer],
) -> Callable[Concatenate[Self, Arguments], Answer]:
    """Note each answer of a method under its name and arguments, which are texts, numbers and None.

    Answers must be immutable and have a `repr` that tells all that a page can show of them.
    """
    name = method.__name__
    _questions[name] = method

    @wraps(method)
    def ask(self: Self, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        answer = method(self, *args, **kwargs)
        self.answers[(name, *args)] = answer  # type: ignore[arg-type]
        return answer

    return ask


def live(method: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Mark a question whose answer may change within one edition of the site."""
    _live.add(method.__name__)
    return method


def fingerprint(answer: Any) -> str:
    """Return the digest of an answer: 24 hex characters, or ABSENT for None."""
    if answer is None:
        return ABSENT
    # A file's digest tells all of a post.
    text = f"{answer.path}\0{answer.digest}" if isinstance(answer, Post) else repr(answer)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def needs_of(answers: Mapping[Name, Any]) -> Needs:
    """Return the questions that were asked with the fingerprints of the answers that were given."""
    return tuple((name, fingerprint(answer)) for name, answer in answers.items())


def _addressed(text: str) -> Iterator[Name]:
    """The questions for the articles and terms whose addresses stand in a text."""
    return ((*_ASKS_FOR[kind], unquote(slug)) for kind, slug in _ADDRESS.findall(text))


class Ledger:
    """The fingerprints of one edition's answers, each computed at most once, when first needed."""

    def __init__(self, model: Asked) -> None:
        self._model = model
        self._known: dict[Name, str] = {}

    def learn(self, needs: Needs) -> None:
        """Take over what a render in this edition has found."""
        for name, found in needs:
            if name[0] not in _live:
                self._known.setdefault(name, found)

    def fingerprint(self, name: Name) -> str:
        """Return the fingerprint of the answer to a question; raises what the question raises."""
        known = self._known.get(name)
        if known is not None:
            return known
        answer = _questions[str(name[0])](self._model, *name[1:])
        # The questions that this one asked in turn were noted by the read model, which nobody reads
        # here.
        self._model.answers.clear()
        found = fingerprint(answer)
        if name[0] not in _live:
            self._known[name] = found
        return found

    def confirms(self, needs: Needs) -> bool:
        """Whether all answers are still the same. A question that cannot be asked any more counts
        as changed.
        """
        try:
            return all(self.fingerprint(name) == was for name, was in needs)
        except Exception:  # whatever it is, a new render meets it too and reports it
            return False

    def listed_in(self, answers: Mapping[Name, Any]) -> tuple[Name, ...]:
        """Return the questions for each article, page and term that stands in the answers' lists,
        and for those behind links that are there now.
        """
        found: dict[Name, None] = {}
        for asked, answer in answers.items():
            if asked[0] in _LISTS:
                found |= dict.fromkeys(_addressed(repr(answer)))
            elif asked[0] in _LINKS:
                text = repr(answer)
                pages = (("post", unquote(slug), "page") for slug in _PAGE.findall(text))
                found |= {
                    name: None
                    for name in (*_addressed(text), *pages)
                    if self.fingerprint(name) != ABSENT
                }
        return tuple(found)

    def withdrawn(self, needs: Needs, listed: tuple[Name, ...]) -> bool:
        """Whether something that was shown, or listed, is no longer there to be shown."""
        try:
            return any(map(self._is_gone, needs)) or any(
                self.fingerprint(name) == ABSENT for name in listed
            )
        except Exception:
            return True

    def _is_gone(self, need: tuple[Name, str]) -> bool:
        name, was = need
        now = self.fingerprint(name)
        # Nobody can tell what is missing from everything, so any change of it may be that.
        return was not in (ABSENT, now) and (now == ABSENT or name[0] == "everything")
