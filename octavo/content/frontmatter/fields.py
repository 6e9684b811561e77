"""The fields of front matter: their names here and in other systems, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

from rapidfuzz.distance import OSA

from octavo.content.errors import Mark, Problem, fault
from octavo.content.frontmatter import values
from octavo.content.frontmatter.audience import IN_TABLES, restriction, rule_of
from octavo.content.frontmatter.dates import date_in_path, is_ambiguous
from octavo.content.frontmatter.fences import plain_name, visible_text
from octavo.content.frontmatter.head import Head
from octavo.content.frontmatter.values import FieldError, is_absent, to_plain
from octavo.content.frontmatter.verdicts import Audience, Verdict, as_bool
from octavo.content.slugs import slugify


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the key of its value, the function that reads it, and its spellings.

    Case, hyphens and underscores do not count. Where a file has several spellings of one field, the
    first in the row wins.
    """

    name: str
    read: Callable[[Any, tzinfo], Any]
    spellings: tuple[str, ...]


def _field(name: str, read: Callable[[Any, tzinfo], Any], spellings: str) -> Field:
    return Field(name, read, tuple(spellings.split()))


# The spellings of Hugo, Jekyll, Eleventy, Astro, Zola, Pelican, Grav, Nikola, Quarto and Ghost
# exports. What keeps a text from the public stands in `audience`.
FIELDS = (
    _field("title", values.title, "title"),
    _field(
        "date",
        values.moment,
        "embargo embargo_until embargoed_until embargo_date under_embargo_until embargo_ends"
        " private_until hidden_until hide_until draft_until scheduled scheduled_at scheduled_for"
        " scheduled_date schedule_date scheduled_publish_date scheduled_publish publish_date"
        " published_at published publish_on publish_at publish_time publish_start published_from"
        " published_time published_on published_date publish_after publish_from date_published"
        " publication_date publication_time publishing_date available_from go_live go_live_at"
        " go_live_date live_date visible_from visible_after show_from show_after"
        " display_from not_before public_on public_from public_at public_after scheduled_on"
        " schedule_at schedule_on schedule_for live_at live_on live_from release_at release_on"
        " available_on available_at available_after visible_on show_on active_from valid_from"
        " unlock_at unlock_date publish_up pub_date post_date date created_at created date_created",
    ),
    _field(
        "updated",
        values.moment,
        "updated lastmod updated_at updated_date last_modified_at last_modified modified"
        " date_updated date_modified last_updated updated_on modified_at modified_date",
    ),
    _field(
        "expires",
        values.moment,
        "expires expiry_date expiry unpublish_date expiration_date expires_at expires_on"
        " expiration unpublish_at unpublish_on expire expire_date valid_until visible_until"
        " publish_until published_until publish_end show_until display_until hide_after expired_at"
        " expire_at expires_after remove_on remove_at delete_on unpublished_at"
        " valid_to valid_till active_until available_until available_to display_to show_to"
        " publish_down public_until live_until",
    ),
    _field("slug", values.text, "slug"),
    _field("permalink", values.permalink, "permalink url path"),
    _field(
        "summary",
        values.summary,
        "summary excerpt custom_excerpt description abstract dek meta_description",
    ),
    _field("category", values.names, "category categories section"),
    _field("tags", values.names, "tags tag keywords"),
    _field("authors", values.author_names, "authors author byline creator"),
    _field(
        "image",
        values.image,
        "image feature_image featured_image cover cover_image hero hero_image banner thumbnail"
        " images og_image social_image preview_image",
    ),
    _field(
        "image_alt",
        values.text,
        "image_alt feature_image_alt cover_alt hero_alt hero_image_alt thumbnail_alt",
    ),
    _field(
        "image_caption",
        values.text,
        "image_caption feature_image_caption cover_caption hero_caption",
    ),
    _field("image_credit", values.text, "image_credit feature_image_credit cover_credit"),
    _field("featured", values.yes_or_no, "featured pinned pin sticky"),
    _field("aliases", values.paths, "aliases alias redirect_from redirects"),
    _field("related", values.paths, "related"),
    _field("related_exclude", values.paths, "related_exclude"),
    _field("canonical", values.web_address, "canonical canonical_url rel_canonical"),
    _field("noindex", values.yes_or_no, "noindex"),
    _field("lang", values.language, "lang language locale"),
)
AUTHOR_FIELDS = (
    _field("name", values.text, "name title full_name display_name"),
    _field("role", values.text, "role job_title job position tagline"),
    _field("avatar", values.text, "avatar image picture photo profile_image profile_picture"),
    _field("bio", values.text, "bio about description summary"),
    _field("type", values.text, "type kind"),
)
# Fields that other systems act on and this one need not: no warning, and templates find them under
# `extra`.
FOREIGN = frozenset(
    """
    layout template type kind id uuid guid weight order position markup
    linktitle menu menus outputs cascade params extra taxonomies series toc seriesorder seriesindex
    seriesweight math comments comment
    commentid metatitle ogtitle ogdescription twittertitle twitterdescription twitterimage
    eleventynavigation eleventycomputed pagination aside sidebar sidebarposition sidebarlabel
    lastupdate customediturl displayedsidebar paginationlabel paginationnext paginationprev
    sidebarclassname sidebarcustomprops hidefromsidebar haschildren grandparent navexclude
    searchexclude redirectto iscjklanguage resources slides hidetitle hidetableofcontents navorder
    parent nav excerptseparator codeinjectionhead codeinjectionfoot customtemplate newsletter views
    mathjax katex highlight share socialshare showtoc readtime readingtime github feed head prev
    next outline subtitle source license icon search hide tocdepth engine format output execute
    bibliography csl jupyter link hasmath translationkey editor listing metadata process seo
    """.split()
)
FOREIGN_TO_AUTHORS = frozenset(
    """
    slug id uuid url website link links email mail social socials twitter mastodon github gitlab
    linkedin facebook instagram bluesky youtube threads orcid sameas location company organization
    pronouns layout permalink weight order date cover coverimage metatitle metadescription
    """.split()
)

