"""The address resolver: finds what is meant by links, pictures, old addresses and mistyped ones.

Addresses come decoded, without query and fragment unless named otherwise.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from rapidfuzz import fuzz

from octavo.content.attachments import Attachment, attachment
from octavo.content.files.reading import PostsRoot, PublicFile
from octavo.content.images import SUFFIXES, ImageError, Picture, probe
from octavo.content.library.library import Edition
from octavo.content.library.link_names import parameters_of
from octavo.content.posts import Post
from octavo.content.slugs import PAGE_ENDING, link_name, slugify_once
from octavo.content.terms import TermKind
from octavo.site.addresses.builder import TERM_FOLDERS, Addresses
from octavo.site.addresses.feeds import FEED_FORMATS, feed_asked, feed_at
from octavo.site.addresses.places import PLACES, RESERVED

# The folder of files that keep their plain addresses, below the site's own folder.
STATIC_ROOT = "static/root"
# How its files are named among those below posts/, where no folder that begins with a line is read.
STATIC = "_static/"

_ENGINES_OWN = RESERVED - {*TERM_FOLDERS.values(), "archive"}
# How other systems name the folders of terms.
_FOREIGN_FOLDERS: dict[str, TermKind] = {
    "tag": "tag",
    "tags": "tag",
    "topic": "tag",
    "topics": "tag",
    "category": "category",
    "categories": "category",
    "author": "author",
    "authors": "author",
}
# How other systems call the list of all articles.
_FOREIGN_LISTS = frozenset({"", "articles", "blog", "posts", "post", "news"})
_ANY_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")
_DATE = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})[/-]([0-9]{1,2})(?:[/-]([0-9]{1,2}))?(?![0-9])")
# The address of a file that has another content, and so another address, now; of a copy of it.
_FORMER_COPY = re.compile(r"media/[0-9a-f]{12}/[0-9]+/(.+)\.webp")
_FORMER_FILE = re.compile(r"media/[0-9a-f]{12}/(.+)")
# What servers add to the address of a folder, and other systems link to.
_INDEX_FILE = re.compile(r"(?:^|/)index\.x?html?$", re.IGNORECASE)
# Nikola's CATEGORY_PREFIX, which parts its categories from its tags in one folder.
_CATEGORY_PREFIX = "cat_"
_YEAR = re.compile(r"(?:[^/]+/)??((?:19|20)[0-9]{2})(?:/[0-9]{1,2}){0,2}")


# How alike names must be (0 to 100) for one to be guessed for the other.
_LEAST_LIKENESS = 80


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of a site's files: posts/, and static/root/ for files at plain addresses."""

    posts: PostsRoot
    static: Path

    def file(self, path: str) -> PublicFile:
        """Return the file at a path below posts/, or, behind STATIC, below static/root/."""
        if path.startswith(STATIC):
            return self.static / path.removeprefix(STATIC)
        return self.posts.file(path)


