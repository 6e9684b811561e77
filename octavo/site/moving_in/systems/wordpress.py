"""WordPress: its export in XML (WXR), and the folder `wp-content/uploads/` beside it.

https://wordpress.org/documentation/article/tools-export-screen/ Whatever not all readers may see is
a draft here. Comments and addresses of persons are not brought along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape, unescape
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.parsers import expat

from octavo.content.editing.layouts import Value
from octavo.content.files.reading import without_controls
from octavo.content.slugs import slugify
from octavo.content.terms import TermKind
from octavo.content.urls import parts_of
from octavo.site.moving_in.exports import (
    ExportedText,
    OldSite,
    author_text,
    moment,
    note_mark,
    text_of,
)
from octavo.site.moving_in.items import Items, Loss, OldList
from octavo.site.moving_in.old_addresses import based
from octavo.site.moving_in.source import Source, tables_in

_NOT_BROUGHT = frozenset({"trash", "auto-draft", "inherit"})
_SHOWN = frozenset({"publish", "future"})
_TYPES_OF_ITS_OWN = {
    "nav_menu_item": "Entries of menus",
    "wp_navigation": "Entries of menus",
    "wp_template": "Templates",
    "wp_template_part": "Templates",
    "wp_global_styles": "Styles",
    "custom_css": "Styles",
    "revision": "Earlier versions of texts",
}
# What an address names a text's number, by the type of the text.
_NUMBERED = {"post": "p", "page": "page_id"}
# The folder of the lists of each kind of terms, unless its settings say otherwise.
_LISTS = {"category": "category", "post_tag": "tag"}
_KINDS: dict[str, TermKind] = {"category": "category", "post_tag": "tag"}
# Categories above a category; more only where a damaged export leads in a circle.
MAX_CATEGORY_DEPTH = 10
_FOLDERS = ("wp-content/uploads/", "uploads/")


def read(source: Source) -> Items:
    """Yield the texts and files of WordPress' exports, and what of them is lost."""
    found = [path for path in source.paths if path.endswith(".xml") and "/" not in path]
    channels = [channel for path in found if (channel := _channel(source, path)) is not None]
    site = OldSite(source, _FOLDERS)
    for channel in channels:
        site.know(_text(channel, "link"))
        site.know(_text(channel, "base_blog_url"))
    attachments: dict[str, ElementTree.Element] = {}
    for channel in channels:
        for item in channel.findall("item"):
            if _text(item, "post_type") == "attachment":
                attachments[_text(item, "post_id")] = item
                file = _text(item, "attachment_url")
                if file:
                    number = _text(item, "post_id")
                    for page in (f"/?attachment_id={number}", f"/?p={number}"):
                        site.pages_of_files[page] = file
                    link = parts_of(_text(item, "link"))
                    if link.path.strip("/"):
                        site.pages_of_files[f"{link.path.rstrip('/')}/"] = file
    source.expected = sum(len(channel.findall("item")) for channel in channels)
    for channel in channels:
        yield from _WordPressExport(channel, site, attachments).items()
    yield from site.files()
    yield from site.losses()


def _channel(source: Source, path: str) -> ElementTree.Element | None:
    """Return the channel of an export; None for another file.

    Nothing is read that declares entities: they could grow without end, or name other files.
    """
    text = without_controls(source.read(path).decode("utf-8-sig", "replace"))
    guard = expat.ParserCreate()

    def refuse(*declared: object) -> None:
        raise ValueError("it declares a document type")

    guard.StartDoctypeDeclHandler = refuse
    try:
        guard.Parse(text, True)
        root = ElementTree.fromstring(text)  # noqa: S314
    except (ValueError, expat.ExpatError, ElementTree.ParseError) as error:
        source.losses.append(Loss(f"{path} ({error})", "Files that cannot be read as XML"))
        return None
    channel = root.find("channel")
    if channel is None:
        return None
    for element in channel.iter():
        name = str(element.tag)
        space, _, local = name.rpartition("}")
        if "excerpt" in space:
            local = f"excerpt_{local}"
        element.tag = local
    if channel.find("wxr_version") is None:
        return None
    return channel


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