# Tables of other systems whose entries are fields here: Material for MkDocs, Docusaurus, Zola.
_TABLES: Mapping[str, Mapping[str, str]] = {
    "date": {"created": "created", "updated": "updated"},
    "lastupdate": {"date": "lastupdated"},
    "taxonomies": {"tags": "tags", "categories": "categories", "authors": "authors"},
}
# Tables that may hold a restriction: of templates, and those of Grav and others for search engines.
_TABLES_FOR_ALL = frozenset(
    "extra params taxonomies metadata seo meta data options flags settings publishing publication"
    " post page header advanced cms wordpress wp ghost jekyll hugo eleventy astro statamic"
    " pelican eleventycomputed".split()
)
# Of these only known words count in a table: `data: {status: 200}` is about something else.
_OF_MUCH_IN_TABLES = frozenset(("status", "visibility", "access"))
_DATES = frozenset(("date", "updated", "expires"))
_NAMED = frozenset(("category", "tags", "authors"))
_DOUBTED = _DATES | _NAMED
# Without these a text would be public at a wrong time or place; it can do without all others.
_DECIDING = frozenset(("date", "expires", "noindex", "slug"))


class Vocabulary:
    """The fields of a kind of file, by each of their spellings as `plain_name` writes them."""

    def __init__(self, fields: Sequence[Field], foreign: frozenset[str]) -> None:
        self._foreign = foreign
        self._ranked: dict[str, tuple[int, Field]] = {}
        self._written: dict[str, str] = {}
        for one in fields:
            for rank, spelling in enumerate(one.spellings):
                self._ranked[plain_name(spelling)] = (rank, one)
                self._written[plain_name(spelling)] = spelling

    def find(self, plain: str) -> tuple[int, Field] | None:
        """Return a spelling's rank and its field, or None; of two ranks the lower one wins."""
        return self._ranked.get(plain)

    def is_foreign(self, plain: str) -> bool:
        """Whether the name is a field of another system, or one that restricts who may read."""
        return plain in self._foreign or rule_of(plain) is not None

    def guess(self, plain: str, present: set[str]) -> str:
        """Return the spelling that is one letter away, of a field not in `present`; else ''."""
        if len(plain) < MIN_GUESSED or not plain.isalpha():
            return ""
        for spelling, (_, one) in self._ranked.items():
            near = OSA.distance(plain, spelling, score_cutoff=1) <= 1
            if near and one.name not in present and plain.rstrip("s") != spelling.rstrip("s"):
                return self._written[spelling]
        return ""


