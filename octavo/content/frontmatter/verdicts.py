"""What the value of a field says about who may read a text, in any system's words.

What is not understood is not public: a restriction whose value has no known meaning withholds.
`audience` tells which fields are read by which of these rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Audience(IntEnum):
    """Who may read a text. Where several fields say it, the greatest value holds."""

    PUBLIC = 0
    UNINDEXED = 1
    UNLISTED = 2
    WITHHELD = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who may read a text, as far as one field of its front matter says.

    `doubt` is a message for the writer where the field's value is not understood, otherwise ''.
    """

    audience: Audience
    doubt: str = ""


PUBLIC = Verdict(Audience.PUBLIC)
WITHHELD = Verdict(Audience.WITHHELD)

Rule = Callable[[Any], Verdict | None]

_ANSWERS = {
    **dict.fromkeys("true yes on y t 1 x ✓ ☑ ja oui sí sim да 是 はい".split(), True),
    **dict.fromkeys(
        "false no off n f 0 none null nil ~ nein nee nej non não нет 否".split(), False
    ),
}
# Words of workflows: WordPress, Ghost, Pelican, Nikola, Hexo, Statamic, Publii, Material for
# MkDocs, and what people write who keep records of decisions.
_PUBLIC_WORDS = frozenset(
    """
    published publish public live active online final current featured sticky everyone everybody
    anyone all open free world new updated stable beta alpha experimental deprecated accepted
    approved complete completed done finished released standard visible listed always default
    superseded implemented archived evergreen seedling budding growing sapling shipped reviewed
    reference resolved closed maintained legacy obsolete recommended ready
    """.split()
)
_UNLISTED_WORDS = frozenset("hidden unlisted never local hide nolist".split())
_WITHHELD_WORDS = frozenset(
    """
    draft drafts pending private future scheduled trash trashed auto-draft autodraft inherit sent
    skip skipped ignore ignored withheld unpublished inactive disabled offline deleted removed
    members member paid premium tiers subscribers subscriber subscribers-only members-only password
    protected restricted internal confidential secret friends team staff editors me nobody none
    no-one noone review in-review in-progress wip todo idea planned embargoed expired preview
    registered logged-in loggedin authenticated patrons supporters sponsors vip only-paid only-free
    founding queue queued hold held on-hold timed unapproved rejected declined spam withdrawn
    suppressed quarantined classified unfinished unreviewed entwurf brouillon borrador bozza
    rascunho utkast черновик 草稿 下書き privat privé privado privada privato vertraulich geheim
    """.split()
)
# Words that may stand beside one of these and leave its meaning: `Pending review`, `draft (v2)`,
# `for internal use only`; and words that `not` turns round: `not ready`, `not yet published`.
_BESIDE = re.compile(
    r"for|to|be|the|is|still|use|only|access|area|content|needs?|awaiting|approval|changes|please"
    r"|version|post|page|v?\d[\d.]*"
)
_NOT_YET = re.compile(
    r"(?:not|never|do-not|don-t)-(?:yet-)?(?:for-)?(?:the-)?"
    r"(?:published?|public|ready|live|released?|approved|reviewed|publication|share)"
)
# Those who read more of a site than its public.
_ROLES = frozenset(
    "admin admins administrator administrators author authors contributor contributors customer"
    " customers editor editors manager moderator moderators owner super-admin".split()
)


