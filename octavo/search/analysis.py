"""Words: what counts as one, and its stem; the same for articles and for queries."""

from __future__ import annotations

import re
import threading
import unicodedata
from array import array
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

import Stemmer

from octavo.search.folding import (
    SHAPING,
    WRITTEN_UNSPACED,
    bigrams,
    compose,
    fold,
    is_unspaced,
    script_runs,
)
from octavo.search.whoosh_parts import stoplists

# Snowball's names of languages by the first part of a BCP 47 tag.
STEMMERS: Mapping[str, str] = MappingProxyType(
    {
        "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
        "el": "greek", "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian",
        "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
        "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
        "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
        "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
        "sr": "serbian", "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish",
        "yi": "yiddish",
    }
)  # fmt: skip
# Frequent English words that say nothing about a text, split at apostrophes as words are here.
STOP_WORDS = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being below
    between both but by can could d did do does doing don down during each few for from further had
    has have having he her here hers him his how i if in into is it its just ll m me more most my no
    nor not of off on once only or other our ours out over own re s same she should so some such t
    than that the their theirs them then there these they this those through to too under until up
    ve very was we were what when where which while who whom why will with would you your yours
    """.split()
)
# Where Whoosh keeps Snowball's lists of such words in other languages.
_STOP_LISTS = {
    "danish": "da", "dutch": "nl", "finnish": "fi", "french": "fr", "german": "de",
    "hungarian": "hu", "italian": "it", "norwegian": "no", "portuguese": "pt", "russian": "ru",
    "spanish": "es", "swedish": "sv", "turkish": "tr",
}  # fmt: skip
# What Snowball's lists lack.
_MORE_STOP_WORDS = {"fr": "les leurs cet cette donc quoi"}
# Their stemmers look for accents, which are folded away before: arrivée needs a second pass.
_STEMMED_TWICE = {"french", "portuguese"}
# Begins the term of a stop word where it counts in phrases only. No word has this character.
STOP_WORD_PREFIX = "_"

# Stems that are kept for each language: readers search for words without end.
MAX_KEPT_STEMS = 20_000
# Letters of a prefix that are tried as umlauts.
MAX_UMLAUTS = 3
# Letters that may be an umlaut in German, with and without the e: not the u of qu, au, eu.
_DIGRAPH = re.compile(r"([ao]|(?<![qaeo])u)e")
_UMLAUTABLE = re.compile(r"[ao]|(?<![qaeo])u")

_ASCII_TOKEN = re.compile(r"[A-Za-z](?:[A-Za-z0-9]+|\+\+|#)?|[0-9][A-Za-z0-9]*")


def _combining_marks() -> str:
    """The marks below U+3000 that Python's `\\w` leaves out although they are part of a word."""
    characters = map(chr, range(0x300, 0x3000))
    return "".join(c for c in characters if unicodedata.category(c) in ("Mn", "Mc")) + SHAPING


_MARKS = _combining_marks()
_SIGNS = r"(?:\+\+|#)"
# C, C++ and C# are three words, also where no space parts them from the word before.
_TOKEN = re.compile(
    rf"[A-Za-z]{_SIGNS}"
    rf"|[^\W_]+(?:[{_MARKS}]+[^\W_]*)*(?:(?<=[{WRITTEN_UNSPACED}][A-Za-z]){_SIGNS})?"
)


# From text to terms


def tokens(text: str) -> list[str]:
    """Return the words of `text` as they are written."""
    text = compose(text)
    return _pattern(text).findall(text)


