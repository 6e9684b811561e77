"""Words: what counts as one, how it is folded and stemmed. The same for articles and for queries."""

from __future__ import annotations

import re
import threading
import unicodedata
from array import array
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import Stemmer

from octavo.search.whoosh_parts import stoplists

# Frequent English words that say nothing about a text. Written with all apostrophes split, as words
# are here.
STOP_WORDS = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being below
    between both but by can could d did do does doing don down during each few for from further had has
    have having he her here hers him his how i if in into is it its just ll m me more most my no nor not
    of off on once only or other our ours out over own re s same she should so some such t than that the
    their theirs them then there these they this those through to too under until up ve very was we were
    what when where which while who whom why will with would you your yours
    """.split()
)
# What Snowball's lists lack.
_MORE_STOP_WORDS = {"fr": "les leurs cet cette donc quoi"}
# Where Whoosh keeps Snowball's lists of such words in other languages.
_STOP_LISTS = {
    "danish": "da", "dutch": "nl", "finnish": "fi", "french": "fr", "german": "de", "hungarian": "hu", "italian": "it",
    "norwegian": "no", "portuguese": "pt", "russian": "ru", "spanish": "es", "swedish": "sv", "turkish": "tr",
}  # fmt: skip

# Whose stemmers look for accents, which are folded away before: without them arrivée needs a second
# look.
_STEMMED_TWICE = {"french", "portuguese"}

# The soft hyphen and the zero-width space, where a word may be parted at the end of a line, the
# word joiners, where it may not, and marks of direction.
_UNSEEN = "\u00ad\u200b\u200e\u200f\u2060\ufeff"
# These shape the letters of Persian and Indic words beside them; not everybody types them.
SHAPING = "\u200c\u200d"
# Points of Hebrew and Arabic, which are left out more often than not.
POINTS = re.compile(
    f"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670{SHAPING}]"
)
# Begins the term of a stop word where it counts in phrases only. No word has this character.
STOP_MARK = "_"

# Letters that are not a plain one with an accent.
SPECIAL = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ł": "l",
    "þ": "th",
    "ð": "d",
    "ı": "i",
}
_SPECIAL = str.maketrans(SPECIAL)
# Scripts written without spaces between words (and Hangul, whose particles stick to the noun): cut
# into bigrams.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED += "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")


def _marks() -> str:
    """The combining marks below U+3000, which Python's `\\w` leaves out although they are part of a
    word.
    """
    points = (chr(p) for p in range(0x300, 0x3000) if unicodedata.category(chr(p)) in ("Mn", "Mc"))
    return "".join(points) + SHAPING


_MARKS = _marks()
# C, C++ and C# are three words.
_WORD = re.compile(rf"[A-Za-z](?:\+\+|#)|[^\W_]+(?:[{_MARKS}]+[^\W_]*)*")
_ASCII_WORD = re.compile(r"[A-Za-z](?:[A-Za-z0-9]+|\+\+|#)?|[0-9][A-Za-z0-9]*")
LONGEST = 64
# Letters that may be an umlaut in German, written with and without the e: not the u of qu, au, eu.
_DIGRAPH = re.compile(r"([ao]|(?<![qaeo])u)e")
_UMLAUTABLE = re.compile(r"[ao]|(?<![qaeo])u")
# Letters of a beginning that are tried as umlauts.
MOST_UMLAUTS = 3


def fold(word: str) -> str:
    """Return `word` in lower case, without the accents of Latin and Greek letters, cut to 64
    characters.
    """
    if word.isascii():
        return word.lower()[:LONGEST]
    kept: list[str] = []
    base = ""
    word = POINTS.sub("", word)
    for character in unicodedata.normalize("NFKD", word.casefold()).translate(_SPECIAL):
        if "\u0300" <= character <= "\u036f":
            # й is not и: only Latin and Greek fold.
            if base < "\u0400" or "\u1e00" <= base < "\u2000":
                continue
        else:
            base = character
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))[:LONGEST]


def bigrams(run: str) -> tuple[str, ...]:
    """The pairs of neighbouring characters in `run`; the run itself where it is a single character."""
    return tuple(run[i : i + 2] for i in range(len(run) - 1)) or (run,)


def unspaced(word: str) -> bool:
    """Whether `word` has characters of a script without spaces."""
    return not word.isascii() and UNSPACED_RUN.search(word) is not None


def opens(word: str) -> bool:
    """Whether `word` is one character of a script without spaces, which stands for all words that
    begin with it.
    """
    return len(word) == 1 and unspaced(word)


def pieces(word: str) -> Iterator[tuple[str, bool]]:
    """Split a folded word into runs of one kind: (text, whether the run is of a script without
    spaces).
    """
    start = 0
    for match in UNSPACED_RUN.finditer(word):
        if match.start() > start:
            yield word[start : match.start()], False
        yield match.group(), True
        start = match.end()
    if start < len(word):
        yield word[start:], False


def origins(word: str) -> list[int]:
    """For each character of the folded `word` where it comes from, and at last the length of
    `word`.
    """
    cuts = [
        i
        for i, c in enumerate(word)
        if i == 0 or not unicodedata.combining(unicodedata.normalize("NFKD", c)[0])
    ]
    ends = [*cuts[1:], len(word)]
    return [start for start, end in zip(cuts, ends, strict=True) for _ in fold(word[start:end])] + [
        len(word)
    ]


class Language:
    """Stems and stop words of one language, by its Snowball name ("english", "german").

    Raises ValueError where Snowball has no such language; "none" stems nothing.
    """

    CACHED = 200_000

    def __init__(self, name: str = "english") -> None:
        self.name = name
        self.stop_words = (
            STOP_WORDS if name == "english" else _stop_words(_STOP_LISTS.get(name, ""))
        )
        try:
            self._stemmer = None if name == "none" else Stemmer.Stemmer(name, 0)
        except KeyError:
            known = ", ".join(Stemmer.algorithms())
            raise ValueError(
                f"There is no stemmer for the language {name!r}; choose one of: {known}, none."
            ) from None
        # A Snowball stemmer keeps state while it works, so threads take turns.
        self._lock = threading.Lock()
        self._stems: dict[str, str] = {}

    def stem(self, word: str) -> str:
        """The stem of a folded word."""
        stem = self._stems.get(word)
        if stem is not None:
            return stem
        if self._stemmer is None or unspaced(word):
            return word
        with self._lock:
            stem = str(self._stemmer.stemWord(word)) or word
            if self.name in _STEMMED_TWICE:
                stem = str(self._stemmer.stemWord(stem)) or stem
        if len(self._stems) >= self.CACHED:
            self._stems.clear()
        self._stems[word] = stem
        return stem

    def marked(self, word: str) -> str:
        """The stem of a folded word as phrases have it: of a stop word after a STOP_MARK."""
        return STOP_MARK + self.stem(word) if self.is_stop(word) else self.stem(word)

    def beginnings(self, prefix: str) -> tuple[str, ...]:
        """How folded words may begin whose stems are spelled as if they began with `prefix`, itself
        first.

        German writes ä, ö, ü as ae, oe, ue too, and its stemmer takes both for one.
        """
        if self.name != "german":
            return (prefix,)
        plain = _DIGRAPH.sub(r"\1", prefix)
        forms = [plain]
        for match in islice(_UMLAUTABLE.finditer(plain), MOST_UMLAUTS):
            # From the end of the word the places of the letters still to come are the same in all
            # forms.
            at = len(plain) - match.end()
            forms += [f"{form[: len(form) - at]}e{form[len(form) - at :]}" for form in forms]
        # "koe" may be "kö", but two letters begin too many words.
        kept = dict.fromkeys(
            (prefix, *(form for form in forms if len(form) >= min(3, len(prefix))))
        )
        return tuple(
            form
            for form in kept
            if not any(form != other and form.startswith(other) for other in kept)
        )

    def is_stop(self, word: str) -> bool:
        """Whether a folded word says nothing by itself."""
        return word in self.stop_words


def _stop_words(code: str) -> frozenset[str]:
    """The stop words of a language as words are here: folded, and split at apostrophes."""
    listed = (*stoplists.get(code, ()), *_MORE_STOP_WORDS.get(code, "").split())
    return frozenset(word for text in listed for word in split(text))


@lru_cache(maxsize=8)
def language(name: str) -> Language:
    """The language `name`, made once in a process."""
    return Language(name)


def split(text: str) -> list[str]:
    """The folded words of `text` in order; unspaced runs become bigrams and a last character."""
    return [part for token in tokens(text) for part in parts(fold(token))]


def tokens(text: str) -> list[str]:
    """The words of `text` as they are written."""
    text = composed(text)
    return _pattern(text).findall(text)


def matches(text: str) -> Iterator[re.Match[str]]:
    """The words of a composed text with their places."""
    return _pattern(text).finditer(text)


def _pattern(text: str) -> re.Pattern[str]:
    # The same words, found twice as fast.
    return _ASCII_WORD if text.isascii() else _WORD


def composed(text: str) -> str:
    """`text` with accented letters as one character, and without what readers cannot see within a
    word.
    """
    if text.isascii():
        return text
    for character in _UNSEEN:
        text = text.replace(character, "")
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def parts(word: str) -> tuple[str, ...]:
    """What a folded word is indexed as: itself, or bigrams and the last character of unspaced runs.

    The last character makes every character the beginning of some indexed word, so that a single
    one is found as a prefix.
    """
    if not unspaced(word):
        return (word,)
    found: list[str] = []
    for run, is_unspaced in pieces(word):
        if is_unspaced and len(run) > 1:
            found += [*bigrams(run), run[-1]]
        else:
            found.append(run)
    return tuple(found)


class Lexicon(dict[str, int]):
    """Numbers the words of a batch: written form -> word number, found by `lexicon[token]`.

    A number below 0 stands for several words (`expansions[-number - 1]`). `stems[word]` is the
    stem's number, `marked[word]` too, but for a stop word that of its stem after a STOP_MARK;
    `stop[word]` is whether it is one, `telling[word]` whether it can tell what a text is about;
    `words` and `stem_texts` are the texts.
    """

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.language = language
        self.words: list[str] = []
        self.stems = array("i")
        self.marked = array("i")
        self.stop = array("b")
        self.telling = array("b")
        self.stem_texts: list[str] = []
        self.expansions: list[tuple[int, ...]] = []
        self._word_numbers: dict[str, int] = {}
        self._stem_numbers: dict[str, int] = {}

    def __missing__(self, token: str) -> int:
        if token.isascii():
            number = self[token] = self._number(fold(token))
            return number
        numbers = [self._number(part) for part in parts(fold(token))]
        if len(numbers) == 1:
            number = numbers[0]
        else:
            self.expansions.append(tuple(numbers))
            number = -len(self.expansions)
        self[token] = number
        return number

    def _number(self, word: str) -> int:
        number = self._word_numbers.get(word)
        if number is not None:
            return number
        stem = self.language.stem(word)
        is_stop = self.language.is_stop(word)
        number = self._word_numbers[word] = len(self.words)
        self.words.append(word)
        self.stems.append(self._stem_number(stem))
        self.marked.append(self._stem_number(self.language.marked(word)))
        self.stop.append(is_stop)
        self.telling.append(
            not is_stop and not word.isdigit() and len(word) > (1 if unspaced(word) else 2)
        )
        return number

    def _stem_number(self, stem: str) -> int:
        number = self._stem_numbers.setdefault(stem, len(self.stem_texts))
        if number == len(self.stem_texts):
            self.stem_texts.append(stem)
        return number

    def numbers(self, text: str) -> list[int]:
        """The word numbers of `text` in order."""
        found = list(map(self.__getitem__, tokens(text)))
        if self.expansions and min(found, default=0) < 0:
            return [
                n
                for number in found
                for n in (self.expansions[-number - 1] if number < 0 else (number,))
            ]
        return found