def as_bool(value: Any) -> bool | None:
    """Return yes or no as people write it in front matter; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and len(value) == 1:
        return as_bool(value[0])
    text = str(value).strip().strip("\"'.").casefold()
    return _ANSWERS.get(text)


def flag_only(when_true: Audience, when_false: Audience = Audience.PUBLIC) -> Rule:
    """Return the rule of a yes-or-no field; any other value says nothing about readers."""
    verdicts = {True: Verdict(when_true), False: Verdict(when_false)}

    def rule(value: Any) -> Verdict | None:
        answer = as_bool(value)
        if answer is None:
            return None
        return verdicts[answer]

    return rule


def flag(when_true: Audience, when_false: Audience = Audience.PUBLIC) -> Rule:
    """Return the rule of a yes-or-no field; any other value withholds the text."""
    of_answer = flag_only(when_true, when_false)

    def rule(value: Any) -> Verdict:
        doubt = f"{_shown(value)} is neither true nor false"
        return of_answer(value) or Verdict(Audience.WITHHELD, doubt)

    return rule


def no_number(rule: Rule) -> Rule:
    """Return `rule` for a field that may also hold a number, which restricts nothing."""

    def rule_of_words(value: Any) -> Verdict | None:
        return None if str(value).strip().isdecimal() else rule(value)

    return rule_of_words


def word(value: Any) -> Verdict | None:
    """Return who may read a text, by the value of a field such as `status` or `visibility`.

    Of several words the one that admits fewest readers counts; an unknown word withholds the text.
    """
    answer = as_bool(value)
    if answer:
        return PUBLIC
    if answer is False:
        return WITHHELD
    if not isinstance(value, str | list):
        return Verdict(Audience.WITHHELD, f"{_shown(value)} has no meaning that is known")
    verdicts = [_of_word(part) for part in _words(value)]
    return max(verdicts, key=lambda verdict: verdict.audience, default=PUBLIC)


def known_word(value: Any) -> Verdict | None:
    """Return what a known word of workflows says; None for other values, which restrict nothing.

    A table says what its entries say: `workflow: {state: draft}`.
    """
    if isinstance(value, dict):
        found = [known_word(one) for one in value.values() if not isinstance(one, dict)]
    elif as_bool(value) is not None or not isinstance(value, str | list):
        return None
    else:
        found = [_of_word(part) for part in _words(value)]
    known = [verdict for verdict in found if verdict is not None and not verdict.doubt]
    return max(known, key=lambda verdict: verdict.audience, default=None)


def role(value: Any) -> Verdict | None:
    """Return what the roles of readers say: `roles: [admin]`, which may also be those of a film."""
    parts = list(value.values()) if isinstance(value, dict) else [value]
    for part in parts:
        words = _words(part) if isinstance(part, str | list) else []
        if any(_plain_word(one) in _ROLES for one in words):
            cause = f"{_shown(value)} is taken for those who may read"
            return Verdict(Audience.WITHHELD, cause)
    return known_word(value)


def readers(value: Any) -> Verdict | None:
    """Return what a list of those who may read says: all but a word for everybody withholds."""
    if as_bool(value) is False or value in ([], {}):
        return PUBLIC
    if isinstance(value, str | list):
        found = map(_of_reader, _words(value))
        return max(found, key=lambda verdict: verdict.audience, default=PUBLIC)
    return WITHHELD


def _of_reader(text: str) -> Verdict:
    found = _of_word(text)
    return WITHHELD if found.doubt else found


def barrier(value: Any) -> Verdict | None:
    """Return what a field says that lets some readers in alone: yes, a word for it, or a table."""
    if isinstance(value, dict):
        return max(map(_of_entry, value.items()), key=lambda one: one.audience, default=PUBLIC)
    if _plain_word(str(value)) in ("only", "required", "require", "all", "auth", "password"):
        return WITHHELD
    answer = as_bool(value)
    if answer is None:
        return known_word(value)
    return WITHHELD if answer else PUBLIC


def _of_entry(entry: tuple[Any, Any]) -> Verdict:
    name = str(entry[0]).casefold()
    if name in ("password", "pass", "passphrase"):
        return secret(entry[1]) or PUBLIC
    if as_bool(entry[1]) and name in ("enabled", "enable", "required", "active", "on", "value"):
        return WITHHELD
    return known_word(entry[1]) or PUBLIC


def _plain_word(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text).strip("-").casefold()


def _of_word(text: str) -> Verdict:
    plain = _plain_word(text)
    if plain in _PUBLIC_WORDS:
        return PUBLIC
    if plain in _UNLISTED_WORDS:
        return Verdict(Audience.UNLISTED)
    if plain in _WITHHELD_WORDS or _NOT_YET.fullmatch(plain):
        return WITHHELD
    rest = [one for one in plain.split("-") if not _BESIDE.fullmatch(one)]
    if rest and all(one in _WITHHELD_WORDS for one in rest):
        return WITHHELD
    return Verdict(Audience.WITHHELD, f"{_shown(text)} has no meaning that is known")


def _words(value: str | list[Any]) -> list[str]:
    if isinstance(value, str):
        return [part for part in re.split("[,;|]", value) if part.strip()]
    return [str(part) for part in value]


def secret(value: Any) -> Verdict | None:
    """Return what a password says: any that is not empty withholds the text."""
    if str(value).casefold() in ("", "~", "null", "none", "false"):
        return PUBLIC
    return WITHHELD


def gate(value: Any) -> Verdict | None:
    """Return what `access` says: a word, or Grav's table of those who may read."""
    if isinstance(value, dict):
        return WITHHELD
    return word(value)


def build_options(value: Any) -> Verdict | None:
    """Return what Hugo's `build` says: https://gohugo.io/content-management/build-options/."""
    if not isinstance(value, dict):
        return flag_only(Audience.PUBLIC, Audience.WITHHELD)(value)
    verdicts = [PUBLIC]
    for name, said in value.items():
        option = str(name).casefold()
        text = str(said).strip().casefold()
        if option == "render" and text not in ("always", "true"):
            verdicts.append(WITHHELD)
        if option == "list" and text not in ("always", "true"):
            verdicts.append(Verdict(Audience.UNLISTED))
    return max(verdicts, key=lambda verdict: verdict.audience)


def collections(value: Any) -> Verdict | None:
    """Return what `eleventyExcludeFromCollections` says: true, or names of collections."""
    if isinstance(value, list):
        return Verdict(Audience.UNLISTED)
    return flag(Audience.UNLISTED)(value)


def sitemap(value: Any) -> Verdict | None:
    """Return what `sitemap` says: false, or a table with `exclude`, `disable` or `ignore`."""
    if isinstance(value, dict):
        said = {str(name).casefold(): as_bool(one) for name, one in value.items()}
        if any(said.get(name) for name in ("exclude", "disable", "ignore", "excluded")):
            return Verdict(Audience.UNINDEXED)
        return None
    return flag_only(Audience.PUBLIC, Audience.UNINDEXED)(value)


def robots(value: Any) -> Verdict | None:
    """Return what `robots` says to search engines: `noindex`, also in a list, or false."""
    if isinstance(value, dict) and as_bool(value.get("index")) is False:
        return Verdict(Audience.UNINDEXED)
    if as_bool(value) is False or re.search(
        r"\bno[-_ ]?index\b|\bnone\b", str(value), re.IGNORECASE
    ):
        return Verdict(Audience.UNINDEXED)
    return None


def drawing(value: Any) -> Verdict | None:
    """Return what says that a file is a drawing of Obsidian's Excalidraw, and no writing."""
    return WITHHELD if value else None


def visible(value: Any) -> Verdict | None:
    """Return what Grav's `visible` says, yes or no, or a word: `visible: logged in`."""
    return flag_only(Audience.PUBLIC, Audience.UNLISTED)(value) or known_word(value)


def _shown(value: Any) -> str:
    return repr(str(value)[:40])
