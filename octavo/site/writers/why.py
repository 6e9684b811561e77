"""Why a text is shown or not, told to its writer in plain words on one screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from octavo.content.errors import Problem
from octavo.content.files.walk import MARKDOWN, is_content, is_section
from octavo.content.posts import Author, Post
from octavo.content.slugs import slugify
from octavo.content.urls import parts_of
from octavo.site.addresses.redirect_rules import NAME as REDIRECTS
from octavo.site.site import Site
from octavo.site.writers.finding import path_of
from octavo.site.writers.standing import (
    Standing,
    format_moment,
    limiting_files,
    restricting_fields,
    standings,
)

# Facts that change while nobody saves: by the clock, by the indexer, by what readers open.
PASSING_FACTS = ("Date", "Expires", "Index", "Cached")


@dataclass(slots=True)
class Explanation:
    """What is known of one text: the verdict, the facts by name, and what to do."""

    verdict: str
    state: str = "missing"
    path: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    cure: str = ""

    def lines(self, passing: Callable[[str], str] = str) -> Iterator[str]:
        """Yield the verdict, one line for each fact, and what to do.

        `passing` marks the lines of PASSING_FACTS.
        """
        yield self.verdict
        width = max(map(len, self.facts), default=0) + 1
        for name, fact in self.facts.items():
            line = f"  {name + ':':<{width}} {fact}"
            yield passing(line) if name in PASSING_FACTS else line
        if self.cure:
            yield f"To do: {self.cure}"


def explain(site: Site, asked: str, cached: Callable[[Site, Post], str]) -> Explanation:
    """Return why the text that `asked` means (a path, a slug, an address) is shown or not.

    `cached` tells which pages in memory show a text.
    """
    path = path_of(site, asked)
    if not path:
        return _nothing(site, asked)
    found = next((one for one in standings(site) if one.path == path), None)
    if found is None:
        return _left_out(site, path)
    explanation = Explanation("", found.state, path)
    explanation.verdict = _verdict(site, found)
    explanation.cure = _cure(site, found)
    explanation.facts = dict(_facts(site, found))
    if found.post is not None:
        explanation.facts["Cached"] = cached(site, found.post)
    return explanation


def _verdict(site: Site, found: Standing) -> str:
    post = found.post
    name = site.settings.posts_dir + "/" + found.path
    if post is None or found.state in ("broken", "copy"):
        return f"{name} is not shown as it is. {found.why}"
    address = site.addresses.absolute(site.addresses.post(post))
    page = _page_in_front(site, post)
    if page:
        return f"{name} is not shown: {page} has its address {address}."
    if found.state == "live":
        return f"{name} is live at {address}"
    if found.state == "unlisted":
        return f"{name} is live at {address} and in no list. {found.why}"
    words = {"draft": "is withheld", "scheduled": "is not live yet", "expired": "is over"}
    return f"{name} {words[found.state]}. {found.why}"


def _page_in_front(site: Site, post: Post) -> str:
    """Return the path of the page that has an article's address, or ''."""
    if post.kind == "page" or site.addresses.permalink is None:
        return ""
    page = site.edition().pages.get(site.addresses.post(post).strip("/"))
    return page.path if page is not None else ""


def _cure(site: Site, found: Standing) -> str:
    post = found.post
    if found.state in ("broken", "copy"):
        return _worst(site, found.path)[0].cure
    assert post is not None
    if _page_in_front(site, post):
        return "Give one of them another `slug:`."
    limiting = limiting_files(site, post)
    if limiting and found.state in ("draft", "unlisted"):
        return f"Change it in {limiting[0]}, or move the text to another folder."
    if found.state == "draft":
        if restricting_fields(site, post):
            return f"`flask posts publish {post.slug}`, or mend these lines."
        return "Give it a front matter with a title, and a text."
    if found.state == "scheduled":
        return f"Wait, or `flask posts publish {post.slug} --now`."
    if found.state == "expired":
        dates = (post.published, post.expires)
        if dates[0] is not None and dates[1] is not None and dates[1] <= dates[0]:
            return "`expires` is before the date, so that nobody ever sees it: mend one."
        return "Delete `expires`, or write a later one."
    if found.state == "unlisted":
        return "Delete that line, if lists are to show it."
    return ""