class _WordPressExport:
    """One export, with the attachments of all."""

    def __init__(
        self,
        channel: ElementTree.Element,
        site: OldSite,
        attachments: dict[str, ElementTree.Element],
    ) -> None:
        self.channel = channel
        self.site = site
        self.attachments = attachments
        self.authors: dict[str, ElementTree.Element] = {}
        for author in channel.findall("author"):
            self.authors[_text(author, "author_login")] = author
        self.named: set[str] = set()
        # Blocks that several texts share, by their numbers.
        self.shared: dict[str, str] = {}
        for item in channel.findall("item"):
            if _text(item, "post_type") == "wp_block" and _text(item, "status") in _SHOWN:
                self.shared[_text(item, "post_id")] = _text(item, "encoded")

    def items(self) -> Items:
        """Yield texts and authors, and what is not carried over."""
        for item in self.channel.findall("item"):
            kind = _text(item, "post_type")
            origin = _name(item) or f"post {_text(item, 'post_id')}"
            if kind in _NUMBERED:
                yield from self._post(item, origin, kind)
            elif kind in _TYPES_OF_ITS_OWN:
                yield Loss(origin, _TYPES_OF_ITS_OWN[kind])
            elif kind not in ("attachment", "wp_block"):
                yield Loss(origin, f"Texts of the type `{kind}`")
        yield from self._lists()
        for login in sorted(self.named):
            author = self.authors.get(login)
            if author is not None:
                name = _text(author, "author_display_name") or login
                yield author_text(f"author {login}", login, {"name": name}, "")

    def _lists(self) -> Items:
        """Yield the lists of categories and tags."""
        parents = {
            _text(one, "category_nicename"): _text(one, "category_parent")
            for one in self.channel.iterfind("category")
        }
        used = {
            (one.get("domain") or "", one.get("nicename") or "", (one.text or "").strip())
            for one in self.channel.iterfind("item/category")
        }
        blog = _text(self.channel, "base_blog_url")
        for domain, nicename, name in sorted(used):
            base = _LISTS.get(domain)
            if not base or not nicename or nicename == "uncategorized":
                continue
            folders = [nicename]
            while (
                domain == "category"
                and parents.get(folders[0])
                and len(folders) < MAX_CATEGORY_DEPTH
            ):
                folders.insert(0, parents[folders[0]])
            path = f"/{base}/{unquote('/'.join(folders))}/"
            yield OldList(path, based(blog, path), _KINDS[domain], unescape(name))

    def _post(self, item: ElementTree.Element, origin: str, kind: str) -> Items:
        status = _text(item, "status")
        if status in _NOT_BROUGHT:
            yield Loss(origin, "Texts in the bin")
            return
        is_public = status in _SHOWN
        if _text(item, "post_password"):
            is_public = False
            yield Loss(origin, "Texts with a password, which are drafts here")
        elif status == "private":
            yield Loss(origin, "Texts that are private, and that are drafts here")
        for comment in item.findall("comment"):
            yield Loss(f"{origin} ({_text(comment, 'comment_id')})", "Comments")
        number = _text(item, "post_id")
        link = _text(item, "link")
        fields = self._fields(item, origin)
        html = _SHARED.sub(
            lambda found: self.shared.get(found[1], found[0]), _text(item, "encoded")
        )
        notes = _notes_of(item)
        if notes:
            html = _NOTES.sub("", html)
            html = _NOTED.sub(
                lambda found: note_mark(notes[found[1]][0]) if found[1] in notes else "", html
            )
        for found in _DYNAMIC.finditer(html):
            why = "Blocks that WordPress fills when a page is shown, which are left out"
            yield Loss(f"{origin} ({found[1]})", why)
        # Before other words in brackets are looked at.
        html = _CODE_BLOCK.sub(_as_code, html)
        html = self._with_pictures(html)
        for name in _foreign_shortcodes(html):
            yield Loss(f"{origin} ([{name}])", "Shortcodes of plug-ins, which are left out")
        html = _without_shortcodes(html)
        if "<!-- wp:" in html:
            html = _CLASSIC.sub(lambda found: paragraphs(found[1]), html)
        else:
            html = paragraphs(html)
        old = []
        parts = parts_of(link)
        if parts.path.strip("/"):
            old.append(parts.path)
            before, own, behind = unquote(parts.path).rpartition(_name(item) or "/")
            old.extend(f"{before}{name}{behind}" for name in _old_names(item) if own)
        if number:
            old.append(f"/?{_NUMBERED[kind]}={number}")
        yield from text_of(
            ExportedText(
                origin,
                _name(item) or slugify(_text(item, "title")),
                fields,
                html,
                tuple(old),
                kind == "page",
                is_public,
                tuple(note for _, note in notes.values()),
            ),
            self.site,
        )

    def _fields(self, item: ElementTree.Element, origin: str) -> dict[str, Value]:
        zone = self.site.source.zone
        meta = {
            _text(one, "meta_key"): _text(one, "meta_value") for one in item.findall("postmeta")
        }
        fields: dict[str, Value] = {"title": unescape(_text(item, "title")) or "(Untitled)"}
        published = moment(_text(item, "post_date_gmt")) or moment(_text(item, "post_date"), zone)
        if published is not None:
            fields["date"] = published.astimezone(zone)
        changed = moment(_text(item, "post_modified_gmt"))
        if changed is not None and published is not None and changed > published:
            fields["updated"] = changed.astimezone(zone)
        login = _text(item, "creator")
        if login:
            fields["author"] = login
            self.named.add(login)
        terms: dict[str, list[str]] = {"category": [], "post_tag": []}
        for term in item.findall("category"):
            name = unescape((term.text or "").strip()).replace(",", " ")
            if name and (term.get("domain"), term.get("nicename")) != ("category", "uncategorized"):
                terms.setdefault(term.get("domain") or "", []).append(name)
        fields["categories"] = tuple(dict.fromkeys(terms["category"]))
        fields["tags"] = tuple(dict.fromkeys(terms["post_tag"]))
        fields["summary"] = unescape(
            re.sub(r"<[^<>]*>|\[[^\[\]]*\]", " ", _text(item, "excerpt_encoded"))
        ) or meta.get("_yoast_wpseo_metadesc", "")
        picture = self.attachments.get(meta.get("_thumbnail_id", ""))
        if picture is not None:
            fields["image"] = self.site.here(_text(picture, "attachment_url"), origin)
            fields["image_alt"] = _alt(picture)
        if _text(item, "is_sticky") == "1":
            fields["featured"] = True
        if _text(item, "status") in _SHOWN:
            fields["guid"] = _text(item, "guid")
        return fields

    def _with_pictures(self, html: str) -> str:
        """Return HTML in which galleries, captions, films and embeds of the old editor are HTML."""

        def gallery(found: re.Match[str]) -> str:
            ids = re.search(r"\bids\s*=\s*[\"']?([\d,\s]+)", found[1])
            if ids is None:
                return found[0]
            pictures = []
            for one in re.findall(r"\d+", ids[1]):
                picture = self.attachments.get(one)
                if picture is not None:
                    address = escape(_text(picture, "attachment_url"))
                    words = _text(picture, "excerpt_encoded")
                    pictures.append(
                        f'<figure><img src="{address}" alt="{escape(_alt(picture))}">'
                        f"<figcaption>{words}</figcaption></figure>"
                    )
            if not pictures:
                return found[0]
            return f'<figure class="wp-block-gallery">{"".join(pictures)}</figure>'

        html = re.sub(r"\[gallery\b([^\]]*)\]", gallery, html)
        html = re.sub(
            r"\[caption\b([^\]]*)\]\s*((?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)"
            r"(.*?)\[/caption\]",
            _captioned,
            html,
            flags=re.DOTALL,
        )
        html = _PLAYER.sub(r'<\1 src="\2"></\1>', html)
        return re.sub(
            r"\[embed[^\]]*\]\s*(https?://[^\s\[\]<>]+)\s*\[/embed\]"
            r"|^[ \t]*(https?://(?:www\.)?(?:youtube\.com|youtu\.be|vimeo\.com)/\S+)[ \t]*\r?$",
            lambda found: f'<figure class="wp-block-embed">{found[1] or found[2]}</figure>',
            html,
            flags=re.MULTILINE,
        )


