"""British and American spellings, forms of units, and which words are English ones."""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

# Endings and parts that British and American English write differently, each with the shortest
# word to which that applies: `hour` is not `hor`. What an index does not have, nobody is led to.
_BRITISH_AND_AMERICAN = (
    (r"our(?=s?$|ed$|ing$|ite|ful|less|able|hood)", "or", 5),
    (r"(?<=[^aeiou])or(?=s?$|ed$|ing$|ite|ful|less|able|hood)", "our", 5),
    (r"is(?=e[drs]?$|ing$|ations?$)", "iz", 6),
    (r"iz(?=e[drs]?$|ing$|ations?$)", "is", 6),
    (r"ys(?=e[drs]?$|ing$)", "yz", 6),
    (r"yz(?=e[drs]?$|ing$)", "ys", 6),
    (r"(?<=[^aeiou])re(?=s?$)", "er", 5),
    (r"(?<=[btv])er(?=s?$)", "re", 5),
    (r"ll(?=ed$|ing$|ers?$)", "l", 8),
    (r"(?<=[aeiou])l(?=ed$|ing$|ers?$)", "ll", 7),
    (r"ogue(?=s?$)", "og", 6),
    (r"og(?=s?$)", "ogue", 6),
    (r"enc(?=es?$)", "ens", 6),
    (r"ens(?=es?$)", "enc", 6),
    (r"[ao]e(?=[a-z]{3})", "e", 6),
    (r"ph(?=ur)", "f", 6),
    (r"f(?=ur$)", "ph", 6),
)
_RULES = tuple((re.compile(part), other, least) for part, other, least in _BRITISH_AND_AMERICAN)
# What means the same: words that the two write otherwise, and units with their long forms.
EQUIVALENTS = (
    ("grey", "gray"), ("programme", "program"), ("aluminium", "aluminum"), ("plough", "plow"),
    ("artefact", "artifact"), ("sceptic", "skeptic"), ("mould", "mold"), ("tyre", "tire"),
    ("aeroplane", "airplane"), ("manoeuvre", "maneuver"), ("judgement", "judgment"),
    ("ageing", "aging"), ("pyjamas", "pajamas"), ("anaesthetic", "anesthetic"), ("cosy", "cozy"),
    ("km", "kilometre", "kilometer"), ("cm", "centimetre", "centimeter"),
    ("mm", "millimetre", "millimeter"), ("nm", "nanometre", "nanometer"), ("mi", "mile"),
    ("ft", "foot", "feet"), ("kg", "kilogram", "kilogramme"), ("mg", "milligram"),
    ("ml", "millilitre", "milliliter"), ("mph", "miles per hour"), ("kwh", "kilowatt hour"),
    ("kw", "kilowatt"), ("mw", "megawatt"), ("hz", "hertz"), ("khz", "kilohertz"),
    ("mhz", "megahertz"), ("ghz", "gigahertz"), ("kb", "kilobyte"), ("mb", "megabyte"),
    ("gb", "gigabyte"), ("tb", "terabyte"), ("au", "astronomical unit"), ("ly", "light year"),
)  # fmt: skip


@lru_cache(maxsize=4_000)
def respellings(word: str) -> tuple[str, ...]:
    """Return other ways to write a folded word, some of which nobody writes."""
    rules = [(part, other) for part, other, least in _RULES if len(word) >= least]
    found = dict.fromkeys(part.sub(other, word, count=1) for part, other in rules)
    return tuple(other for other in found if other != word)


def is_english(word: str) -> bool:
    """Whether English has a folded word, in British or American spelling."""
    return any(_is_listed(spelling) for spelling in (word, *respellings(word)))


def _is_listed(word: str) -> bool:
    sought = f'"{word}"'.encode()
    lines = english_words()
    low = 0
    high = len(lines)
    while low < high:
        start = lines.rfind(b"\n", 0, (low + high) // 2) + 1
        start = max(start, low)
        found = lines[start : lines.find(b":", start)]
        if found == sought:
            return True
        if found > sought:
            high = start
        else:
            low = lines.find(b"\n", start) + 1 or high
    return False


@cache
def english_words() -> bytes:
    """Return the list of English words that pyspellchecker carries: sorted lines of JSON.

    It stays a text, which takes a tenth of the memory of a set. Without the package it is empty.
    """
    package = find_spec("spellchecker")
    if package is None or package.origin is None:
        return b""
    path = Path(package.origin).with_name("resources") / "en.json.gz"
    return gzip.decompress(path.read_bytes()).removeprefix(b"{\n")