class AddressResolver:
    """Resolves addresses in one edition of a site."""

    def __init__(
        self,
        edition: Edition,
        addresses: Addresses,
        folders: Folders,
        own: Sequence[re.Pattern[str]] = (),
    ) -> None:
        """`own` are the patterns of the addresses that plug-ins have."""
        self._own = own
        self._edition = edition
        self._addresses = addresses
        self._folders = folders

    def link(self, owner: str, target: str) -> str | None:
        """Return the address for `href` of a link in the file `owner`; None where it leads nowhere.

        `owner` is a path below posts/; `target` is relative to that file or begins with a slash.
        """
        target = straight(target)
        if target.startswith("/"):
            target = self._addresses.inside(target)
            return self.at(target) or self._root_file(owner, target) or self.by_old_address(target)
        path = _joined(owner, target)
        post, is_there = self._post_file(path)
        if post is not None:
            return self._addresses.post(post)
        if is_there:
            return None
        if path in self._edition.library.assets or _ANY_ENDING.search(path):
            file = self._relative_file(path) or self._only_file(target)
            if file is not None:
                return self.file(file)
        return self._of(self._named(path))

    def post_of(self, owner: str, target: str) -> Post | None:
        """Return the article or page that a link in the file `owner` leads to, or None."""
        url = self.link(owner, target)
        if url is None:
            return None
        return self.post_at(unquote(self._addresses.inside(url)))

    def _of(self, post: Post | None) -> str | None:
        """Return the address of a post that was found."""
        if post is None:
            return None
        return self._addresses.post(post)

    def picture(self, owner: str, target: str) -> tuple[str, Picture] | None:
        """Return path and facts of the picture that `target` names in the file `owner`, or None.

        The path is as Folders.file takes it.
        """
        if not target.lower().endswith(SUFFIXES):
            return None
        found = self.file_named(owner, target)
        if found is None:
            return None
        with suppress(ImageError, OSError):
            return found, probe(self._folders.file(found))
        return None

    def file_named(self, owner: str, target: str) -> str | None:
        """Return the path of the file that `target` names in the file `owner`, or None.

        The path is as Folders.file takes it.
        """
        target = self._addresses.own(straight(target))
        if target.startswith("/"):
            return self._root_path(owner, self._addresses.inside(target))
        return self._relative_file(_joined(owner, target)) or self._only_file(target)

    def picture_at(self, path: str) -> Picture | None:
        """Return the facts of the picture at a path (see Folders.file), or None."""
        if path.startswith(STATIC):
            is_there = ".." not in path.split("/")
        else:
            is_there = path in self._edition.library.assets
        if not is_there or not path.lower().endswith(SUFFIXES):
            return None
        with suppress(ImageError, OSError):
            return probe(self._folders.file(path))
        return None

    def attachment_at(self, path: str) -> Attachment | None:
        """Return the facts of the attachment at a path below posts/; None where there is none."""
        if path not in self._edition.library.assets:
            return None
        with suppress(OSError):
            return attachment(self._folders.posts, path)
        return None

    def file(self, path: str) -> str | None:
        """Return the address of a file (see Folders.file); None where readers do not get it."""
        if path.startswith(STATIC):
            return self._addresses.plain(path.removeprefix(STATIC))
        with suppress(ImageError, OSError):
            if path.lower().endswith(SUFFIXES):
                return self._addresses.picture(path, probe(self._folders.file(path)))
            found = attachment(self._folders.posts, path)
            if found is not None:
                return self._addresses.file(path, found.digest)
        return None

    def at(self, path: str) -> str | None:
        """Return the address of the site's page at a path, or None; outer slashes do not count."""
        key = path.strip("/")
        if key in PLACES:
            return self._addresses.path(PLACES[key])
        if any(pattern.fullmatch(path) for pattern in self._own):
            return self._addresses.path(path)
        first, _, rest = key.partition("/")
        if first in _ENGINES_OWN and rest:
            return self._addresses.rooted(path)
        page = self._edition.pages.get(key)
        if page is not None:
            return self._addresses.post(page)
        if not rest:
            for kind in self._addresses.taxonomies:
                if key == self._addresses.folders[kind] and self._edition.terms(kind):
                    return self._addresses.terms(kind)
        if first == "articles":
            return self._article(rest, path)
        if first == "archive" and rest.isdecimal() and int(rest) in self._years():
            return self._addresses.year(int(rest))
        slug, _, file = rest.partition("/")
        for kind, folder in self._addresses.folders.items():
            if first != folder or slug not in self._edition.terms(kind):
                continue
            if file in FEED_FORMATS:
                return self._addresses.rooted(path)
            return self._addresses.term(kind, slug)
        for article in self._addresses.slugs_in(f"/{key}"):
            if article in self._edition.by_slug:
                return self._addresses.post(self._edition.by_slug[article])
        return None

    def _article(self, rest: str, path: str) -> str | None:
        if rest.endswith(".md") and rest.removesuffix(".md") in self._edition.by_slug:
            return self._addresses.rooted(path)
        return self._of(self._edition.by_slug.get(rest))

    def _years(self) -> set[int]:
        zone = self._addresses.zone
        return {year for year in self._edition.years(zone) if year}

    def post_at(self, path: str) -> Post | None:
        """Return the article or page whose own address is `path`, or None."""
        page = self._edition.pages.get(path.strip("/"))
        slugs = self._addresses.slugs_in(path)
        return next((post for post in map(self._edition.by_slug.get, slugs) if post), page)

    def by_alias(self, path: str, query: str = "") -> str | None:
        """Return the address of an article that names the path in its `aliases`; None without one.

        `query` is that of the request, as it was sent: `p=42`.
        """
        key = path.strip("/")
        post = self._edition.redirect(key, query)
        if post is None and key.startswith("articles/"):
            post = self._edition.redirect(key.rsplit("/", 1)[-1], "")
        return self._of(post)

    def by_old_address(self, path: str, query: str = "") -> str | None:
        """Return the address where a path that once existed probably leads now, or None.

        It is that of an article with this alias, of a feed or list under another system's name, of
        a file, or of the one article with this name. `query` is as in `by_alias`.
        """
        former = self.by_alias(path, query)
        if former is not None:
            return former
        key = path.strip("/")
        found = self._asked(key, query) or self._feed(key) or self._foreign_list(key)
        if found is not None:
            return found
        folder = _INDEX_FILE.sub("", key)
        if folder != key and not query:
            found = self.at(f"/{folder}") or self.by_old_address(folder)
            if found is not None:
                return found
        if _ANY_ENDING.search(key) and not PAGE_ENDING.search(key):
            file = self._public_file(key)
            if file is not None:
                return file
        first = key.partition("/")[0]
        if first in RESERVED or first.startswith("."):
            return None
        return self._of(self._named(key) or self._page_below(key))

    def _page_below(self, key: str) -> Post | None:
        """Return the only page in a folder that has this name: its address was without folders."""
        pages = self._edition.pages.values()
        found = [page for page in pages if page.slug.endswith(f"/{key}")]
        return found[0] if len(found) == 1 else None

    def _asked(self, key: str, query: str) -> str | None:
        """Return the feed for WordPress's `?feed=rss2`, or None."""
        if not query or key:
            return None
        file = feed_asked(parameters_of(query).get("feed", ""))
        if file is None:
            return None
        return self._addresses.path(f"/{file}")

    def _feed(self, key: str) -> str | None:
        """Return the feed that another system has at this path, or None."""
        found = feed_at(key)
        if found is None:
            return None
        of, file = found
        if of.lower() in _FOREIGN_LISTS:
            return self._addresses.path(f"/{file}")
        for kind in ("category", "author"):
            if of in self._edition.terms(kind):
                return self._addresses.term(kind, of) + file
        listed = self._foreign_list(of)
        if listed is None:
            return None
        if _YEAR.fullmatch(of):
            # Years have no feeds here.
            return self._addresses.path(f"/{file}")
        return listed + file

    def _foreign_list(self, key: str) -> str | None:
        """Return the list, of a term or a year, that another system has at this path, or None."""
        *folders, last = key.split("/")
        last = last.removeprefix(_CATEGORY_PREFIX)
        kind = _FOREIGN_FOLDERS.get("".join(folders[-1:]).lower())
        slug = slugify_once(last)
        if kind is not None and slug in self._edition.terms(kind):
            return self._addresses.term(kind, slug)
        if key and key.lower() in _FOREIGN_LISTS:
            return self._addresses.path("/articles/")
        year = _YEAR.fullmatch(key)
        if kind is not None or year is None or key.partition("/")[0] in RESERVED:
            return None
        if int(year[1]) not in self._years():
            return None
        return self._addresses.year(int(year[1]))

    def nearest(self, owner: str, target: str) -> str | None:
        """Return what `target` was probably meant for, as its writer would write it, or None.

        It is a file of the same name, or an article of nearly the same name.
        """
        wanted = _joined(owner, target)
        same = self._edition.library.assets_named(posixpath.basename(wanted.replace("\\", "/")))
        folder = posixpath.dirname(owner)
        if same:
            best = min(same, key=lambda path: (posixpath.dirname(path) != folder, len(path), path))
            return posixpath.relpath(best, folder or ".")
        name = posixpath.basename(wanted.rstrip("/"))
        if _ANY_ENDING.search(name) and not PAGE_ENDING.search(name):
            return None
        slug = slugify_once(PAGE_ENDING.sub("", name))
        near = (
            post
            for post in self._edition.near(slug)
            if fuzz.ratio(post.slug, slug) >= _LEAST_LIKENESS
        )
        return self._of(next(near, None))

    def _post_file(self, path: str) -> tuple[Post | None, bool]:
        """Return the visible post whose file is at a path, and whether any post's file is there."""
        library = self._edition.library
        found = library.at_path(path) or library.at_path(PAGE_ENDING.sub("", path))
        if found is None or not self._edition.shows(found):
            return None, found is not None
        return found, True

    def _relative_file(self, path: str) -> str | None:
        assets = self._edition.library.assets
        if path in assets:
            return path
        return self._other_form(path)

    def _only_file(self, name: str) -> str | None:
        """Return the only file of this name in any folder, as note-taking programs do; or None.

        Capitals do not count.
        """
        if "/" in name:
            return None
        named = self._edition.library.assets_named(name)
        if len(named) != 1:
            return None
        return named[0] if self._edition.opens(named[0]) else None

    def _other_form(self, path: str) -> str | None:
        """Return the file whose path differs only in Unicode form, or the only one in capitals."""
        wanted = unicodedata.normalize("NFC", path)
        named = self._edition.library.assets_named(posixpath.basename(path))
        forms = {found: unicodedata.normalize("NFC", found) for found in named}
        for found, form in forms.items():
            if form == wanted:
                return found
        alike = [found for found, form in forms.items() if form.casefold() == wanted.casefold()]
        if len(alike) != 1:
            return None
        return alike[0]

    def _root_file(self, owner: str, target: str) -> str | None:
        post, _ = self._post_file(target.strip("/"))
        if post is not None:
            return self._addresses.post(post)
        found = self._root_path(owner, target)
        if found is None:
            return None
        return self.file(found)

    def _root_path(self, owner: str, target: str) -> str | None:
        """Return the file that a path from the root names, or None.

        It is below posts/ (folders that other systems put before it do not count), beside the post,
        or below static/root/.
        """
        root = posixpath.normpath(target.lstrip("/"))
        if root.startswith(".."):
            return None
        beside = [_joined(owner, root), _joined(owner, posixpath.basename(root))]
        for path in (root, *_tails(root), *beside):
            found = self._relative_file(path)
            if found is not None:
                return found
        for path in (root, root.removeprefix("static/root/")):
            if (self._folders.static / path).is_file():
                return STATIC + path
        alike = self._edition.library.assets_named(posixpath.basename(root))
        same = [path for path in alike if posixpath.basename(path) == posixpath.basename(root)]
        if len(same) != 1 or not self._edition.opens(same[0]):
            return None
        return same[0]

    def _public_file(self, key: str) -> str | None:
        """Return the address of a file at a guessed path, or None.

        Files that belong to hidden posts are not found.
        """
        former = _FORMER_COPY.fullmatch(key) or _FORMER_FILE.fullmatch(key)
        if former is not None:
            key = former[1]
        elif key.partition("/")[0] in RESERVED:
            return None
        for path in (key, *_tails(key)):
            found = self._relative_file(path)
            if found is not None and self._edition.opens(found):
                return self.file(found)
        return None

    def _named(self, path: str) -> Post | None:
        """Return the only visible article whose name is the last segment of a path, or None."""
        found = self._edition.named(link_name(path))
        if len(found) > 1:
            found = _meant(found, path)
        if len(found) != 1:
            return None
        return found[0]


def _meant(posts: tuple[Post, ...], path: str) -> tuple[Post, ...]:
    """Return those of `posts` with the date in a path; where it has none, those with its slug."""
    date = _DATE.search(path)
    if date is None:
        slug = slugify_once(PAGE_ENDING.sub("", path.rstrip("/").rpartition("/")[2]))
        return tuple(post for post in posts if post.slug == slug)
    wanted = [int(number) for number in date.groups() if number]
    return tuple(
        post
        for post in posts
        if post.published and list(post.published.timetuple()[: len(wanted)]) == wanted
    )


def straight(target: str) -> str:
    """Return a target with slashes where its writer has the backslashes of Windows."""
    return target.replace("\\", "/")


def _joined(owner: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(owner), target))


def _tails(path: str) -> Iterator[str]:
    """Yield a path without its first folder, without its first two folders, and so on."""
    while "/" in path:
        path = path.partition("/")[2]
        yield path


# Makes the address resolver of an edition.
MakeAddressResolver = Callable[[Edition], AddressResolver]