# Blocks without words of their own: those that several texts share, and those that are computed.
_SHARED = re.compile(r"<!--\s+wp:block\s+\{[^{}]*\"ref\":(\d+)[^{}]*\}\s*/-->")
_DYNAMIC = re.compile(r"<!--\s+wp:([\w/-]+)\s+(?:\{[^<>]*\}\s+)?/-->")
# Where a text refers to a footnote, and where they stand, which are fields of it.
_NOTED = re.compile(r"<sup\b[^<>]*\bdata-fn=\"([^\"<>]+)\"[^<>]*>.*?</sup>", re.DOTALL)
_NOTES = re.compile(r"<!--\s+wp:footnotes\s+(?:\{[^<>]*\}\s+)?/-->")
# What was written in the old editor before a text got blocks.
_CLASSIC = re.compile(r"<!-- wp:freeform -->(.*?)<!-- /wp:freeform -->", re.DOTALL)
_CODE_BLOCK = re.compile(
    r"\[(code|sourcecode)(?:\s+(?:lang|language)=[\"']?([\w+#-]+)[^\]]*|\s[^\]]*)?\](.*?)\[/\1\]",
    re.DOTALL,
)
_PLAYER = re.compile(
    r"\[(audio|video)\b[^\]]*?(?:src|mp3|m4a|ogg|wav|mp4|m4v|webm|ogv)=[\"'](https?://[^\"'\]]+)[\"'][^\]]*\]"
    r"(?:\s*\[/\1\])?"
)


def _as_code(found: re.Match[str]) -> str:
    code = found[3].strip("\r\n").replace("<", "&lt;").replace(">", "&gt;")
    return f'<pre><code class="language-{found[2] or "text"}">{code}</code></pre>'


def _captioned(found: re.Match[str]) -> str:
    align = re.search(r"align(left|right)", found[1])
    side = ""
    if align:
        side = f' class="align{align[1]}"'
    words = found[3].strip()
    given = re.search(r"\bcaption\s*=\s*\"([^\"]*)\"", found[1])
    if not words and given:
        words = given[1]
    return f"<figure{side}>{found[2]}<figcaption>{words}</figcaption></figure>"


