"""Which fields and words of front matter keep a text from the public, in any system's spelling.

What is not understood is not public: a restriction whose value has no known meaning withholds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any


class Audience(IntEnum):
    """Who may read a text. Where several fields say it, the greatest value holds."""

    PUBLIC = 0
    UNINDEXED = 1
    UNLISTED = 2
    WITHHELD = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one field says about who may read.

    `doubt` is the sentence for the writer where the value is not known, otherwise ''.
    """

    audience: Audience
    doubt: str = ""


PUBLIC = Verdict(Audience.PUBLIC)
WITHHELD = Verdict(Audience.WITHHELD)

Rule = Callable[[Any], Verdict | None]

_ANSWERS = {
    **dict.fromkeys("true yes on y t 1 x ✓ ☑".split(), True),
    **dict.fromkeys("false no off n f 0 none null nil ~".split(), False),
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
    """.split()
)


def flag(when_true: Audience, when_false: Audience = Audience.PUBLIC) -> Rule:
    """Return the rule of a yes-or-no field; any other value withholds the text."""

    verdicts = {True: Verdict(when_true), False: Verdict(when_false)}

    def rule(value: Any) -> Verdict:
        answer = as_bool(value)
        if answer is None:
            return Verdict(Audience.WITHHELD, f"{_shown(value)} is neither true nor false")
        return verdicts[answer]

    return rule


def flag_only(when_true: Audience, when_false: Audience = Audience.PUBLIC) -> Rule:
    """Return the rule of a yes-or-no field; any other value says nothing about readers."""

    verdicts = {True: Verdict(when_true), False: Verdict(when_false)}

    def rule(value: Any) -> Verdict | None:
        answer = as_bool(value)
        if answer is None:
            return None
        return verdicts[answer]

    return rule


def flag_no_number(when_true: Audience, when_false: Audience = Audience.PUBLIC) -> Rule:
    """Return the rule of a field that restricts by yes or no, but may be a number: `members: 1`."""
    rule = flag_only(when_true, when_false)

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
    """Return what a known word of workflows says; None for other values, which restrict nothing."""
    verdict = word(value)
    if verdict is None or verdict.doubt or as_bool(value) is not None:
        return None
    return verdict


def _of_word(text: str) -> Verdict:
    plain = re.sub(r"[\s_]+", "-", text.strip()).casefold()
    if plain in _PUBLIC_WORDS:
        return PUBLIC
    if plain in _UNLISTED_WORDS:
        return Verdict(Audience.UNLISTED)
    if plain in _WITHHELD_WORDS:
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


_WITHHOLD = flag(Audience.WITHHELD)
_WITHHOLD_ONLY = flag_only(Audience.WITHHELD)
_UNLIST = flag(Audience.UNLISTED)
_UNLIST_ONLY = flag_only(Audience.UNLISTED)
_NEEDED = flag(Audience.PUBLIC, Audience.WITHHELD)
_NEEDED_ONLY = flag_only(Audience.PUBLIC, Audience.WITHHELD)

# Names as `plain_name` writes them.
RULES: Mapping[str, Rule] = {
    # Hugo, Zola, Astro, Docusaurus, Quarto, Hexo
    "draft": _WITHHOLD, "drafts": _WITHHOLD, "isdraft": _WITHHOLD, "headless": _WITHHOLD_ONLY,
    "build": build_options, "render": _NEEDED_ONLY,
    "list": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "unlisted": _UNLIST, "isunlisted": _UNLIST, "listed": flag(Audience.PUBLIC, Audience.UNLISTED),
    "hidden": _UNLIST, "ishidden": _UNLIST, "hide": flag_only(Audience.UNLISTED),
    "hidefromlist": _UNLIST, "hidefromlists": _UNLIST,
    "encrypt": _WITHHOLD_ONLY, "encrypted": _WITHHOLD_ONLY,
    # Jekyll, Eleventy: also the names of a date and of an address
    "published": flag_only(Audience.PUBLIC, Audience.WITHHELD), "ispublished": _NEEDED,
    "permalink": flag_only(Audience.PUBLIC, Audience.WITHHELD),
    "eleventyexcludefromcollections": collections, "excludefromcollections": collections,
    "sitemap": sitemap, "sitemapexclude": flag_only(Audience.UNINDEXED), "robots": robots,
    "noindex": flag_only(Audience.UNINDEXED),
    # Obsidian, Quartz, digital gardens
    "publish": _NEEDED, "dgpublish": _NEEDED, "public": _NEEDED, "ispublic": _NEEDED,
    "private": _WITHHOLD, "isprivate": _WITHHOLD, "unpublish": _WITHHOLD_ONLY,
    "unpublished": _WITHHOLD, "nopublish": _WITHHOLD, "donotpublish": _WITHHOLD,
    # WordPress, Ghost, Pelican, Nikola
    "status": word, "poststatus": word, "wpstatus": word, "publishstatus": word,
    "publicationstatus": word, "visibility": word, "postvisibility": word,
    "password": secret, "postpassword": secret, "passphrase": secret,
    "passwordprotected": _WITHHOLD,
    "protected": _WITHHOLD_ONLY, "access": gate, "emailonly": _WITHHOLD,
    # Grav, Statamic and others
    "routable": _NEEDED_ONLY, "visible": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "membersonly": _WITHHOLD, "memberonly": _WITHHOLD, "subscribersonly": _WITHHOLD,
    "sponsorsonly": _WITHHOLD, "paid": _WITHHOLD_ONLY, "premium": _WITHHOLD_ONLY,
    "paywall": _WITHHOLD_ONLY, "restricted": _WITHHOLD_ONLY, "internal": _WITHHOLD_ONLY,
    "confidential": _WITHHOLD_ONLY, "secret": _WITHHOLD_ONLY, "embargo": _WITHHOLD_ONLY,
    "embargoed": _WITHHOLD, "deleted": _WITHHOLD_ONLY, "trashed": _WITHHOLD,
    "exclude": _WITHHOLD_ONLY,
    "excluded": _WITHHOLD_ONLY, "ignore": _WITHHOLD_ONLY, "ignored": _WITHHOLD_ONLY,
    "skip": _WITHHOLD_ONLY, "disabled": _WITHHOLD_ONLY, "enabled": _NEEDED_ONLY,
    "live": _NEEDED_ONLY, "online": _NEEDED_ONLY, "active": _NEEDED_ONLY, "released": _NEEDED_ONLY,
    "wip": _WITHHOLD_ONLY, "members": flag_no_number(Audience.WITHHELD),
    "subscribers": flag_no_number(Audience.WITHHELD),
    "loginrequired": _WITHHOLD_ONLY, "requireslogin": _WITHHOLD_ONLY,
    "authrequired": _WITHHOLD_ONLY, "requiresauth": _WITHHOLD_ONLY, "allowedroles": secret,
    "show": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "display": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "isvisible": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "index": flag_no_number(Audience.PUBLIC, Audience.UNINDEXED),
    "indexed": flag_only(Audience.PUBLIC, Audience.UNINDEXED),
    "sitemapignore": flag_only(Audience.UNINDEXED),
    "excludefromsitemap": flag_only(Audience.UNINDEXED),
    "accesslevel": known_word, "permission": known_word, "permissions": known_word,
    "classification": known_word, "contentstatus": known_word, "pagestatus": known_word,
    "articlestatus": known_word, "editorialstatus": known_word,
    "audience": known_word, "privacy": known_word, "state": known_word, "stage": known_word,
    "tier": known_word, "tiers": known_word, "plan": known_word, "acl": known_word,
    "security": known_word, "securitylevel": known_word, "confidentiality": known_word,
    "sensitivity": known_word, "privacylevel": known_word, "restriction": known_word,
    "restrictions": known_word, "visibleto": known_word, "flag": known_word, "flags": known_word,
    "allowedusers": secret, "allowedgroups": secret, "requiredrole": secret,
    "requiredroles": secret, "passcode": secret, "pwd": secret,
    "scheduled": _WITHHOLD_ONLY, "protect": _WITHHOLD_ONLY, "auth": _WITHHOLD_ONLY,
    "workinprogress": _WITHHOLD_ONLY, "requirelogin": _WITHHOLD_ONLY,
    "requireauth": _WITHHOLD_ONLY, "authenticated": _WITHHOLD_ONLY, "login": _WITHHOLD_ONLY,
    "authentication": _WITHHOLD_ONLY, "buildable": _NEEDED_ONLY, "approved": _NEEDED_ONLY,
    "ready": _NEEDED_ONLY, "hexohide": _UNLIST,
    "inlist": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "showinlist": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "showinlists": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "workflow": known_word, "workflowstate": known_word, "sharing": known_word, "scope": known_word,
}  # fmt: skip

# Restrictions that are honoured in a table too, where a writer of TOML puts them by mistake.
IN_TABLES = frozenset("draft published private password unlisted robots noindex".split())


def as_bool(value: Any) -> bool | None:
    """Return yes or no as people write it in front matter; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and len(value) == 1:
        return as_bool(value[0])
    text = str(value).strip().strip("\"'.").casefold()
    return _ANSWERS.get(text)


# Names made of words that restrict: `hide_post`, `not_published`, `skip_build`, `patrons_only`,
# each with what `true` means.
_MADE_NAMES: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (re.compile(r"(?:hide|hidden|exclude|excluded)(?:from|in)?(?:all)?lists?"), _UNLIST_ONLY),
    (re.compile(r"(?:hide|skip|exclude|ignore|withhold)(?:this)?(?:post|page|article|note)"),
     _WITHHOLD_ONLY),
    (re.compile(r"(?:skip|no|exclude(?:from)?|ignore(?:in)?)(?:build|publish|publishing|render)"),
     _WITHHOLD_ONLY),
    (re.compile(r"(?:is)?(?:not|non|never|dont|donot|un)(?:yet)?(?:published?|public|released)"),
     _WITHHOLD_ONLY),
    (re.compile(
        r"(?:for|is)?(?:members?|subscribers?|patrons?|supporters?|sponsors?|staff|friends?|team"
        r"|admins?|editors?|users?|paid|premium|login|internal|private|registered)only"),
     _WITHHOLD_ONLY),
    (re.compile(r"(?:is|post|page|article|still)(?:draft|private|secret|confidential|internal)"),
     _WITHHOLD_ONLY),
)  # fmt: skip


@lru_cache(maxsize=4096)
def rule_of(name: str) -> Rule | None:
    """Return the rule of a field that says who may read, or None for other fields.

    `name` is the field's name as `plain_name` writes it; a name space before a colon (`wp:status`)
    does not count.
    """
    own = name.rpartition(":")[2]
    made = (rule for pattern, rule in _MADE_NAMES if pattern.fullmatch(own))
    return RULES.get(own) or next(made, None)


def restriction(name: str, value: Any) -> Verdict | None:
    """Return what a field says about who may read; None where it says nothing about it.

    `name` is as in `rule_of`.
    """
    rule = rule_of(name)
    if rule is None:
        return None
    return rule(value)


def _shown(value: Any) -> str:
    return repr(str(value)[:40])
