"""The checks of `flask check` that need all texts: dead links, duplicates, unknown names, dates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain

from octavo.content.errors import ContentError, Mark, Problem, fault
from octavo.content.files.reading import decode
from octavo.content.frontmatter.head import split
from octavo.content.library.library import Edition
from octavo.content.library.link_names import alias_key
from octavo.content.posts import Post, newest_first
from octavo.content.slugs import slugify
from octavo.content.urls import parts_of
from octavo.site.site import Site
from octavo.site.writers import manners
from octavo.site.writers.naming import name_in

Check = Callable[[Site, Edition], Iterator[Problem]]
CheckOfText = Callable[[Site, Edition, Post], Iterator[Problem]]
# Hears how many texts have been looked at, and how many there are.
Tell = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Show no progress."""


def findings(site: Site, tell: Tell = silent) -> Iterator[Problem]:
    """Yield the problems that all checks find in the texts that readers see now.

    `tell(done, total)` is called with the number of texts that have been looked at.
    """
    edition = site.edition()
    yield from _of_texts(site, edition, tell)
    for check in CHECKS:
        yield from _guarded(check, site, edition)


def _of_texts(site: Site, edition: Edition, tell: Tell) -> Iterator[Problem]:
    """Yield what is found in each text; all are rendered for it, and more than memory keeps."""
    dead_links = site.dead_links(edition)

    def links(site: Site, edition: Edition, post: Post) -> Iterable[Problem]:
        return dead_links.of(post)

    posts = list(_all(edition))
    for done, post in enumerate(posts):
        tell(done, len(posts))
        for check in (links, *CHECKS_OF_TEXTS):
            try:
                yield from check(site, edition, post)
            except Exception as error:
                yield fault(Mark(post.path), error)