def _worst(site: Site, path: str) -> list[Problem]:
    """Return the problems of a file: what keeps it from readers first, then what is mended."""
    found = [problem for problem in site.library.problems if problem.mark.path == path]
    return sorted(found, key=lambda one: (one.severity != "error", one.kind != "copy"))


def _facts(site: Site, found: Standing) -> Iterator[tuple[str, str]]:
    yield "File", _file(site, found)
    problems = _worst(site, found.path)
    yield "Front matter", _front_matter(found, problems)
    post = found.post
    if post is None:
        return
    if post.published is not None:
        yield "Date", _date(site, post.published)
    elif post.kind == "post":
        yield "Date", "none; it stands behind all dated articles, and in no feed that has others"
    if post.expires is not None:
        yield "Expires", _date(site, post.expires)
    yield "Slug", _slug(site, post, problems)
    if post.kind == "post":
        yield "Index", _index(site, post)
    yield "Lists", _lists(site, post)


def _file(site: Site, found: Standing) -> str:
    file = site.posts_dir / found.path
    try:
        status = file.stat()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    saved = datetime.fromtimestamp(status.st_mtime, UTC)
    if found.state == "broken":
        return f"{status.st_size:,} bytes, saved {format_moment(site, saved)}"
    return f"read, {status.st_size:,} bytes, saved {format_moment(site, saved)}"


