"""The builder of all addresses: of each page, feed, picture and file of a site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from octavo.cached import cached_property
from octavo.content.frontmatter.fences import plain_name
from octavo.content.frontmatter.fields import OF_POSTS
from octavo.content.images import LARGEST, Picture
from octavo.content.posts import Post
from octavo.content.terms import TAXONOMIES, TermKind
from octavo.settings import Settings, SettingsError, help_of
from octavo.site.addresses.permalinks import Permalink
from octavo.site.addresses.places import PLACES, RESERVED

# The slug of the page that is the front page where the setting `home` says so.
FRONT_PAGE = "home"
# The beginning of an address on the web, up to its path.
_WEB = re.compile(
    r"(?:https?:)?//(?:www\.)?(?P<host>[^/?#\\:@]+(?::(?!(?:80|443)\b)\d+)?)(?::(?:80|443))?(?=[/?#]|$)",
    re.IGNORECASE,
)
# Fields that are read beside those of `OF_POSTS`.
_MEANT = frozenset("draft layout extra params taxonomies".split())
# The folder of the pages of each kind of terms; the setting `taxonomies` adds more.
TERM_FOLDERS: Mapping[TermKind, str] = {
    "category": "categories",
    "tag": "tags",
    "author": "authors",
    **TAXONOMIES,
}


@dataclass(frozen=True)
class Addresses:
    """Builds the addresses of one site: quoted paths from the host on, as in `href`.

    `site` is scheme and host (`https://example.org`), `prefix` the path below which the site stands
    (`/blog`, or nothing), `language` the folder of one language's pages (`de`, or nothing). Without
    `permalink` articles stand below `/articles/`. No copy of a picture is wider than `largest_copy`
    pixels. Dates in addresses are those of `zone`. `front_page` is the slug of the page that is the
    front page, or ''.
    """

    site: str
    prefix: str = ""
    language: str = ""
    permalink: Permalink | None = None
    largest_copy: int = LARGEST
    zone: tzinfo = UTC
    front_page: str = ""
    # The hosts of the site itself, in lower case and without `www.`.
    hosts: frozenset[str] = frozenset()
    # The folder of the pages of each kind of terms.
    folders: Mapping[TermKind, str] = field(default_factory=lambda: TERM_FOLDERS, hash=False)

    @classmethod
    def of(cls, settings: Settings) -> Addresses:
        """Return the builder for the settings. Raises SettingsError for a wrong `permalink`."""
        permalink = None
        if settings.permalink:
            try:
                permalink = Permalink(settings.permalink, settings.zone)
            except ValueError as error:
                raise SettingsError(
                    f"permalink = {settings.permalink!r}: {error}. {help_of('permalink')}"
                ) from None
        base = urlsplit(settings.base_url)
        return cls(
            site=f"{base.scheme}://{base.netloc}",
            prefix=base.path,
            permalink=permalink,
            largest_copy=settings.picture_width,
            zone=settings.zone,
            front_page=FRONT_PAGE if settings.home == "page" else "",
            hosts=frozenset(map(_host, (base.netloc, *settings.own_hosts))),
            folders=_folders(settings),
        )

    def path(self, path: str) -> str:
        """Put the site's prefix before a path: `/archive/` becomes `/blog/archive/`."""
        return self._root + path

    @cached_property
    def _root(self) -> str:
        if not self.language:
            return self.prefix
        return f"{self.prefix}/{self.language}"

    def absolute(self, path: str) -> str:
        """Return a path of this builder with scheme and host; other addresses stay as they are."""
        if path.startswith("/") and not path.startswith("//"):
            return self.site + path
        return path

    def rooted(self, address: str) -> str:
        """Return an address as a writer or operator gives it: a path is from the site's root.

        One that begins with the prefix already, and one of another host, stay as they are.
        """
        if not address.startswith("/") or address.startswith("//"):
            return address
        return self.prefix + self.inside(address)

    def own(self, address: str) -> str:
        """Return an address of this site as a path from the host on, and others as they are.

        Its scheme may be http, https or none, and its host may have `www.` or not.
        """
        found = _WEB.match(address)
        if found is None or found["host"].lower() not in self.hosts:
            return address
        path = address[found.end() :]
        if not path.startswith("/"):
            path = f"/{path}"
        if not re.match(rf"{re.escape(self.prefix)}(?:[/?#]|$)", path):
            # Another site of the same host is there.
            return address
        return path

    def inside(self, path: str) -> str:
        """Return a path without the site's prefix: from the site's own root on."""
        if self.prefix and path.startswith(f"{self.prefix}/"):
            return path[len(self.prefix) :]
        return path

    def relative(self, path: str, page: str) -> str:
        """Return `path` as a link relative to the page at path `page`: `../other/`."""
        folder = page.rpartition("/")[0] or "/"
        found = posixpath.relpath(path, folder)
        if path.endswith("/"):
            found += "/"
        return found

    def post(self, post: Post) -> str:
        """Return the path of an article or a page."""
        if post.kind == "page":
            if post.slug == self.front_page:
                return self.path("/")
            return self.path(f"/{_quoted(post.slug)}/")
        if self.permalink is not None:
            path = self.permalink.path(post)
            if path is not None:
                return self._root + path
        return self.by_slug(post.slug)

    def by_slug(self, slug: str) -> str:
        """Return the path below /articles/ that leads to an article whatever its `permalink`."""
        return f"{self._root}/articles/{_quoted(slug)}/"

    def slugs_in(self, path: str) -> Iterator[str]:
        """Yield the slugs that an article at a path (quoted or not) may have."""
        plain = unquote(path).removeprefix(self._root)
        if self.permalink:
            for form in (plain, f"{plain.rstrip('/')}/", plain.rstrip("/")):
                slug = self.permalink.slug_in(form)
                if slug:
                    yield slug
        by_slug = re.fullmatch(r"/articles/([^/]+)/?", plain)
        if by_slug:
            yield by_slug[1]

    def markdown(self, slug: str) -> str:
        """Return the path of an article's Markdown."""
        return self.path(f"/articles/{_quoted(slug)}.md")

    def term(self, kind: TermKind, slug: str) -> str:
        """Return the path of the list of a term: a category, tag, author, series ..."""
        return f"{self._root}/{self.folders[kind]}/{_quoted(slug)}/"

    def terms(self, kind: TermKind) -> str:
        """Return the path of the list of all terms of a kind."""
        return f"{self._root}/{self.folders[kind]}/"

    @cached_property
    def taxonomies(self) -> tuple[TermKind, ...]:
        """The kinds of terms beside categories, tags and authors."""
        return tuple(kind for kind in self.folders if kind not in ("category", "tag", "author"))

    def year(self, year: int) -> str:
        """Return the path of one year of the archive."""
        return self.path(f"/archive/{year}/")

    def cover(self, slug: str) -> str:
        """Return the path of an article's drawn cover as a PNG, for social cards."""
        return self.path(f"/covers/{_quoted(slug)}.png")

    def card(self, path: str, picture: Picture) -> str:
        """Return the path of a picture's social card, a JPEG."""
        return f"{self.prefix}/covers/{picture.digest[:12]}/{_quoted(path)}.jpg"

    def picture(self, path: str, picture: Picture) -> str:
        """Return the path of the largest form of a picture that readers get.

        `path` is below posts/. The address holds the picture's digest, so what is there never
        changes.
        """
        if picture.is_public(self.largest_copy):
            return self.original(path, picture)
        return self.copy(path, picture, picture.copy_widths(self.largest_copy)[-1])

    def original(self, path: str, picture: Picture) -> str:
        """Return the path of a picture in its own format and size."""
        return f"{self.prefix}/media/{picture.digest[:12]}/{_quoted(path)}"

    def copy(self, path: str, picture: Picture, width: int) -> str:
        """Return the path of a picture's WebP copy that is `width` pixels wide."""
        return f"{self.prefix}/media/{picture.digest[:12]}/{width}/{_quoted(path)}.webp"

    def widths(self, path: str, picture: Picture) -> str:
        """Return a picture's copies with their widths as HTML's `srcset`, or ''."""
        widths = picture.copy_widths(self.largest_copy)
        return ", ".join(f"{self.copy(path, picture, width)} {width}w" for width in widths)

    def plain(self, path: str) -> str:
        """Return the path of a file of static/root/: its own name from the root."""
        return f"{self.prefix}/{_quoted(path)}"

    def file(self, path: str, tag: str) -> str:
        """Return the path of an attachment; `tag` is its digest."""
        return f"{self.prefix}/media/{tag}/{_quoted(path)}"


def _host(netloc: str) -> str:
    """Return a host as `Addresses.hosts` has it."""
    found = _WEB.match(f"//{netloc}")
    return found["host"].lower() if found else netloc


def _folders(settings: Settings) -> Mapping[TermKind, str]:
    """Return the folder of each kind of terms.

    Raises SettingsError where the setting `taxonomies` names what is taken.
    """
    folders = dict(TERM_FOLDERS)
    for kind, folder in settings.taxonomies.items():
        cause = ""
        if OF_POSTS.find(plain_name(kind)) or plain_name(kind) in _MEANT or kind in folders:
            cause = f"the field `{kind}` means something else"
        elif folder in (*RESERVED, *folders.values(), "articles") or folder in PLACES:
            cause = f"the site has other pages at /{folder}/"
        if cause:
            raise SettingsError(f"taxonomies.{kind} = {folder!r}: {cause}. {help_of('taxonomies')}")
        folders[kind] = folder
    return folders


@lru_cache(maxsize=65536)
def _quoted(name: str) -> str:
    return quote(name)
