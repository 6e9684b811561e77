"""Plural forms: which one a language takes for a number of things.

The categories and rules are those of Unicode CLDR for whole numbers:
https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

CATEGORIES = ("zero", "one", "two", "few", "many", "other")

Rule = Callable[[int], str]


@lru_cache(maxsize=8)
def categories(language: str) -> frozenset[str]:
    """Return the categories that a language tells apart."""
    return frozenset(category(language, number) for number in range(200)) | {"other"}


def category(language: str, number: int) -> str:
    """Return the category of `number` in a language (BCP 47), such as "one" or "other"."""
    return _RULES.get(language.lower().partition("-")[0], _english)(number)


def _english(number: int) -> str:
    return "one" if number == 1 else "other"


def _japanese(number: int) -> str:
    return "other"


def _french(number: int) -> str:
    return "one" if number < 2 else "other"


def _russian(number: int) -> str:
    if number % 10 == 1 and number % 100 != 11:
        return "one"
    if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return "few"
    return "many"


def _serbian(number: int) -> str:
    return _russian(number).replace("many", "other")


def _polish(number: int) -> str:
    if number == 1:
        return "one"
    return _russian(number).replace("one", "many")


def _czech(number: int) -> str:
    if number in (2, 3, 4):
        return "few"
    return _english(number)


def _lithuanian(number: int) -> str:
    if number % 10 == 0 or 11 <= number % 100 <= 19:
        return "other"
    return "one" if number % 10 == 1 else "few"


def _slovenian(number: int) -> str:
    return {1: "one", 2: "two", 3: "few", 4: "few"}.get(number % 100, "other")


def _romanian(number: int) -> str:
    if number == 0 or (number != 1 and 1 <= number % 100 <= 19):
        return "few"
    return _english(number)


def _hebrew(number: int) -> str:
    return {1: "one", 2: "two"}.get(number, "other")


def _arabic(number: int) -> str:
    if number < 3:
        return CATEGORIES[number]
    if 3 <= number % 100 <= 10:
        return "few"
    return "many" if number % 100 >= 11 else "other"


def _table(rules: Mapping[str, Rule]) -> Mapping[str, Rule]:
    found: dict[str, Rule] = {}
    for languages, rule in rules.items():
        found.update(dict.fromkeys(languages.split(), rule))
    return found


# Languages that are not named have the rule of English.
_RULES = _table(
    {
        "ja zh ko vi th id ms lo my": _japanese,
        "fr pt hi fa hy bn gu kn": _french,
        "ru uk be": _russian,
        "sr hr bs": _serbian,
        "pl": _polish,
        "cs sk": _czech,
        "lt": _lithuanian,
        "sl": _slovenian,
        "ro": _romanian,
        "he": _hebrew,
        "ar": _arabic,
    }
)