def _guarded(check: Check, site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield what a check finds; a fault of the program in it is a problem too."""
    try:
        yield from check(site, edition)
    except Exception as error:
        yield fault(Mark(f"({check.__name__.replace('_', ' ')})"), error)


def faults_of_rendering(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the problem of each text whose rendering failed, of those rendered until now."""
    yield from site.texts.faults.values()


def content_of_other_hosts(site: Site, edition: Edition, post: Post) -> Iterator[Problem]:
    """Yield a problem for each picture or film of another host that readers are not shown."""
    image = site.addresses.own(post.image.path) if post.image is not None else ""
    if "://" in image and not site.may_show(image):
        host = parts_of(image).netloc
        cause = f"The picture of `image` is on {host}, and is not shown."
        cure = "Put it beside the article, or name the host in the setting `hosts`."
        mark = _place_of(site, post, "image")
        yield Problem(mark, cause, cure, "warning", kind=f"image {host}")
    for url in site.texts.post(edition, post).outside:
        host = parts_of(url).netloc
        cause = f"A picture or film of {host} is shown as a link."
        cure = "Put it beside the article, or name the host in the setting `hosts`."
        yield Problem(Mark(post.path), cause, cure, "warning", kind=f"host {host}")


def _place_of(site: Site, post: Post, field: str) -> Mark:
    """Return where a field stands in a text's file; the file alone where it cannot be told."""
    with suppress(OSError, ContentError):
        text = decode(site.folders.posts.file(post.path).read_bytes(), post.path)
        head = split(text, post.path)
        name = name_in(head.fields, field)
        if name in head.fields:
            return head.mark(post.path, name)
    return Mark(post.path)


def aliases_without_effect(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the old addresses that do not lead to the text whose `aliases` name them."""
    resolver = site.resolver(edition)
    paths = {site.addresses.post(post): post.path for post in _all(edition)}
    for post in _all(edition):
        own = site.addresses.post(post)
        for alias in post.aliases:
            path = alias_key(alias)
            query = alias.partition("#")[0].partition("?")[2]
            leads_to = resolver.at(path) if not query else None
            leads_to = leads_to or resolver.by_old_address(path, query)
            if leads_to == own:
                continue
            cause = f"The old address `{alias}` of `aliases` leads nowhere."
            if leads_to is not None:
                target = paths.get(leads_to, leads_to)
                cause = f"The old address `{alias}` of `aliases` leads to {target} instead."
            cure = "Delete it here or there; an address leads to one text."
            yield Problem(_place_of(site, post, "aliases"), cause, cure, "warning")


def unknown_related(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the slugs in `related:` that are of no visible article."""
    for post in _all(edition):
        for name in post.related:
            slug = slugify(name)
            if slug in edition.by_slug:
                continue
            cause = f"`related` names `{name}`, and readers see no such article."
            cure = "Write the slug of an article, or delete it."
            if slug in edition.library.whole.by_slug:
                cause = f"`related` names `{name}`, which readers cannot see now."
                cure = "Publish it, or delete it here."
            yield Problem(_place_of(site, post, "related"), cause, cure, "warning")


def authors_without_file(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the authors without a file in `_authors/`, on a site that has such files."""
    if not edition.library.authors:
        return
    for post in _all(edition):
        for author in edition.authors_of(post):
            if not author.path:
                cause = f"The author `{author.name}` has no file in _authors/."
                cure = f"Write _authors/{author.slug}.md, or mend the name."
                yield Problem(Mark(post.path), cause, cure, "warning", kind=f"author {author.slug}")


def avatars_without_file(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the authors' pictures that are missing or cannot be read."""
    for author in edition.library.authors.values():
        is_file = author.avatar and "://" not in site.addresses.own(author.avatar)
        if is_file and site.picture(author.path, author.avatar) is None:
            cause = f"The picture `{author.avatar}` of `avatar` is not there, or cannot be read."
            cure = "Put it beside this file, or mend the path."
            yield Problem(Mark(author.path), cause, cure, "warning")


def dead_links_of_bios(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the links and pictures in authors' bios that lead nowhere."""
    dead_links = site.dead_links(edition)
    for author in edition.library.authors.values():
        if author.bio:
            yield from dead_links.of_bio(author, site.texts.rendered_bio(edition, author))


def updates_to_come(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield visible texts whose `updated` lies in the future."""
    now = datetime.fromtimestamp(site.clock(), UTC)
    for post in _all(edition):
        if post.updated is not None and post.updated > now:
            day = post.updated.astimezone(site.settings.zone).date()
            cause = f"`updated` ({day}) is still to come."
            cure = "Write when the text was changed last."
            mark = _place_of(site, post, "updated")
            yield Problem(mark, cause, cure, "warning", kind="updated to come")


def twins(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the articles that have the same title and date as another one."""
    first: dict[tuple[str, datetime], Post] = {}
    for post in sorted(edition.posts, key=lambda post: post.path):
        if post.published is None:
            continue
        other = first.setdefault((post.title, post.published), post)
        if other is not post:
            cause = f"The article has the title and the date of {other.path}."
            cure = "Delete one of them, if it is a copy."
            yield Problem(Mark(post.path), cause, cure, "warning", kind="twin")


def repeated_guids(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the articles whose id for feeds an older one has."""
    first: dict[str, Post] = {}
    for post in sorted(edition.posts, key=newest_first, reverse=True):
        other = first.setdefault(post.guid, post)
        if post.guid and other is not post:
            cause = f"`guid` is that of {other.path}: feeds give this article another one."
            cure = "Delete the field here: it was copied."
            mark = _place_of(site, post, "guid")
            yield Problem(mark, cause, cure, "warning", kind="repeated guid")


def _all(edition: Edition) -> Iterator[Post]:
    return chain(edition.posts, edition.unlisted, edition.pages.values())


def articles_behind_pages(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the articles to whose address the setting `permalink` has put a page."""
    if site.addresses.permalink is None:
        return
    for post in chain(edition.posts, edition.unlisted):
        page = edition.pages.get(site.addresses.post(post).strip("/"))
        if page is not None:
            cause = f"The article is not shown: {page.path} has its address /{page.slug}/."
            yield Problem(Mark(post.path), cause, "Give one of them another `slug:`.")


def redirect_rules(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the lines of `_redirects` that cannot be read as rules, or lead nowhere."""
    yield from site.redirects.problems
    resolver = site.resolver(edition)
    yield from site.redirects.circles(lambda at: resolver.at(at) or resolver.by_alias(at))


CHECKS_OF_TEXTS: tuple[CheckOfText, ...] = (content_of_other_hosts, manners.of_text)
CHECKS: tuple[Check, ...] = (
    faults_of_rendering,
    redirect_rules,
    articles_behind_pages,
    aliases_without_effect,
    unknown_related,
    authors_without_file,
    avatars_without_file,
    dead_links_of_bios,
    updates_to_come,
    twins,
    repeated_guids,
    *manners.CHECKS,
)