def _name(item: ElementTree.Element) -> str:
    """Return the name of a text in its address, which an export writes percent-encoded."""
    return unquote(_text(item, "post_name"))


def _old_names(item: ElementTree.Element) -> Iterator[str]:
    """Yield the names that a text had in its address before; WordPress leads them to the text."""
    for one in item.findall("postmeta"):
        name = unquote(_text(one, "meta_value"))
        if _text(one, "meta_key") == "_wp_old_slug" and name:
            yield name


def _notes_of(item: ElementTree.Element) -> dict[str, tuple[int, str]]:
    """Return the footnotes of a text: number, from 1, and HTML, by their ids.

    https://wordpress.org/documentation/article/footnotes-block/
    """
    found: dict[str, tuple[int, str]] = {}
    for one in item.findall("postmeta"):
        if _text(one, "meta_key") != "footnotes":
            continue
        try:
            rows = tables_in(json.loads(_text(one, "meta_value")))
        except (ValueError, RecursionError):
            continue
        for row in rows:
            found[str(row.get("id"))] = (len(found) + 1, str(row.get("content") or ""))
    return found


def _alt(picture: ElementTree.Element) -> str:
    for one in picture.findall("postmeta"):
        if _text(one, "meta_key") == "_wp_attachment_image_alt":
            return _text(one, "meta_value")
    return ""


# Shortcodes that texts may hold here: https://wordpress.com/support/shortcodes/
_KNOWN = frozenset(
    "audio caption code embed gallery playlist sourcecode video vimeo youtube".split()
)
# With an argument, or a name of several words: others are words in brackets.
_SHORTCODE = re.compile(
    r"(?<!\[)\[(/?)([a-z][a-z0-9]*(?:[_-][a-z0-9]+)*)((?:\s+[^\[\]]*)?)/?\](?!\])", re.IGNORECASE
)
_CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL | re.IGNORECASE)


def _are_foreign(html: str) -> Iterator[re.Match[str]]:
    code = [found.span() for found in _CODE.finditer(html)]
    closed = {found[2].lower() for found in _SHORTCODE.finditer(html) if found[1]}
    for found in _SHORTCODE.finditer(html):
        name = found[2].lower()
        if name in _KNOWN or any(start <= found.start() < end for start, end in code):
            continue
        # Constants of programs are words: `[ERR_INVALID_ARG]`.
        is_joined = found[2].islower() and ("_" in name or "-" in name)
        if name in closed or "=" in found[3] or is_joined:
            yield found


def _foreign_shortcodes(html: str) -> Iterator[str]:
    """Yield the name of each shortcode of a plug-in that HTML holds."""
    for found in _are_foreign(html):
        if not found[1]:
            yield found[2]


def _without_shortcodes(html: str) -> str:
    """Return HTML without the shortcodes of plug-ins; the words between them stay."""
    parts = []
    done = 0
    for found in _are_foreign(html):
        parts.append(html[done : found.start()])
        done = found.end()
    return "".join((*parts, html[done:]))


_BLOCKS = """
    table thead tfoot caption col colgroup tbody tr td th div dl dd dt ul ol li pre form map area
    blockquote address style p h[1-6] hr fieldset legend section article aside header footer nav
    figure figcaption details menu summary iframe video audio script
    """
_BLOCK = f"(?:{'|'.join(_BLOCKS.split())})"
_PRE = re.compile(r"<pre\b.*?</pre>", re.DOTALL | re.IGNORECASE)


def paragraphs(html: str) -> str:
    """Return the text of WordPress's old editor with the paragraphs that its page shows.

    A blank line parts paragraphs and a line end is one, as `wpautop` has it:
    https://developer.wordpress.org/reference/functions/wpautop/
    """
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\n\n<pre data-kept={len(kept) - 1}></pre>\n\n"

    text = _PRE.sub(keep, html.replace("\r\n", "\n").replace("\r", "\n"))
    text = re.sub(rf"(<{_BLOCK}[\s/>])", r"\n\n\1", text, flags=re.IGNORECASE)
    text = re.sub(rf"(</{_BLOCK}>|<hr\s*/?>)", r"\1\n\n", text, flags=re.IGNORECASE)
    parts = []
    for part in re.split(r"\n\s*\n", text):
        plain = part.strip()
        if re.match(rf"</?{_BLOCK}[\s/>]", plain, re.IGNORECASE):
            parts.append(plain)
        elif plain:
            lines = plain.replace("\n", "<br>\n")
            parts.append(f"<p>{lines}</p>")
    text = "\n".join(parts)
    for number, one in enumerate(kept):
        text = text.replace(f"<pre data-kept={number}></pre>", one)
    return text
