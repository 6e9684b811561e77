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


def _visible(value: Any) -> Verdict | None:
    """Return what Grav's `visible` says, yes or no, or a word: `visible: logged in`."""
    return flag_only(Audience.PUBLIC, Audience.UNLISTED)(value) or known_word(value)


_WITHHOLD = flag(Audience.WITHHELD)
_WITHHOLD_ONLY = flag_only(Audience.WITHHELD)
_UNLIST = flag(Audience.UNLISTED)
_UNLIST_ONLY = flag_only(Audience.UNLISTED)
_NEEDED = flag(Audience.PUBLIC, Audience.WITHHELD)
_NEEDED_ONLY = flag_only(Audience.PUBLIC, Audience.WITHHELD)
_UNLESS_NUMBER = no_number(barrier)

# Names as `plain_name` writes them.
RULES: Mapping[str, Rule] = {
    # Hugo, Zola, Astro, Docusaurus, Quarto, Hexo
    "draft": _WITHHOLD, "drafts": _WITHHOLD, "isdraft": _WITHHOLD, "headless": _WITHHOLD_ONLY,
    "saveasdraft": _WITHHOLD, "excalidrawplugin": drawing,
    "build": build_options, "render": _NEEDED_ONLY,
    "list": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "unlisted": _UNLIST, "isunlisted": _UNLIST, "listed": flag(Audience.PUBLIC, Audience.UNLISTED),
    "hidden": _UNLIST, "ishidden": _UNLIST, "hide": flag_only(Audience.UNLISTED),
    "hidefromlist": _UNLIST, "hidefromlists": _UNLIST,
    "encrypt": barrier, "encrypted": barrier,
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
    "protected": barrier, "access": gate, "emailonly": _WITHHOLD,
    # Grav, Statamic and others
    "routable": _NEEDED_ONLY, "visible": _visible,
    "membersonly": _WITHHOLD, "memberonly": _WITHHOLD, "subscribersonly": _WITHHOLD,
    "sponsorsonly": _WITHHOLD, "paid": barrier, "premium": barrier,
    "paywall": readers, "restricted": barrier, "internal": barrier,
    "confidential": barrier, "secret": barrier, "embargo": _WITHHOLD_ONLY,
    "embargoed": _WITHHOLD, "deleted": _WITHHOLD_ONLY, "trashed": _WITHHOLD,
    "exclude": _WITHHOLD_ONLY,
    "excluded": _WITHHOLD_ONLY, "ignore": _WITHHOLD_ONLY, "ignored": _WITHHOLD_ONLY,
    "skip": _WITHHOLD_ONLY, "disabled": _WITHHOLD_ONLY, "enabled": _NEEDED_ONLY,
    "live": _NEEDED_ONLY, "online": _NEEDED_ONLY, "active": _NEEDED_ONLY, "released": _NEEDED_ONLY,
    "paywalled": readers, "gated": readers, "gate": barrier, "locked": barrier,
    "member": _UNLESS_NUMBER, "patrons": _UNLESS_NUMBER, "vip": _UNLESS_NUMBER,
    "membership": _UNLESS_NUMBER, "subscription": _UNLESS_NUMBER, "drafted": _WITHHOLD_ONLY,
    "disable": _WITHHOLD_ONLY, "suppress": _WITHHOLD_ONLY, "quarantine": _WITHHOLD_ONLY,
    "intrash": _WITHHOLD_ONLY, "workflowstatus": word,
    "protection": barrier, "authorization": barrier, "middleware": barrier, "guard": barrier,
    "rights": known_word, "availability": known_word, "phase": known_word, "review": known_word,
    "approval": known_word, "moderation": known_word, "moderated": known_word, "free": _NEEDED_ONLY,
    "publication": known_word, "reviewstatus": known_word, "expired": _WITHHOLD_ONLY,
    "classified": barrier, "withdrawn": _WITHHOLD_ONLY, "removed": _WITHHOLD_ONLY,
    "trash": _WITHHOLD_ONLY, "spam": _WITHHOLD_ONLY, "deletedat": secret, "trashedat": secret,
    "incomplete": _WITHHOLD_ONLY, "unfinished": _WITHHOLD_ONLY, "inreview": _WITHHOLD_ONLY,
    "inprogress": _WITHHOLD_ONLY, "offline": _WITHHOLD_ONLY, "suppressed": _WITHHOLD_ONLY,
    "omit": _WITHHOLD_ONLY, "omitted": _WITHHOLD_ONLY, "quarantined": _WITHHOLD_ONLY,
    "delisted": _UNLIST_ONLY, "dghide": _UNLIST_ONLY,
    "discoverable": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "公開": _NEEDED_ONLY, "公开": _NEEDED_ONLY, "发布": _NEEDED_ONLY, "非公開": _WITHHOLD_ONLY,
    "非公开": _WITHHOLD_ONLY, "私密": _WITHHOLD_ONLY, "隐藏": _UNLIST_ONLY,
    "statut": word, "estado": known_word, "stato": known_word,
    "zustand": known_word, "entwurf": _WITHHOLD, "brouillon": _WITHHOLD, "borrador": _WITHHOLD,
    "bozza": _WITHHOLD, "rascunho": _WITHHOLD, "черновик": _WITHHOLD, "草稿": _WITHHOLD,
    "下書き": _WITHHOLD, "privat": _WITHHOLD_ONLY, "privado": _WITHHOLD_ONLY,
    "wip": _WITHHOLD_ONLY, "members": _UNLESS_NUMBER,
    "subscribers": _UNLESS_NUMBER,
    "loginrequired": _WITHHOLD_ONLY, "requireslogin": _WITHHOLD_ONLY,
    "authrequired": _WITHHOLD_ONLY, "requiresauth": _WITHHOLD_ONLY,
    "show": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "display": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "isvisible": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "index": no_number(flag_only(Audience.PUBLIC, Audience.UNINDEXED)),
    "indexed": flag_only(Audience.PUBLIC, Audience.UNINDEXED),
    "sitemapignore": flag_only(Audience.UNINDEXED),
    "excludefromsitemap": flag_only(Audience.UNINDEXED),
    "accesslevel": known_word, "permission": role, "permissions": role,
    "role": role, "roles": role,
    "classification": known_word, "contentstatus": known_word, "pagestatus": known_word,
    "articlestatus": known_word, "editorialstatus": known_word,
    "audience": known_word, "privacy": known_word, "state": known_word, "stage": known_word,
    "tier": known_word, "tiers": known_word, "plan": known_word, "acl": readers,
    "security": known_word, "securitylevel": known_word, "confidentiality": known_word,
    "sensitivity": known_word, "privacylevel": known_word, "restriction": known_word,
    "restrictions": known_word, "flag": known_word, "flags": known_word,
    "passcode": secret, "pwd": secret,
    "scheduled": _WITHHOLD_ONLY, "protect": barrier, "auth": barrier,
    "workinprogress": _WITHHOLD_ONLY, "requirelogin": _WITHHOLD_ONLY,
    "requireauth": _WITHHOLD_ONLY, "authenticated": barrier, "login": barrier,
    "authentication": barrier, "buildable": _NEEDED_ONLY, "approved": _NEEDED_ONLY,
    "ready": _NEEDED_ONLY, "hexohide": _UNLIST,
    "inlist": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "showinlist": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "showinlists": flag_only(Audience.PUBLIC, Audience.UNLISTED),
    "workflow": known_word, "workflowstate": word, "sharing": known_word, "scope": known_word,
}  # fmt: skip

