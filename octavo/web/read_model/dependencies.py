"""The dependencies of a page: the questions that its render asked, and the answers' fingerprints.

A page is still fresh in another edition of the site when the same questions have the same answers
there. Fingerprints derive from content alone, so every process and every machine computes the same
ones.

Each question has surrogate keys too, which name the subject that it asks about: a page that has
none of the keys that a change touches (changed_keys.py) is fresh without a question, and by the
same keys caches in front know which pages to purge.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache, lru_cache, wraps
from hashlib import blake2b
from inspect import signature
from itertools import chain
from json import JSONEncoder
from operator import attrgetter
from sys import intern
from types import MappingProxyType
from typing import Any, ClassVar, Concatenate, NamedTuple, ParamSpec, TypeVar
from urllib.parse import quote

from octavo.content.posts import Post
from octavo.content.slugs import link_name
from octavo.site.addresses.feeds import feed_at, may_be_feed

# The fingerprint of no answer: nothing visible has that name.
ABSENT = "-"

# The subjects of questions that have one.
SUBJECTS = {
    "post": "post", "card": "post", "hue": "post", "tags_of": "post", "bylines_of": "post",
    "neighbours": "post", "related": "post", "views": "post", "terms_of": "post",
    "series": "series", "byline": "author", "bylines": "authors", "labels_beside": "tag",
    "front": "front", "most_read": "front",
    "archive": "archive", "year": "year", "years_beside": "years", "sitemaps": "sitemaps",
    "theme": "site", "template": "site", "asset": "site", "redirects": "site",
    "navigation": "navigation", "pages": "navigation", "terms": "terms", "everything": "everything",
}  # fmt: skip
# Questions for what a path leads to; the path is their last argument.
LINKS = {"link", "image", "social", "slug_at", "title_and_summary"}
# The months and days of a year, in other systems' archives.
_YEAR = re.compile(r"((?:19|20)[0-9]{2})(?:/[0-9]{1,2}){1,2}/?$")
# Subjects that have no parts to be named.
WHOLE = {
    "front", "archive", "years", "authors", "site", "navigation", "sitemaps", "everything",
}  # fmt: skip
# Questions about all of an edition, which do not tell what a page names of it.
_OF_ALL = {"everything", "sitemaps"}

# What `quote` leaves as it is, and the colon between names.
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~/:-]*")


class Question(NamedTuple):
    """A question to the read model: the name of its method, and the arguments in order."""

    name: str
    arguments: tuple[str | int | None, ...] = ()


class Dependency(NamedTuple):
    """A question, and the fingerprint of the answer that a page was made with."""

    question: Question
    fingerprint: str


Dependencies = tuple[Dependency, ...]


class Listed:
    """An answer that names articles, pages, terms or authors without asking for each of them."""

    __slots__ = ()

    # The names of this class's fields that hold a question (answered None once what it names is
    # gone), another Listed, or several of these.
    names: ClassVar[tuple[str, ...]] = ()


class Recorder:
    """Answers questions, and notes each with its answer."""

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
    """Decorate a Recorder's method so that each call is noted with all arguments and its answer.

    Arguments are texts, whole numbers and None; answers are what `fingerprint` accepts.
    """
    name = method.__name__
    parameters = [
        each
        for each in list(signature(method).parameters.values())[1:]
        if each.kind is not each.VAR_POSITIONAL
    ]

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

    Answers are texts, numbers, times, posts, and tuples and dataclasses of these; fields that are
    not compared do not count. Raises TypeError for anything else.
    """
    if answer is None:
        return ABSENT
    return blake2b(_ENCODER.encode(answer).encode("ascii"), digest_size=12).hexdigest()


def _plain(value: Any) -> object:
    """Return a value as JSON can write it."""
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


_NONE_KNOWN: Mapping[Question, str] = MappingProxyType({})


def dependencies_of(
    answers: Mapping[Question, Any], known: Mapping[Question, str] = _NONE_KNOWN
) -> Dependencies:
    """Return each question with the fingerprint of its answer, computed where not `known`."""
    return tuple(
        Dependency(asked, known.get(asked) or fingerprint(answer))
        for asked, answer in answers.items()
    )


def listed_in(answers: Mapping[Question, Any]) -> tuple[Question, ...]:
    """Return a question for each article, page, term and author that the answers name.

    It asks for something that a page mentions though it has not asked for it. None comes twice.
    """
    found: list[Question] = []
    for answer in answers.values():
        _list(answer, found)
    return tuple(dict.fromkeys(found))


