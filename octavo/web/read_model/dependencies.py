"""What a page was made from: the questions that its render asked, and a fingerprint of each
answer.

A page is as good as new for another edition of the site when the same questions have the same
answers there. Fingerprints derive from content alone, so every process and every machine computes
the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache, wraps
from hashlib import blake2b
from inspect import signature
from itertools import chain
from json import JSONEncoder
from operator import attrgetter
from typing import Any, ClassVar, Concatenate, NamedTuple, ParamSpec, TypeVar

from octavo.content.posts import Post

# The fingerprint of no answer: nothing visible has that name.
ABSENT = "-"


class Question(NamedTuple):
    """What was asked: the name of a method of the read model, and its arguments in their order."""

    name: str
    arguments: tuple[str | int | None, ...] = ()


class Dependency(NamedTuple):
    """A question, and the fingerprint of the answer that a page was made with."""

    question: Question
    fingerprint: str


Dependencies = tuple[Dependency, ...]


class Listed:
    """An answer that names articles, pages, terms or authors for which no question was asked."""

    __slots__ = ()

    def subjects(self) -> Iterator[Question]:
        """Yield a question for each of them, which has no answer once its subject is gone."""
        raise NotImplementedError


class Recorder:
    """What answers questions, and notes each with its answer."""

    # The methods that are questions, by name, as they are without being noted.
    questions: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    # The names of those whose answers may change within one edition of the site.
    live: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        self.answers: dict[Question, Any] = {}

    def __init_subclass__(cls) -> None:
        asked = {name: each for name, each in vars(cls).items() if hasattr(each, "is_live")}
        cls.questions = {name: each.__wrapped__ for name, each in asked.items()}
        cls.live = frozenset(name for name, each in asked.items() if each.is_live)


Self = TypeVar("Self", bound=Recorder)
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def question(
    method: Callable[Concatenate[Self, Arguments], Answer],
) -> Callable[Concatenate[Self, Arguments], Answer]:
    """Note each answer of a Recorder's method with its question: all arguments, defaults included.

    Arguments are texts, whole numbers and None; answers are such as `fingerprint` takes.
    """
    name = method.__name__
    parameters = tuple(signature(method).parameters.values())[1:]

    @wraps(method)
    def ask(self: Self, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        answer = method(self, *args, **kwargs)
        given: list[Any] = [*args]
        given += [kwargs.get(each.name, each.default) for each in parameters[len(args) :]]
        self.answers[Question(name, tuple(given))] = answer
        return answer

    ask.__dict__["is_live"] = False
    return ask


def live(ask: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Mark a question whose answer may change within one edition of the site."""
    ask.__dict__["is_live"] = True
    return ask


def fingerprint(answer: Any) -> str:
    """Return the digest of an answer: 24 hex characters, or ABSENT for None.

    Answers are texts, numbers, times, posts, and tuples and dataclasses of these; fields that do
    not count for equality do not count here. Raises TypeError for anything else.
    """
    if answer is None:
        return ABSENT
    return blake2b(_ENCODER.encode(answer).encode("ascii"), digest_size=12).hexdigest()


def _plain(value: Any) -> object:
    """Return what stands for a value that JSON does not have."""
    return _reader_of(type(value))(value)  # type: ignore[arg-type]


@cache
def _reader_of(kind: type[Any]) -> Callable[[Any], object]:
    if kind is datetime:
        return datetime.isoformat
    if kind is Post:
        # A file's digest tells all of a post.
        return attrgetter("path", "digest")
    return attrgetter(*(each.name for each in fields(kind) if each.compare))


_ENCODER = JSONEncoder(default=_plain, separators=(",", ":"), check_circular=False)


def dependencies_of(answers: Mapping[Question, Any]) -> Dependencies:
    """Return the questions that were asked with the fingerprints of the answers that were given."""
    return tuple(Dependency(asked, fingerprint(answer)) for asked, answer in answers.items())


def listed_in(answers: Mapping[Question, Any]) -> tuple[Question, ...]:
    """Return a question for each article, page, term and author that answers name in passing."""
    return tuple(dict.fromkeys(chain.from_iterable(map(_listed, answers.values()))))


def _listed(answer: object) -> Iterator[Question]:
    if isinstance(answer, Listed):
        yield from answer.subjects()
    elif isinstance(answer, tuple):
        for part in answer:
            yield from _listed(part)


class Fingerprints:
    """The fingerprints of one edition's answers, each computed at most once, when first needed."""

    def __init__(self, model: Recorder) -> None:
        self._model = model
        self._known: dict[Question, str] = {}

    def learn(self, dependencies: Dependencies) -> None:
        """Take over what a render in this edition has found."""
        for asked, found in dependencies:
            if asked.name not in self._model.live:
                self._known.setdefault(asked, found)

    def of(self, asked: Question) -> str:
        """Return the fingerprint of the answer to a question; raises what the question raises."""
        known = self._known.get(asked)
        if known is not None:
            return known
        found = fingerprint(self._model.questions[asked.name](self._model, *asked.arguments))
        # The questions that this one asked in turn were noted too, for nobody.
        self._model.answers.clear()
        if asked.name not in self._model.live:
            self._known[asked] = found
        return found

    def confirms(self, dependencies: Dependencies) -> bool:
        """Whether all answers are still the same. A question that can no longer be asked counts as
        changed.
        """
        try:
            return all(self.of(asked) == was for asked, was in dependencies)
        except Exception:  # whatever it is, a new render meets it too and reports it
            return False

    def withdrawn(self, dependencies: Dependencies, listed: tuple[Question, ...]) -> bool:
        """Whether something that was shown, or named in passing, is no longer there to be shown."""
        try:
            return any(map(self._is_gone, dependencies)) or any(
                self.of(asked) == ABSENT for asked in listed
            )
        except Exception:
            return True

    def _is_gone(self, dependency: Dependency) -> bool:
        asked, was = dependency
        now = self.of(asked)
        if was in (ABSENT, now):
            return False
        # Nobody can tell what is missing from everything, so any change of it may be that.
        return now == ABSENT or asked.name == "everything"