# Restrictions that are honoured in a table too, where a writer of TOML puts them by mistake.
IN_TABLES = frozenset(
    "draft published private password unlisted robots noindex status visibility state access"
    " roles".split()
)


def as_bool(value: Any) -> bool | None:
    """Return yes or no as people write it in front matter; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and len(value) == 1:
        return as_bool(value[0])
    text = str(value).strip().strip("\"'.").casefold()
    return _ANSWERS.get(text)


# Parts that the names of fields are made of: `hide_post`, `patrons_only`, `required_roles`.
_TEXT = "(?:post|page|article|entry|content|note|doc|document|item|text)"
_PEOPLE = (
    "(?:members?|subscribers?|patrons?|patreon|supporters?|sponsors?|staff|friends?|team|admins?"
    "|editors?|users?|paid|premium|pro|vip|login|internal|private|registered|draft|preview|dev"
    "|local)"
)
_KEPT_BACK = (
    "(?:draft(?:ed)?|private|secret|confidential|internal|restricted|locked|gated|paywalled"
    "|premium|paid|protected|unpublished|embargo(?:ed)?|trashed|classified|withheld)"
)
_BARRIER = (
    "(?:log-?in|auth|authentication|membership|subscription|password|account|payment|sign-?in"
    "|registration)"
)
_WHOM = (
    "(?:users?|groups?|roles?|levels?|members?|tiers?|plans?|capabilit(?:y|ies)|readers?|viewers?)"
)
_MADE_NAMES: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        ("(?:meta|seo|yoast|wp)?(?:meta)?robots", robots),
        ("(?:meta|seo|yoast|search(?:engines?)?)(?:robots)?noindex",
         flag_only(Audience.UNINDEXED)),
        ("(?:hide|hidden|exclude|excluded)(?:from|in)?(?:all)?lists?", _UNLIST_ONLY),
        (f"(?:hide|skip|exclude|ignore|withhold)(?:this)?{_TEXT}", _WITHHOLD_ONLY),
        ("(?:hide|hidden)from(?:the)?(?:public|every(?:one|body)|all|visitors|readers|site|web)",
         _WITHHOLD_ONLY),
        ("(?:skip|no|exclude[ds]?(?:from)?|ignore[ds]?(?:in)?)(?:build|publish|publishing|render)",
         _WITHHOLD_ONLY),
        ("(?:is)?(?:not|non|never|dont|donot|un)(?:yet)?(?:for)?(?:the)?"
         "(?:published?|public|released?|publication|distribut(?:e|ion)|ready|approved|live)",
         _WITHHOLD_ONLY),
        (f"(?:for|is)?{_PEOPLE}only|only(?:for)?{_PEOPLE}|for(?:members|subscribers|patrons)",
         _WITHHOLD_ONLY),
        (f"(?:is|{_TEXT}|still|in|as|under|markas|markedas){_KEPT_BACK}"
         f"|{_KEPT_BACK}(?:{_TEXT}|mode|only|flag)", barrier),
        ("(?:is)?(?:published?|live|active|enabled|approved|free|released|publishable)",
         _NEEDED_ONLY),
        ("(?:enable|readytopublish|oktopublish|canpublish|export|generate)", _NEEDED_ONLY),
        (f"(?:requires?|required|needs?){_BARRIER}|{_BARRIER}(?:required|needed|protected)",
         barrier),
        (f"(?:allowed|allow|requires?|required|restrict(?:ed)?|authorized|permitted|access|visible"
         f"|viewable|readable|membership|subscription|member)(?:to|by|for)?{_WHOM}", readers),
        ("(?:visible|viewable|readable|restrict(?:ed)?|shown?)(?:only)?(?:to|by|for)|restrict",
         readers),
        ("(?:who)?can(?:read|view|see|access)|(?:read|view)(?:access|permissions?)", readers),
        (f"(?:{_TEXT}|read|view)?access(?:control)?", gate),
        (f"(?:{_TEXT}|site|the)?pass(?:word|wd|phrase|code)s?(?:hash|protect|protection)?", secret),
        (f"(?:publish(?:ed|ing)?|publication|{_TEXT}|wp|blog)(?:status|state|stage|phase)", word),
        ("draft(?:status|state)", barrier),
        ("(?:review|approval|moderation|workflow|release|editorial)(?:status|state|stage|phase)",
         known_word),
    )
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