def _list(answer: object, found: list[Question]) -> None:
    if isinstance(answer, Question):
        found.append(answer)
    elif isinstance(answer, Listed):
        for name in answer.names:
            _list(getattr(answer, name), found)
    elif isinstance(answer, tuple):
        for part in answer:
            _list(part, found)


class Fingerprints:
    """The fingerprints of one edition's answers, each computed at most once, when first needed."""

    def __init__(self, model: Recorder) -> None:
        self._model = model
        self.known: dict[Question, str] = {}

    def learn(self, dependencies: Dependencies) -> None:
        """Take over the fingerprints that a render of this edition has computed."""
        for asked, found in dependencies:
            if asked.name not in self._model.live:
                self.known.setdefault(asked, found)

    def take_over(self, others: Fingerprints) -> None:
        """Take over the fingerprints of a version of the site that differs in its theme alone."""
        for asked, found in others.known.copy().items():
            if SUBJECTS.get(asked.name) != "site":
                self.known[asked] = found

    def of(self, asked: Question) -> str:
        """Return the fingerprint of a question's answer; raises what the question raises."""
        known = self.known.get(asked)
        if known is not None:
            return known
        found = fingerprint(self._model.questions[asked.name](self._model, *asked.arguments))
        # Drop the notes of questions that this one asked in turn.
        self._model.answers.clear()
        if asked.name not in self._model.live:
            self.known[asked] = found
        return found

    def match(self, dependencies: Dependencies) -> bool:
        """Whether all answers are the same as before; a question that raises counts as changed."""
        try:
            return all(self.of(asked) == was for asked, was in dependencies)
        except Exception:  # whatever it is, a new render meets it too and reports it
            return False

    def withdrawn(self, dependencies: Dependencies, listed: tuple[Question, ...]) -> bool:
        """Whether something that the page showed, or only named, may no longer be shown."""
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
        return now == ABSENT or asked.name in _OF_ALL


def surrogate_key(*names: object) -> str:
    """Return the key of a subject, such as `post:hello`."""
    key = ":".join(map(str, names))
    if _UNRESERVED.fullmatch(key) and key.count(":") < len(names):
        return key
    return ":".join(quote(str(name), safe="/") for name in names)


def link_surrogate_key(path: str) -> str:
    """Return the key of all that a link to a path may lead to, by the path's last segment.

    It is a hash, so that names of drafts are not told.
    """
    return surrogate_key("file", _hashed_name(path))


def summary_surrogate_key(path: str) -> str:
    """Return the key of the summaries of all that a link to a path may lead to, a hash as well."""
    return surrogate_key("summary", _hashed_name(path))


def _hashed_name(path: str) -> str:
    name = link_name(path).encode("utf-8", "surrogateescape")
    return blake2b(name, digest_size=5).hexdigest()


# Every page asks some of the same questions; of others, such as those of missing pages, there is no
# end.
@lru_cache(maxsize=2_048)
def surrogate_keys_of(question: Question) -> tuple[str, ...]:
    """Return the surrogate keys of a question's subject; a link or a card may have several."""
    what, arguments = question
    if what in ("listed", "latest", "term"):
        term = surrogate_key(*(argument for argument in arguments[:2] if argument))
        return (intern(term or "articles"),)
    if what in LINKS:
        # Named by what it may lead to, so that a page is known by what it links to, there or not.
        paths = tuple(_paths_of(*map(str, arguments)))
        keys = tuple(intern(link_surrogate_key(path)) for path in paths)
        if what == "title_and_summary":
            keys += tuple(intern(summary_surrogate_key(path)) for path in paths)
        return keys
    subject = SUBJECTS.get(what, "everything")
    if subject in WHOLE:
        return (subject,)
    return (intern(surrogate_key(subject, arguments[0])),)


def _paths_of(owner: str, target: str = "") -> Iterator[str]:
    """Yield the paths of what a link may lead to: that of its target, and of the list it is for."""
    path = posixpath.normpath(posixpath.join("/", posixpath.dirname(owner), target))
    if not target:
        path = owner
    yield path
    key = path.strip("/")
    if may_be_feed(key):
        feed = feed_at(key)
        if feed is not None:
            yield feed[0]
    year = _YEAR.search(path)
    if year is not None:
        yield year[1]


def all_surrogate_keys(questions: Iterable[Question]) -> tuple[str, ...]:
    """Return the surrogate keys of all questions of a page, sorted."""
    return tuple(sorted(set(chain.from_iterable(map(surrogate_keys_of, questions)))))