def token_matches(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a composed text with their places."""
    return _pattern(text).finditer(text)


def _pattern(text: str) -> re.Pattern[str]:
    # The same words, found twice as fast.
    return _ASCII_TOKEN if text.isascii() else _TOKEN


def fold_words(text: str) -> str:
    """Return the folded words of `text`, with a space between two."""
    return " ".join(map(fold, tokens(text)))


def analyze(text: str) -> list[str]:
    """Return the folded words of `text` in the forms that are indexed, in order."""
    found: list[str] = []
    for token in tokens(text):
        found += index_forms(fold(token))
    return found


def index_forms(word: str) -> tuple[str, ...]:
    """Return the forms in which a folded word is indexed.

    That is the word itself, or, in a script without spaces, its pairs of characters. After the
    pairs of a run comes its last character, so that every character begins some indexed word, and a
    single one is found as a prefix.
    """
    if not is_unspaced(word):
        return (word,)
    found: list[str] = []
    for run, unspaced in script_runs(word):
        if unspaced and len(run) > 1:
            found += [*bigrams(run), run[-1]]
        else:
            found.append(run)
    return tuple(found)


# Languages


def stemmer_of(tag: str) -> str:
    """Return Snowball's name for the language of a BCP 47 tag; "none" where it has no stemmer."""
    return STEMMERS.get(tag.partition("-")[0].lower(), "none")


@lru_cache(maxsize=8)
def language(name: str) -> Language:
    """Return the language `name`, made once in a process; see Language."""
    return Language(name)


class _Stemmer(threading.local):
    """A Snowball stemmer of each thread: it keeps state while it works.

    A lock in its place would stay locked for ever in a child process that is forked meanwhile.
    """

    def __init__(self, name: str) -> None:
        self.stem: Callable[[str], str] = Stemmer.Stemmer(name, 0).stemWord


class Language:
    """Stems and stop words of one language, by its Snowball name ("english", "german").

    The language "none" has no stems. Raises ValueError where Snowball has no such language.
    """

    def __init__(self, name: str = "english") -> None:
        self.name = name
        self.stop_words = STOP_WORDS
        if name != "english":
            self.stop_words = _stop_words(_STOP_LISTS.get(name, ""))
        try:
            self._stemmer = _Stemmer(name) if name != "none" else None
        except KeyError:
            known = ", ".join(Stemmer.algorithms())
            raise ValueError(
                f"There is no stemmer for the language {name!r}; choose one of: {known}, none."
            ) from None
        self._stems: dict[str, str] = {}

    def is_stop_word(self, word: str) -> bool:
        """Whether a folded word is a stop word."""
        return word in self.stop_words

    def stem(self, word: str) -> str:
        """Return the stem of a folded word."""
        stem = self._stems.get(word)
        if stem is not None:
            return stem
        if self._stemmer is None or is_unspaced(word):
            return word
        stem = self._stemmer.stem(word) or word
        if self.name in _STEMMED_TWICE:
            stem = self._stemmer.stem(stem) or stem
        if len(self._stems) >= MAX_KEPT_STEMS:
            self._stems.clear()
        self._stems[word] = stem
        return stem

    def phrase_term(self, word: str) -> str:
        """Return a folded word's term in phrases: its stem, marked where it is a stop word."""
        stem = self.stem(word)
        return STOP_WORD_PREFIX + stem if self.is_stop_word(word) else stem

    def prefix_variants(self, prefix: str) -> tuple[str, ...]:
        """Return the prefixes of all spellings of words that begin with `prefix`, that one first.

        None of them begins with another. German also writes ä, ö, ü as ae, oe, ue, and its stemmer
        takes both for one; other languages have one spelling.
        """
        if self.name != "german":
            return (prefix,)
        basic = _DIGRAPH.sub(r"\1", prefix)
        variants = [basic]
        for match in islice(_UMLAUTABLE.finditer(basic), MAX_UMLAUTS):
            # Counted from the end, the places of the letters still to come are the same in all.
            rest = len(basic) - match.end()
            for variant in list(variants):
                at = len(variant) - rest
                variants.append(f"{variant[:at]}e{variant[at:]}")
        # "koe" may be "kö", but two letters begin too many words.
        shortest = min(3, len(prefix))
        found = [variant for variant in variants if len(variant) >= shortest]
        return shortest_prefixes([prefix, *found])


def shortest_prefixes(prefixes: list[str]) -> tuple[str, ...]:
    """Return the prefixes that begin with none of the others, each once, in order."""
    kept = dict.fromkeys(prefixes)
    return tuple(
        prefix
        for prefix in kept
        if not any(prefix.startswith(other) for other in kept if other != prefix)
    )


def _stop_words(code: str) -> frozenset[str]:
    """Return the stop words of a language, folded and split at apostrophes like words of texts."""
    texts = (*stoplists.get(code, ()), *_MORE_STOP_WORDS.get(code, "").split())
    return frozenset(analyze(" ".join(texts)))


class Lexicon(dict[str, int]):
    """Numbers the words of a batch: written form -> word number, found by `lexicon[token]`.

    A number below 0 stands for several words: `expansions[-number - 1]`. Of word `i`, `words[i]` is
    the text, `stems[i]` the number of its stem, `phrase_stems[i]` that of its term in phrases,
    `is_stop_word[i]` says whether it is one, and `is_significant[i]` whether it can tell what a
    text is about. `stem_texts` are the texts of stems.
    """

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.language = language
        self.words: list[str] = []
        self.stems = array("i")
        self.phrase_stems = array("i")
        self.is_stop_word = array("b")
        self.is_significant = array("b")
        self.stem_texts: list[str] = []
        self.expansions: list[tuple[int, ...]] = []
        self._word_numbers: dict[str, int] = {}
        self._stem_numbers: dict[str, int] = {}

    def __missing__(self, token: str) -> int:
        numbers = [self._number(form) for form in index_forms(fold(token))]
        number = numbers[0]
        if len(numbers) > 1:
            self.expansions.append(tuple(numbers))
            number = -len(self.expansions)
        self[token] = number
        return number

    def _number(self, word: str) -> int:
        number = self._word_numbers.get(word)
        if number is not None:
            return number
        is_stop_word = self.language.is_stop_word(word)
        shortest = 2 if is_unspaced(word) else 3
        number = self._word_numbers[word] = len(self.words)
        self.words.append(word)
        self.stems.append(self._stem_number(self.language.stem(word)))
        self.phrase_stems.append(self._stem_number(self.language.phrase_term(word)))
        self.is_stop_word.append(is_stop_word)
        self.is_significant.append(
            not is_stop_word and not word.isdigit() and len(word) >= shortest
        )
        return number

    def _stem_number(self, stem: str) -> int:
        number = self._stem_numbers.setdefault(stem, len(self.stem_texts))
        if number == len(self.stem_texts):
            self.stem_texts.append(stem)
        return number

    def numbers(self, text: str) -> list[int]:
        """Return the word numbers of `text` in order."""
        found = list(map(self.__getitem__, tokens(text)))
        if not self.expansions or min(found, default=0) >= 0:
            return found
        expanded: list[int] = []
        for number in found:
            expanded += self.expansions[-number - 1] if number < 0 else (number,)
        return expanded