# A guess for a shorter name would mostly be wrong; letters.
MIN_GUESSED = 5

OF_POSTS = Vocabulary(FIELDS, FOREIGN)
OF_AUTHORS = Vocabulary(AUTHOR_FIELDS, FOREIGN_TO_AUTHORS)


@dataclass(slots=True)
class Fields:
    """A file's front matter: typed `values` by field name, the rest as `extra`, and problems."""

    values: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    audience: Audience = Audience.PUBLIC


class _Written(NamedTuple):
    """One field as it stands in a file; `table` is the field that it stands in, if any."""

    name: str
    plain: str
    value: Any
    table: str = ""


def read_fields(head: Head, path: str, zone: tzinfo, words: Vocabulary = OF_POSTS) -> Fields:
    """Return the typed fields of a front matter.

    Wrong values are all reported at once, with their place: as errors, or as warnings where the
    text can do without them.
    """
    reader = _Reader(head, path, zone, words)
    for written in reader.all_written():
        reader.take(written)
    reader.finish()
    return reader.result


class _Reader:
    """One front matter while it is read."""

    def __init__(self, head: Head, path: str, zone: tzinfo, words: Vocabulary) -> None:
        self.head = head
        self.path = path
        self.zone = zone
        self.words = words
        self.result = Fields()
        self._chosen: dict[str, tuple[int, Field, _Written]] = {}
        self._unknown: list[_Written] = []

    def all_written(self) -> Iterator[_Written]:
        """Yield all fields of the file, also those inside tables that are known."""
        for name, value in self.head.fields.items():
            plain, invisible = _known_name(name)
            if invisible:
                self._refuse_invisible(name)
            table = _TABLES.get(plain)
            if table is None or not isinstance(value, dict):
                yield _Written(name, plain, value)
                continue
            if plain != "date":
                self.result.extra[name] = to_plain(value)
            for inner, spelling in table.items():
                if inner in value:
                    yield _Written(inner, spelling, value[inner], name)

    def take(self, written: _Written) -> None:
        """Note what a field says about who may read, and which known field it spells."""
        restricts = rule_of(written.plain) is not None
        if (restricts or written.plain in _TABLES_FOR_ALL) and not is_absent(written.value):
            self._restrict(written)
        found = self.words.find(written.plain)
        if found is None or (restricts and as_bool(written.value) is not None):
            self._keep(written)
            return
        rank, one = found
        best = self._chosen.get(one.name)
        if _says_nothing(one, written.value) or (best is not None and best[0] <= rank):
            return
        self._chosen[one.name] = (rank, one, written)

    def finish(self) -> None:
        """Read the values of the fields that were chosen, and warn of unknown fields."""
        for _, one, written in self._chosen.values():
            self._read(one, written)
        for written in self._unknown:
            self._tell_unknown(written)

    def _mark(self, written: _Written) -> Mark:
        return self.head.mark(self.path, written.name, otherwise=written.table)

    def _refuse_invisible(self, name: str) -> None:
        shown = _short(visible_text(name).strip())
        cause = f"The name of the field `{shown}` holds a blank or invisible character."
        mark = self.head.mark(self.path, name)
        self._error(mark, cause, f"Write `{shown}` anew, with letters alone.")

    def _restrict(self, written: _Written) -> None:
        self._apply(restriction(written.plain, written.value), written)
        if written.plain not in _TABLES_FOR_ALL or not isinstance(written.value, dict):
            return
        for name, value in written.value.items():
            self._restrict_in_table(str(name), value, written)

    def _apply(self, verdict: Verdict | None, written: _Written) -> None:
        if verdict is None:
            return
        self.result.audience = max(self.result.audience, verdict.audience)
        if verdict.doubt:
            cause = f"`{_short(written.name)}`: {verdict.doubt}, so that nobody is shown the text."
            self._error(self._mark(written), cause, "Write `draft: true`, or delete the field.")

    def _restrict_in_table(self, name: str, value: Any, written: _Written) -> None:
        plain = plain_name(name)
        if plain not in IN_TABLES or is_absent(value):
            return
        verdict = restriction(plain, value)
        if verdict is None or verdict.audience == Audience.PUBLIC:
            return
        if verdict.doubt and plain in _OF_MUCH_IN_TABLES:
            return
        self.result.audience = max(self.result.audience, verdict.audience)
        if verdict.audience > Audience.UNINDEXED:
            cause = (
                f"`{name}` stands in the table `{written.name}`, so that nobody is shown the text."
            )
            self._error(self._mark(written), cause, "Move it to the top of the front matter.")

    def _keep(self, written: _Written) -> None:
        value = to_plain(written.value)
        extra = self.result.extra
        if written.plain in ("extra", "params") and isinstance(value, dict):
            extra.update({name: one for name, one in value.items() if name not in extra})
            return
        if written.plain not in _OURS_ALONE:
            extra[written.name] = value
        if not self.words.is_foreign(written.plain):
            self._unknown.append(written)

    def _tell_unknown(self, written: _Written) -> None:
        if self._resembles_restriction(written):
            return
        cure = "It stays readable to templates under `extra`."
        guess = self.words.guess(written.plain, set(self._chosen))
        if guess:
            cure = f"Did you mean `{guess}`?"
        cause = f"The field `{_short(written.name)}` is not known."
        kind = f"{UNKNOWN_FIELD} {_short(written.plain)}"
        self.result.problems.append(Problem(self._mark(written), cause, cure, "warning", kind))

    def _resembles_restriction(self, written: _Written) -> bool:
        """Withhold a text for a misspelled `darft: true`; return whether this field is one."""
        if len(written.plain) < _LEAST_MISTYPED or is_absent(written.value):
            return False
        if written.plain in _OTHER_WORDS:
            return False
        for name in _NEVER_MISTYPED:
            if OSA.distance(written.plain, name, score_cutoff=1) > 1:
                continue
            verdict = restriction(name, written.value)
            if verdict is None or verdict.doubt or verdict.audience == Audience.PUBLIC:
                continue
            self.result.audience = max(self.result.audience, verdict.audience)
            cause = f"The field `{_short(written.name)}` is not known, and is taken for `{name}`."
            self._error(self._mark(written), cause, f"Did you mean `{name}`?")
            return True
        return False

    def _read(self, one: Field, written: _Written) -> None:
        value = written.value
        if written.name in _LISTS_OF_JEKYLL and self._has_words_of_jekyll(value):
            value = value.split()
        try:
            self.result.values[one.name] = one.read(value, self.zone)
        except FieldError as error:
            self.result.problems.append(self._explained(one, written, error))
        except Exception as error:
            self.result.problems.append(fault(self._mark(written), error))
        else:
            if one.name in _DOUBTED:
                self._doubt(one, written)

    def _explained(self, one: Field, written: _Written, error: FieldError) -> Problem:
        cause = f"`{_short(written.name)}`: {error}."
        severity = error.severity
        if one.name == "date" and date_in_path(self.path, self.zone) is not None:
            severity = "warning"
            cause = f"`{_short(written.name)}`: {error}; the date in the file's name stands."
        elif severity == "error" and (one.name not in _DECIDING or self.words is OF_AUTHORS):
            severity = "warning"
            cause = f"`{_short(written.name)}`: {error}, and is ignored."
        return Problem(self._mark(written), cause, error.cure, severity)

    def _doubt(self, one: Field, written: _Written) -> None:
        """Warn of a value that could be read, but perhaps not as it was meant."""
        value = self.result.values[one.name]
        if one.name in _DATES and is_ambiguous(written.value):
            day = value.astimezone(self.zone)
            cause = f"`{_short(written.name)}`: {str(written.value)!r} is read as {day:%d %B %Y}."
            cure = f"Write {day:%Y-%m-%d}, which everybody reads alike."
            self.result.problems.append(Problem(self._mark(written), cause, cure, "warning"))
        if one.name in _NAMED:
            self._tell_nameless(one, written)

    def _tell_nameless(self, one: Field, written: _Written) -> None:
        """Warn of names without letters and digits: no address can be made of them."""
        kind = one.name.removesuffix("s")
        for name in self.result.values[one.name]:
            if not slugify(name):
                cause = (
                    f"The {kind} `{name}` is left out: it has neither letter nor digit, "
                    "and so no page of its own."
                )
                problem = Problem(self._mark(written), cause, "Add a word to it.", "warning")
                self.result.problems.append(problem)

    def _has_words_of_jekyll(self, value: Any) -> bool:
        """Whether the value is a list of names, separated by spaces, in a post of Jekyll.

        https://jekyllrb.com/docs/posts/#tags-and-categories
        """
        if not isinstance(value, str) or "layout" not in self.head.fields:
            return False
        return _JEKYLL.search(self.path) is not None and not set(value) & set(",;")

    def _error(self, mark: Mark, cause: str, cure: str) -> None:
        self.result.problems.append(Problem(mark, cause, cure))


