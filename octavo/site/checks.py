"""What can be wrong with a text only among others: dead ends, doubles, names and dates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from urllib.parse import urlsplit

from octavo.content.errors import Mark, Problem, fault
from octavo.content.library import Edition, alias_key
from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.site.site import Site

Check = Callable[[Site, Edition], Iterator[Problem]]


def findings(site: Site) -> Iterator[Problem]:
    """Yield what is wrong with the texts that readers see now, from every check."""
    edition = site.edition()
    return chain.from_iterable(_guarded(check, site, edition) for check in CHECKS)


def _guarded(check: Check, site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield what a check finds; a fault of the program is told, and the other checks go on."""
    try:
        yield from check(site, edition)
    except Exception as error:
        yield fault(Mark(f"({check.__name__.replace('_', ' ')})"), error)


def dead_ends(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the links and pictures that lead nowhere."""
    found = site.dead_ends(edition)
    for post in _all(edition):
        try:
            yield from found.of(post)
        except Exception as error:
            yield fault(Mark(post.path), error)


def faults_of_rendering(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield what the program could not render, after `dead_ends` has rendered all."""
    yield from site.texts.faults.values()


def content_of_other_hosts(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the pictures and films of other hosts that readers see as links."""
    for post in _all(edition):
        for url in site.texts.post(edition, post).outside:
            host = urlsplit(url).netloc
            cause = f"A picture or film of {host} is shown as a link."
            cure = "Put it beside the article, or name the host in the setting `hosts`."
            yield Problem(Mark(post.path), cause, cure, "warning", kind=f"host {host}")


def aliases_without_effect(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield old addresses that do not lead to the text that names them."""
    book = site.book(edition)
    for post in _all(edition):
        own = site.addresses.post(post)
        for alias in post.aliases:
            path = alias_key(alias)
            query = alias.partition("#")[0].partition("?")[2]
            leads_to = book.at(path) if not query else None
            leads_to = leads_to or book.moved(path, query)
            if leads_to == own:
                continue
            cause = f"The old address `{alias}` of `aliases` leads nowhere."
            if leads_to is not None:
                cause = f"The old address `{alias}` of `aliases` leads to {leads_to} instead."
            cure = "Delete it here or there; an address leads to one text."
            yield Problem(Mark(post.path), cause, cure, "warning")


def unknown_related(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield what `related:` names and nobody can see."""
    for post in _all(edition):
        for name in post.related:
            if slugify(name) not in edition.by_slug:
                cause = f"`related` names `{name}`, and readers see no such article."
                cure = "Write the slug of an article, or delete it."
                yield Problem(Mark(post.path), cause, cure, "warning")


def authors_without_file(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield names that have no file in `_authors/`, on a site that has such files."""
    if not edition.library.authors:
        return
    for post in _all(edition):
        for author in edition.authors_of(post):
            if not author.path:
                cause = f"The author `{author.name}` has no file in _authors/."
                cure = f"Write _authors/{author.slug}.md, or mend the name."
                yield Problem(Mark(post.path), cause, cure, "warning", kind=f"author {author.slug}")


def avatars_without_file(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield pictures of authors that are not there."""
    for author in edition.library.authors.values():
        is_file = author.avatar and "://" not in author.avatar
        if is_file and site.picture(author.path, author.avatar) is None:
            cause = f"The picture `{author.avatar}` of `avatar` is not there, or cannot be read."
            cure = "Put it beside this file, or mend the path."
            yield Problem(Mark(author.path), cause, cure, "warning")


def updates_to_come(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield texts that readers see now, and that say they will be updated later."""
    now = datetime.fromtimestamp(site.clock(), UTC)
    for post in _all(edition):
        if post.updated is not None and post.updated > now:
            cause = f"`updated` ({post.updated:%Y-%m-%d}) is still to come."
            cure = "Write when the text was changed last."
            yield Problem(Mark(post.path), cause, cure, "warning", kind="updated to come")


def twins(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield articles that have the title and the date of another one."""
    first: dict[tuple[str, datetime], Post] = {}
    for post in sorted(edition.posts, key=lambda post: post.path):
        if post.published is None:
            continue
        other = first.setdefault((post.title, post.published), post)
        if other is not post:
            cause = f"The article has the title and the date of {other.path}."
            cure = "Delete one of them, if it is a copy."
            yield Problem(Mark(post.path), cause, cure, "warning", kind="twin")


def _all(edition: Edition) -> Iterator[Post]:
    return chain(edition.posts, edition.unlisted, edition.pages.values())


def redirect_rules(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the lines of `_redirects` that are no rules."""
    yield from site.redirects.problems


CHECKS: tuple[Check, ...] = (
    dead_ends,
    faults_of_rendering,
    content_of_other_hosts,
    redirect_rules,
    aliases_without_effect,
    unknown_related,
    authors_without_file,
    avatars_without_file,
    updates_to_come,
    twins,
)
