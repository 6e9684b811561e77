"""What the source of another system holds: texts, files, and what cannot be carried over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from octavo.content.editing.layouts import Value
from octavo.content.frontmatter.audience import rule_of
from octavo.content.frontmatter.fences import plain_name
from octavo.content.frontmatter.fields import OF_POSTS
from octavo.content.posts import Post
from octavo.content.terms import TermKind

# A front matter as its file has it: by the names that stand there.
Fields = Mapping[str, Any]
# Tells where a text stood in the other system: paths from the root, decoded. Raises AddressError.
Addresses = Callable[[Post, Fields], Iterable[str]]


class SourceError(Exception):
    """A source has no text of its system; told to whoever runs the command."""


class AddressError(ValueError):
    """The old address of a text cannot be computed; the reason ends a sentence of the report."""


def nowhere(post: Post, fields: Fields) -> Iterable[str]:
    """Return no old addresses: the text had none in the other system."""
    return ()


def nothing(fields: Fields) -> Mapping[str, Value]:
    """Return {}: nothing is read otherwise than here."""
    return {}


@dataclass(frozen=True, slots=True)
class Text:
    """One text: its path in the source and below posts/, its bytes, and what its system adds.

    `forced` fields are set whatever the text says, `defaults` where it says nothing, and `mapped`
    returns those that its system reads otherwise than this one does. Where its system does not tell
    pages from articles (`told_apart`), a date does.
    """

    origin: str
    target: str
    data: bytes
    forced: Mapping[str, Value] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)
    mapped: Callable[[Fields], Mapping[str, Value]] = nothing
    addresses: Addresses = nowhere
    told_apart: bool = True


@dataclass(frozen=True, slots=True)
class File:
    """One picture or other file.

    Where the system does not publish its folder as a whole, only what a text names comes along.
    """

    origin: str
    target: str
    source: Path
    published: bool = True


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that is not carried over, or not as it was: where it stood, and why."""

    origin: str
    why: str


@dataclass(frozen=True, slots=True)
class OldList:
    """The list of a category or a tag: its paths in the other system (`/category/food/`)."""

    origin: str
    paths: tuple[str, ...]
    kind: TermKind
    name: str


Item = Text | File | Loss | OldList
# What the module of a system gives.
Items = Iterator[Item]


def known_fields(given: object) -> dict[str, Value]:
    """Return those of a system's defaults for many texts that have a meaning here."""
    found: dict[str, Value] = {}
    if not isinstance(given, dict):
        return found
    for name, value in given.items():
        plain = plain_name(str(name))
        if OF_POSTS.find(plain) is None and rule_of(plain) is None:
            continue
        if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            found[str(name)] = tuple(value)
        elif isinstance(value, str | bool):
            found[str(name)] = value
    return found
