"""Splits: the words of which a typed one was joined, as some article has them in a row.

wifi, starship     two words: Wi-Fi, Star Ship
usa                initials: U.S.A.
rfc2119            letters and numbers: RFC 2119
1000000            thousands: 1,000,000
9783161484100      a long number in groups: 978-3-16-148410-0
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from octavo.search.analysis import Language
from octavo.search.folding import is_unspaced
from octavo.search.index.reader import Reader, common
from octavo.search.index.schema import TEXT_FIELDS
from octavo.search.index.segment import Longs

# A word of more documents than these is one, and not two that were joined.
MAX_SPLIT_DOCUMENTS = 3
# Two words that were joined have so many characters, and parts of fewer than these ...
MIN_SPLIT_CHARACTERS = 3
MAX_SPLIT_CHARACTERS = 24
MIN_PART_CHARACTERS = 3
# ... are parts only where so much of the documents with the rarer one has both in a row.
_SHORT_PART_SHARE = 0.3
# Two letters in a row are too often a name's (M. O. Román).
MIN_INITIALS = 3
MAX_INITIALS = 5
# Numbers as long as a day (20260812), a journal's (ISSN) and a book's (ISBN) are known in groups.
MIN_GROUPED_DIGITS = 8
MAX_GROUPED_DIGITS = 20
MAX_GROUPS = 5
# Runs of letters and digits in one word.
MAX_RUNS = 4
_RUNS = re.compile(r"\d+|\D+")
_LONG_NUMBER = re.compile(rf"\d{{{MIN_GROUPED_DIGITS - 1},{MAX_GROUPED_DIGITS}}}[\dx]")

CountDocuments = Callable[[str], int]


def splits_of(
    word: str, reader: Reader, language: Language, count_documents: CountDocuments
) -> Iterator[tuple[str, ...]]:
    """Yield the parts of a folded word in each way in which some article has them in a row.

    `count_documents` tells in how many documents a word is.
    """
    if len(word) > MAX_SPLIT_CHARACTERS or is_unspaced(word):
        return

    def documents_with(parts: tuple[str, ...]) -> int:
        if not all(map(count_documents, parts)):
            return 0
        stems = tuple(enumerate(map(language.phrase_term, parts)))
        return len(reader.phrase(stems).ids)

    count = count_documents(word)
    if word.isalpha():
        if count > MAX_SPLIT_DOCUMENTS:
            return
        if MIN_INITIALS <= len(word) <= MAX_INITIALS and documents_with(tuple(word)):
            yield tuple(word)
        yield from _two_words(word, count, language, count_documents, documents_with)
        return
    runs = tuple(_RUNS.findall(word))
    if word.isdecimal():
        runs = tuple(f"{int(word):,}".split(","))
    if 2 <= len(runs) <= MAX_RUNS and documents_with(runs):
        yield runs
    elif count <= MAX_SPLIT_DOCUMENTS and _LONG_NUMBER.fullmatch(word):
        groups = _groups(word, reader)
        if groups:
            yield groups


def _two_words(
    word: str,
    count: int,
    language: Language,
    count_documents: CountDocuments,
    documents_with: Callable[[tuple[str, ...]], int],
) -> Iterator[tuple[str, ...]]:
    """Yield the two words of which a word in `count` documents was joined."""
    best: tuple[int, tuple[str, ...]] = (0, ())
    for at in range(1, len(word)):
        parts = (word[:at], word[at:])
        # A letter may be x-ray's, but that of `eentity` was typed twice.
        is_doubled = at == 1 and word[0] == word[1]
        if is_doubled or language.is_stop_word(parts[0]):
            continue
        is_short = min(map(len, parts)) < MIN_PART_CHARACTERS
        is_letter = at == 1 and len(parts[1]) >= MIN_PART_CHARACTERS
        if is_short and count:
            continue
        found = documents_with(parts)
        if is_short and not is_letter:
            # `wi` without `fi` is rare, but `go` without `al` is not.
            rarest = min(count_documents(one) for one in parts if not language.is_stop_word(one))
            if found < _SHORT_PART_SHARE * rarest:
                continue
        best = max(best, (found, parts))
    if best[0]:
        yield best[1]


def _groups(number: str, reader: Reader) -> tuple[str, ...]:
    """Return the groups in which some article writes a long number; () where none does."""
    for field in TEXT_FIELDS:
        found = next(_grouped(number, field.name, reader, None, ()), ())
        if found:
            return found
    return ()


def _grouped(
    rest: str, field: str, reader: Reader, places: Longs | None, groups: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """Yield the groups of a number: those given, which end at `places`, and those of its rest."""
    if not rest:
        yield groups
    if len(groups) >= MAX_GROUPS:
        return
    for stop in range(len(rest), 0, -1):
        group = rest[:stop]
        there = reader.positions(field, group.encode())
        if places is not None and len(there):
            there = common(places + 1, there)
        if len(there):
            yield from _grouped(rest[stop:], field, reader, there, (*groups, group))