# The kind of the problems that tell of unknown fields, before the field's name.
UNKNOWN_FIELD = "unknown field"
# Templates do not get fields that only say whether a text is public.
_OURS_ALONE = frozenset("draft noindex status published password postpassword permalink".split())
# One letter away from those below, and words of their own.
_OTHER_WORDS = frozenset(
    "craft drift graft kraft raft statue states stats privacy publisher publishes".split()
)
# A letter less than the shortest of these has.
_LEAST_MISTYPED = 4
_NEVER_MISTYPED = (
    "draft",
    "private",
    "hidden",
    "unlisted",
    "published",
    "publish",
    "status",
    "visibility",
    "password",
)
_LISTS_OF_JEKYLL = frozenset(("tags", "categories"))
_JEKYLL = re.compile(r"(?:^|/)\d{4}-\d\d?-\d\d?-[^/]+$")
# Dates that stand for none: Hugo's zero time, words that Eleventy and Quarto replace by what they
# know of the file, and code of R Markdown.
_NO_DATE = re.compile(
    r"0001-01-01.*|(?:git )?(?:created|last[ -]modified)|today|now|never|`r .*", re.IGNORECASE
)


def _says_nothing(one: Field, value: Any) -> bool:
    if one.name in _DATES and _NO_DATE.fullmatch(str(value)):
        return one.name == "expires" or str(value).casefold() != "never"
    return is_absent(value)


@lru_cache(maxsize=4096)
def _known_name(name: str) -> tuple[str, bool]:
    """Return a field's name as `plain_name` writes it, and whether it has invisible characters."""
    return plain_name(name), visible_text(name).strip() != name


def _short(name: str) -> str:
    """Return a name cut for messages: one of 18F's sites has a field of 300 characters."""
    shown = values.one_line(name)
    return shown if len(shown) <= MAX_NAME_CHARACTERS else f"{shown[: MAX_NAME_CHARACTERS - 1]}…"


# Characters of a field's name that a message shows.
MAX_NAME_CHARACTERS = 50

# The spellings of each field, as names are compared.
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    one.name: tuple(map(plain_name, one.spellings)) for one in FIELDS
}