def _front_matter(found: Standing, problems: list[Problem]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        return f"not usable; {problems[0]}"
    if problems:
        return f"read; {problems[0]}"
    if found.state == "copy":
        return "not looked at"
    return "read, nothing wrong with it"


def _date(site: Site, moment: datetime) -> str:
    now = datetime.fromtimestamp(site.clock(), UTC)
    days = (moment - now).total_seconds() / 86_400
    shown = format_moment(site, moment)
    if days <= 0:
        return f"{shown}, which has passed"
    if days < 1:
        return f"{shown}, in {days * 24:.1f} hours"
    return f"{shown}, in {days:.1f} days"


def _slug(site: Site, post: Post, problems: list[Problem]) -> str:
    moved = next((problem for problem in problems if problem.kind == "repeated name"), None)
    if moved is not None:
        return f"{post.slug}; {moved.cause}"
    holder = site.library.by_slug.get(post.slug)
    if post.kind == "post" and holder is not None and holder is not post:
        return f"{post.slug}, which is that of {holder.path}"
    return f"{post.slug}, which is its own"


def _index(site: Site, post: Post) -> str:
    state = site.index.status().state
    if state != "ready":
        return f"the search index is not ready ({state}); a running site builds it"
    found = site.index.verify()
    if post.path in found.missing:
        return "search does not know it yet; a running site adds it, or `flask index build`"
    if post.path in found.stale:
        return "search has an older version; a running site renews it, or `flask index build`"
    return "search has this version"


def _lists(site: Site, post: Post) -> str:
    edition = site.edition()
    if post.kind == "page":
        return "none: pages are in no list"
    if not edition.lists(post.slug) or edition.by_slug.get(post.slug) is not post:
        return "none"
    place = edition.posts.index(post) + 1
    pages = [f"/articles/ (place {place:,} of {len(edition.posts):,})"]
    if post.category:
        pages.append(site.addresses.term("category", slugify(post.category)))
    pages.extend(site.addresses.term("tag", slugify(tag)) for tag in post.tags)
    pages.extend(site.addresses.term("author", one.slug) for one in edition.authors_of(post))
    if post.published is not None:
        year = post.published.astimezone(site.settings.zone).year
        pages.append(site.addresses.year(year))
    return ", ".join(pages)


def _left_out(site: Site, path: str) -> Explanation:
    """Return why a file is no text of the site."""
    name = f"{site.settings.posts_dir}/{path}"
    explanation = Explanation("", "left out", path)
    author = next((one for one in site.library.authors.values() if one.path == path), None)
    problem = next((one for one in site.library.problems if one.mark.path == path), None)
    hidden = next((part for part in path.split("/") if part[0] in "_."), "")
    if author is not None:
        explanation.state = "author"
        explanation.verdict, explanation.cure = _byline(site, name, author)
    elif os.path.islink(site.posts_dir / path) and not (site.posts_dir / path).exists():
        explanation.verdict = f"{name} is a link that leads nowhere."
        explanation.cure = "Put the file in its place."
    elif hidden and not is_section(path):
        explanation.verdict = f"{name} is not looked at: `{hidden}` begins with `{hidden[0]}`."
        explanation.cure = "Rename it, if readers are to see it."
    elif problem is not None:
        explanation.verdict = f"{name} is not shown. {problem.cause}"
        explanation.cure = problem.cure
    elif (site.posts_dir / path).is_dir():
        explanation.verdict = f"{name} is a folder without an index.md: it only groups texts."
        explanation.cure = "Name one of its files."
    elif not path.lower().endswith(MARKDOWN):
        explanation.verdict = f"{name} is no Markdown file, and so no article."
        explanation.cure = "Save the text as Markdown (.md)."
    elif not is_content(path):
        explanation.verdict = f"{name} lies in a folder of a tool, which is not looked at."
        explanation.cure = "Move it out of there."
    else:
        explanation.verdict = (
            f"{name} is there, but has not been read yet: it may be in the middle of a save."
        )
        explanation.cure = "Ask again in a moment."
    return explanation


def _byline(site: Site, name: str, author: Author) -> tuple[str, str]:
    page = site.addresses.absolute(site.addresses.term("author", author.slug))
    if author.slug in site.edition().authors:
        return f"{name} is the byline of {author.name}, shown at {page}", ""
    return f"{name} is the byline of {author.name}, who has signed no article.", "Sign one."


def _nothing(site: Site, asked: str) -> Explanation:
    """Return what is known of an address or name that no file has."""
    explanation = Explanation(f"There is no text `{asked}`.")
    parts = parts_of(asked)
    resolver = site.resolver(site.edition())
    path = parts.path or asked
    if not path.startswith("/"):
        path = f"/articles/{path.strip('/')}/"
    at = resolver.at(path)
    if at is not None:
        explanation.state = "page"
        explanation.verdict = f"{at} is a page that the site makes itself; no file is its text."
        return explanation
    rule = None
    if not resolver.by_alias(path, parts.query):
        rule = site.redirects.move(
            path, parts.query, lambda at: resolver.at(at) or resolver.by_alias(at)
        )
    moved = resolver.by_old_address(path, parts.query)
    if rule is None and moved is not None:
        explanation.state = "moved"
        explanation.verdict = f"{path} is an old address, and leads to {moved}."
        return explanation
    if rule is not None:
        explanation.state = "moved"
        explanation.verdict = f"A rule of `{REDIRECTS}` leads {path} to {rule.target}."
        if not rule.target:
            explanation.verdict = f"A rule of `{REDIRECTS}` ends {path} with {rule.status}."
        return explanation
    if site.is_removed(path):
        explanation.state = "removed"
        explanation.verdict = f"The article at {path} was deleted; readers are told so (410)."
        explanation.cure = "Put its file back, or lead its address on in the file `_redirects`."
        return explanation
    near = next(iter(site.edition().near(path.strip("/").rpartition("/")[2])), None)
    explanation.cure = "Look whether the file is saved, and where: `flask posts list` tells all."
    if near is not None:
        explanation.cure = f"Did you mean `{near.slug}` ({near.path})?"
    return explanation
