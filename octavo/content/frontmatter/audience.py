"""Which fields of front matter say who may read a text, by their names in any system.

What the value of each says is in `verdicts`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from octavo.content.frontmatter.verdicts import (
    Audience,
    Rule,
    Verdict,
    barrier,
    build_options,
    collections,
    drawing,
    flag,
    flag_only,
    gate,
    known_word,
    no_number,
    readers,
    robots,
    role,
    secret,
    sitemap,
    visible,
    word,
)

_WITHHOLD = flag(Audience.WITHHELD)
_WITHHOLD_ONLY = flag_only(Audience.WITHHELD)
_UNLIST = flag(Audience.UNLISTED)
_UNLIST_ONLY = flag_only(Audience.UNLISTED)
_UNINDEX_ONLY = flag_only(Audience.UNINDEXED)
_NEEDED = flag(Audience.PUBLIC, Audience.WITHHELD)
_NEEDED_ONLY = flag_only(Audience.PUBLIC, Audience.WITHHELD)
_LISTED_ONLY = flag_only(Audience.PUBLIC, Audience.UNLISTED)
_INDEXED_ONLY = flag_only(Audience.PUBLIC, Audience.UNINDEXED)

# Fields by the rule that reads them. Names are as `plain_name` writes them; those that are made of
# parts, such as `hide_post`, are in `_MADE_NAMES`.
_FIELDS: tuple[tuple[Rule, str], ...] = (
    # Yes keeps a text from readers, and so does what is neither yes nor no.
    (_WITHHOLD, """
        draft drafts isdraft saveasdraft private isprivate unpublished nopublish donotpublish
        passwordprotected emailonly membersonly memberonly subscribersonly sponsorsonly embargoed
        trashed entwurf brouillon borrador bozza rascunho черновик 草稿 下書き
    """),
    # Words that may mean something else too: only yes counts.
    (_WITHHOLD_ONLY, """
        deleted disable disabled drafted embargo exclude excluded expired headless ignore ignored
        incomplete inprogress inreview intrash offline omit omitted quarantine quarantined removed
        scheduled skip spam suppress suppressed trash unfinished unpublish wip withdrawn
        workinprogress authrequired loginrequired requireauth requirelogin requiresauth
        requireslogin privat privado 私密 非公开 非公開
    """),
    # Without a yes nobody reads the text.
    (_NEEDED, "dgpublish ispublic ispublished public publish"),
    # Only no counts; `published` is also a date, and `permalink` an address.
    (_NEEDED_ONLY, """
        active approved buildable enabled free live online output permalink published ready
        released render routable url 公开 公開 发布
    """),
    # At its address, and in no list.
    (_UNLIST, "hexohide hidden hidefromlist hidefromlists ishidden isunlisted unlisted"),
    (_UNLIST_ONLY, "delisted dghide hide 隐藏"),
    (flag(Audience.PUBLIC, Audience.UNLISTED), "listed"),
    (_LISTED_ONLY, "discoverable display inlist isvisible list show showinlist showinlists"),
    (visible, "visible"),
    (collections, "eleventyexcludefromcollections excludefromcollections"),
    # For readers, and not for search engines.
    (_UNINDEX_ONLY, "excludefromsitemap noindex sitemapexclude sitemapignore"),
    (_INDEXED_ONLY, "indexed"),
    (no_number(_INDEXED_ONLY), "index"),
    (sitemap, "sitemap"),
    (robots, "robots"),
    # A word of a workflow; an unknown one withholds the text.
    (word, """
        poststatus postvisibility publicationstatus publishstatus status statut visibility
        workflowstate workflowstatus wpstatus
    """),
    # Words that are also about something else: only those of workflows count.
    (known_word, """
        accesslevel approval articlestatus audience availability classification confidentiality
        contentstatus editorialstatus estado flag flags moderated moderation pagestatus phase plan
        privacy privacylevel publication restriction restrictions review reviewstatus rights scope
        security securitylevel sensitivity sharing stage state stato tier tiers workflow zustand
    """),
    # For some readers alone.
    (barrier, """
        auth authenticated authentication authorization classified confidential encrypt encrypted
        gate guard internal locked login middleware paid premium protect protected protection
        restricted secret
    """),
    (no_number(barrier), "member members membership patrons subscribers subscription vip"),
    (readers, "acl gated paywall paywalled"),
    (role, "permission permissions role roles"),
    (gate, "access"),
    (secret, "deletedat passcode passphrase password postpassword pwd trashedat"),
    # Of one system alone.
    (build_options, "build"),
    (drawing, "excalidrawplugin"),
)  # fmt: skip
RULES: dict[str, Rule] = {}
for _rule, _names in _FIELDS:
    RULES.update(dict.fromkeys(_names.split(), _rule))

# Restrictions that are honoured in a table too, where a writer of TOML puts them by mistake.
IN_TABLES = frozenset(
    "draft published private password unlisted robots noindex status visibility state access"
    " roles permalink".split()
)


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
        ("(?:meta|seo|yoast|search(?:engines?)?)(?:robots)?noindex", _UNINDEX_ONLY),
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
