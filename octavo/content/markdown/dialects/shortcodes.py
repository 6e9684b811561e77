"""Named constructs that mean the same in Hugo, Jekyll, Eleventy, Hexo, Zola and GitBook."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from octavo.content.markdown.dialects.meaning import (
    ALERT_END,
    ALERTS,
    PICTURES,
    Arguments,
    alert,
    attribute,
    frame,
    link,
    media,
    picture,
    plain,
    vimeo,
    youtube,
)
from octavo.content.markdown.dialects.meaning import (
    address as address_of,
)

Single = Callable[[Arguments], str]
Pair = Callable[[Arguments], tuple[str, str]]
_GIST = re.compile(r"(?:https?://gist\.github\.com/)?([\w-]+/)?([0-9a-f]{1,40})(?:\.js)?")
_SIZES = re.compile(
    r"\d+(?:\.\d+)?(?:px|vw|em|rem|%)?|\(.*|.*\d(?:px|vw|em|rem)\b.*|false|true|lazy|eager"
)
# How themes of Hexo name the look of a note.
_LOOKS = frozenset(
    "flat modern simple disabled no-icon icon inline end left right md open default".split()
)
_COLOURS = frozenset("red orange yellow green cyan blue purple pink grey gray".split())
_STATUS = re.compile(r"https?://\S+")
_TOOT = re.compile(r"https://([\w.-]+)/@?(?:users/)?([\w.-]+)(?:/statuses)?/\d+")


def _figure(given: Arguments) -> str:
    source = given.get("src", "url", "image", "image_path", "path", "file", "link_src", at=0)
    if not source:
        return ""
    alt = given.get("alt", "caption", "title", "description", at=1)
    title = given.get("title")
    caption = given.get("caption", "description")
    if title and caption and title != caption:
        title = f"{title}:"
    caption = " ".join(dict.fromkeys(filter(None, (title, caption, given.get("attr")))))
    credit = given.get("credit", "source")
    if credit:
        caption = f"{caption} ({credit})" if caption else credit
    side = given.get("align", "position", "float", default=given.get("class", "type"))
    return picture(
        source,
        alt,
        caption=caption,
        width=given.get("width", "w"),
        align=side,
        to=given.get("link", "href"),
    )


def _image(given: Arguments) -> str:
    """Translate `{% img left /images/a.png 320 240 "title" %}` and `{% image "a.png", "alt" %}`."""
    places = [place for place, value in enumerate(given.placed) if PICTURES.search(value)]
    if not places or given.get("src", "url"):
        return _figure(given)
    source = given.placed[places[0]]
    side = " ".join(given.placed[: places[0]])
    rest = [value for value in given.placed[places[0] + 1 :] if not _SIZES.fullmatch(value)]
    width = next((value for value in given.placed[places[0] + 1 :] if value.isdigit()), "")
    # Words in quotes are one value; without them all are the description.
    is_quoted = side or any(" " in value for value in rest[:1])
    words = given.get("alt", default=" ".join(rest[:1] if is_quoted else rest))
    return picture(source, words, caption=given.get("caption"), width=width, align=side)


def _youtube(given: Arguments) -> str:
    return youtube(
        given.get("id", "url", "src", "video", "youtube_id", "videoid", at=0), given.get("title")
    )


def _vimeo(given: Arguments) -> str:
    return vimeo(given.get("id", "url", "src", "video", at=0), given.get("title"))


def _gist(given: Arguments) -> str:
    user = given.get("user", "username")
    name = given.get("id", "url", "gist")
    if not name:
        name = "/".join(given.placed[:2])
    found = _GIST.search(name)
    if found is None:
        return ""
    path = f"{found[1] or (user + '/' if user else '')}{found[2]}"
    return link(f"Gist {path}", f"https://gist.github.com/{path}")


def _tweet(given: Arguments) -> str:
    user = given.get("user", "username")
    name = given.get("id", "url", "tweet", at=0)
    if not name:
        return ""
    if not user and len(given.placed) > 1:
        user = given.placed[0]
        name = given.placed[1]
    if _STATUS.match(name):
        return link("Post on X", name)
    return link("Post on X", f"https://x.com/{user or 'i'}/status/{name}")


def _embed(given: Arguments) -> str:
    url = given.get("url", "src", "id", "href", "link", at=0)
    title = given.get("title", "caption", "text", default=url)
    more = given.get("subtitle", "description")
    if not url:
        return plain(" ".join(filter(None, (title, more))))
    return f"{link(plain(title), url)}{': ' if more else ''}{plain(more)}"


def _mastodon(given: Arguments) -> str:
    """Translate a post's address, or a server, a user and a number, to a link."""
    address = given.get("url", "src", "id", at=0)
    found = _TOOT.match(address)
    if found is None:
        parts = (given.get("host", "server"), given.get("user"), given.get("id"))
        if not all(parts):
            return ""
        address = f"https://{parts[0]}/@{parts[1].lstrip('@')}/{parts[2]}"
        found = _TOOT.match(address)
    if found is None:
        return ""
    words = given.get("title", default=f"Post by @{found[2]}@{found[1]} on Mastodon")
    return link(plain(words), address)


def _link_card(given: Arguments) -> str:
    """Translate a link to a text of this site that shows its title and summary."""
    target = given.get("url", "src", "id", "href", "link", at=0)
    words = given.get("title", "text", at=1)
    if not target or "://" in target or given.get("subtitle", "description"):
        return _embed(given)
    shown = f'<a href="{address_of(target)}">{attribute(words or target)}</a>'
    return f'<div class="link-card">{shown}</div>'


def _instagram(given: Arguments) -> str:
    if not given.get("id", at=0):
        return ""
    return link("Picture on Instagram", f"https://www.instagram.com/p/{given.get('id', at=0)}/")


def _reference(given: Arguments) -> str:
    text, target = _words_and_address(given)
    if text and target:
        return link(plain(text), target)
    return given.get("path", "url", "slug", at=0)


def _words_and_address(given: Arguments) -> tuple[str, str]:
    """Return the first words, and the address, of arguments in either order."""
    target = next((value for value in given.placed if "://" in value), "")
    words = [value for value in given.placed if value != target and value not in ("true", "false")]
    return " ".join(words[:1]), target


def _film(given: Arguments) -> str:
    source = given.get("src", "url", "mp4", "file", "webm", at=0)
    if "youtu" in source:
        return youtube(source, given.get("title"))
    if "vimeo.com" in source:
        return vimeo(source, given.get("title"))
    if not source:
        # As the theme Minimal Mistakes has it.
        return _film_of_provider(given)
    name = given.get("title", "alt", "caption")
    return media(source, name)


def _film_of_provider(given: Arguments) -> str:
    """Translate `{% include video id="..." provider="youtube" %}`."""
    name = given.get("id")
    provider = given.get("provider").lower()
    if not name or provider not in SINGLE or provider == "video":
        return ""
    return SINGLE[provider](Arguments((name,), given.named))


def _frame(given: Arguments) -> str:
    source = given.get("src", "url", "href", at=0)
    if not source:
        return ""
    return frame(source, given.get("title", default=source))


def _service(base: str) -> Single:
    """Return what links to a work on another host: by its address, or by its name there."""

    def shown(given: Arguments) -> str:
        name = given.get("url", "src", "href", "id", "repo", "slug", "key", at=0)
        user = given.get("user", "username", "owner")
        if not name:
            return ""
        target = name
        if "://" not in name:
            target = base.format(f"{user}/pen/{name}" if user else name)
        return link(plain(given.get("title", default=target)), target)

    return shown


def _download(given: Arguments) -> str:
    target = given.get("src", "url", "file", "href", at=0)
    if not target:
        return ""
    return media(target, given.get("title", "name", "text"))


def _post_link(given: Arguments) -> str:
    """Translate Hexo's `{% post_link name "title" %}`."""
    target = given.get("path", at=0)
    words = [value for value in given.placed[1:] if value not in ("true", "false")]
    return link(plain(" ".join(words) or target), target)


def _button(given: Arguments) -> str:
    looks_like_one = [value for value in given.placed if re.search(r"[/#]|\.\w{2,5}$", value)]
    first = ""
    if looks_like_one:
        first = looks_like_one[0]
    target = given.get("href", "link", "url", "relref", "ref", "path", default=first)
    words = [value for value in given.placed if value != target]
    text = given.get("text", "title", "label", "name", default=words[0] if words else target)
    if target:
        return link(plain(text), target)
    return plain(text)


def _nothing(given: Arguments) -> str:
    return ""


def _text(given: Arguments) -> str:
    return plain(given.get("text", "content", "title", "label", "name", at=0))


def shown_words(given: Arguments) -> str:
    """Return what is shown of a construct that is not known here: its picture, or its words."""
    source = next(filter(PICTURES.search, (*given.named.values(), *given.placed)), "")
    if source:
        words = [value for value in given.placed if value != source and not _SIZES.fullmatch(value)]
        alt = given.get("alt", "caption", "title", default=" ".join(words[:1]))
        return picture(source, alt, caption=given.get("caption"), width=given.get("width"))
    shown = plain(given.get("text", "label", "content", "title", "caption", "message"))
    address = next(filter(_STATUS.fullmatch, (*given.named.values(), *given.placed)), "")
    if address:
        return link(shown or plain(address), address)
    return shown


def strong(shown: str) -> str:
    """Return what `shown_words` returned as a line of its own above a text."""
    if not shown or shown.startswith(("![", "<")):
        return shown
    return f"**{shown}**"


def _label(given: Arguments) -> str:
    """Translate `{% label primary@text of it %}` (Hexo's NexT) and `{% label text colour %}`."""
    everything = " ".join(given.placed)
    if "@" in everything:
        return plain(everything.partition("@")[2])
    return _text(given)


def _last_words(given: Arguments) -> str:
    """Translate `{% checkbox checked, text %}` and `{% span red, text %}` of Hexo's themes."""
    if given.placed:
        return plain(given.placed[-1])
    return ""


def _first_words(given: Arguments) -> str:
    """Translate `{% hideInline text, button %}` of Hexo's theme Butterfly."""
    return plain(given.placed[0]) if given.placed else ""


# Where the works are that a site names by their name there alone.
_SERVICES: Mapping[str, str] = {
    "asciinema": "https://asciinema.org/a/{}",
    "bilibili": "https://www.bilibili.com/video/{}",
    "codepen": "https://codepen.io/{}",
    "codesandbox": "https://codesandbox.io/s/{}",
    "github": "https://github.com/{}",
    "jsfiddle": "https://jsfiddle.net/{}",
    "soundcloud": "https://soundcloud.com/{}",
    "stackblitz": "https://stackblitz.com/edit/{}",
}

# Of these nothing is to be shown.
SILENT = frozenset(("toc", "tableofcontents", "table_of_contents"))

# Constructs without an end. One that is neither here nor in PAIRS is left out, with a note.
SINGLE: Mapping[str, Single] = {
    **dict.fromkeys(("figure", "fig", "figure.html", "imgcap", "zoom", "lightbox"), _figure),
    **dict.fromkeys(
        ("img", "image", "picture", "photo", "asset_img", "image.html", "responsive_image"), _image
    ),
    **dict.fromkeys(
        ("youtube", "youtubeplayer", "yt", "youtube.html", "youtube_video", "lite-youtube"),
        _youtube,
    ),
    **dict.fromkeys(("vimeo", "vimeo.html", "vimeo_simple"), _vimeo),
    **dict.fromkeys(("video", "video.html", "mp4", "audio"), _film),
    **dict.fromkeys(("iframe", "webembed", "embed-responsive"), _frame),
    **dict.fromkeys(("pdf", "pdfviewer", "embed-pdf", "embed_pdf"), _download),
    **{name: _service(base) for name, base in _SERVICES.items()},
    **dict.fromkeys(("gist", "gist.html"), _gist),
    **dict.fromkeys(
        ("tweet", "tweet_simple", "x", "x_simple", "twitter", "twitter_simple"), _tweet
    ),
    **dict.fromkeys(("instagram", "instagram_simple"), _instagram),
    **dict.fromkeys(("embed", "content-ref", "linkcard", "blogcard", "link-preview"), _embed),
    "card": _link_card,
    **dict.fromkeys(("mastodon", "toot"), _mastodon),
    **dict.fromkeys(
        ("ref", "relref", "post_url", "link", "post_path", "asset_path", "asset_url"), _reference
    ),
    **dict.fromkeys(("post_link", "asset_link", "doc_link"), _post_link),
    **dict.fromkeys(("button", "btn", "cta"), _button),
    **dict.fromkeys(SILENT, _nothing),
    **dict.fromkeys(("kbd", "abbr", "badge", "tag", "glossary_tooltip"), _text),
    **dict.fromkeys(("hideinline", "spoiler"), _first_words),
    "label": _label,
    **dict.fromkeys(
        ("span", "emp", "u", "wavy", "del", "psw", "p", "checkbox", "radio", "cb"), _last_words
    ),
    "url": _reference,
}


def _alert(name: str) -> Pair:
    def begin(given: Arguments) -> tuple[str, str]:
        kinds = [
            given.get("type", "style", "kind", "status", "level", "color", "icon"),
            *given.placed[:1],
            name,
        ]
        kind = next((kind for kind in kinds if kind.lower() in ALERTS), name)
        rest = " ".join(
            value for value in given.placed if value.lower() not in ALERTS and not _is_look(value)
        )
        title = given.get("title", "heading", "summary", "header", default=rest)
        return f"\n\n{alert(kind, title)}\n", f"\n{ALERT_END}\n"

    return begin


# Names of icons: `fa-bolt`, `triangle-exclamation`.
_ICON = re.compile(r"[a-z]+(?:-[a-z]+)+")


def _is_look(value: str) -> bool:
    """Whether an argument says how a construct looks, and is no word for readers."""
    return value in _LOOKS or _ICON.fullmatch(value) is not None


def _details(given: Arguments) -> tuple[str, str]:
    words = " ".join(value for value in given.placed if value not in _LOOKS | _COLOURS)
    title = given.get("summary", "title", "label", "text", default=words or "Details")
    return f"\n\n<details>\n<summary>{attribute(title)}</summary>\n\n", "\n\n</details>\n\n"


def _named_part(given: Arguments) -> tuple[str, str]:
    words = " ".join(value for value in given.placed if value not in _LOOKS)
    title = given.get("title", "name", "label", "header", "tabname", "tabtitle", default=words)
    return f"\n\n**{plain(title)}**\n\n" if title else "\n\n", "\n\n"


def _quote(given: Arguments) -> tuple[str, str]:
    who = ", ".join(
        filter(None, (given.get("author", "cite", "by", "who"), given.get("source", "title")))
    )
    who = who or " ".join(value for value in given.placed if value not in _LOOKS)
    cited = "\n"
    if who:
        cited = f"\n\n<p>{attribute(who)}</p>\n"
    return "\n\n<blockquote>\n\n", f"\n{cited}</blockquote>\n\n"


def _linked(given: Arguments) -> tuple[str, str]:
    target = given.get("href", "to", "link", "url", "relref", "ref", at=0)
    if target and " " not in target:
        return ("[", f"]({target})")
    return ("", "")


def _card(given: Arguments) -> tuple[str, str]:
    target = given.get("href", "link", "url", at=0)
    title = given.get("title", "name", "header")
    shown = plain(title)
    if target and title:
        shown = link(plain(title), target)
    if target and not title:
        return _linked(given)
    return (f"\n\n**{shown}**\n\n" if title else "\n\n"), "\n\n"


def _look(name: str) -> Pair:
    """Return what stands around a text of one of the looks that the style sheet knows."""
    return lambda given: (f'\n\n<div class="{name}">\n\n', "\n\n</div>\n\n")


def _aside(given: Arguments) -> tuple[str, str]:
    """A note in the margin; one with a kind or a title is a callout, as in Starlight."""
    if given.placed or given.get("type", "title"):
        return _alert("aside")(given)
    return _look("side-note")(given)


def _pull_quote(given: Arguments) -> tuple[str, str]:
    opening, closing = _quote(given)
    return f'\n\n<div class="pull-quote">{opening}', f"{closing}</div>\n\n"


def _element(tag: str) -> Pair:
    return lambda given: (f"<{tag}>", f"</{tag}>")


def _formula(given: Arguments) -> tuple[str, str]:
    return "$$", "$$"


def _blocks(given: Arguments) -> tuple[str, str]:
    return "\n\n", "\n\n"


def _image_with_caption(given: Arguments) -> tuple[str, str]:
    shown = _figure(given)
    return f"\n\n{shown}\n\n", "\n\n"


# Constructs with text up to an end: what is written before and after the text.
PAIRS: Mapping[str, Pair] = {
    **{
        name: _alert(name)
        for name in (*ALERTS, "admonition", "callout", "notice", "hint", "alert", "admonish", "box")
    },
    **dict.fromkeys(
        (
            "details",
            "expand",
            "collapse",
            "spoiler",
            "accordion",
            "accordion-item",
            "folding",
            "fold",
            "hidetoggle",
        ),
        _details,
    ),
    **dict.fromkeys(("tab", "tabitem", "codetab", "step", "tabpane", "column"), _named_part),
    **dict.fromkeys(
        ("tabs", "columns", "steps", "cards", "tabbed", "stepper", "row", "col", "grid"), _blocks
    ),
    **dict.fromkeys(("code", "code-group", "content", "center", "centerquote"), _blocks),
    **dict.fromkeys(("quote", "blockquote", "cq", "centerquote"), _quote),
    **dict.fromkeys(("pullquote", "pull-quote"), _pull_quote),
    "gallery": _look("gallery"),
    "aside": _aside,
    **dict.fromkeys(("button", "btn", "link", "content-ref"), _linked),
    "card": _card,
    **dict.fromkeys(("katex", "math", "tex", "mathjax", "latex"), _formula),
    **dict.fromkeys(("figure", "img", "image", "figcaption"), _image_with_caption),
    **{
        tag: _element(tag)
        for tag in ("mark", "kbd", "sub", "sup", "small", "u", "strong", "em", "abbr")
    },
}

_LANGUAGE = re.compile(r"(?:lang:)?([\w+#-]+)")


def fenced(code: str, language: str = "") -> str:
    """Return code as a fenced block; the fence is longer than any in the code."""
    runs = [len(run) for run in re.findall(r"`{3,}", code)]
    fence = "`" * max(3, max(runs, default=0) + 1)
    code = code.strip("\n")
    return f"\n\n{fence}{language}\n{code}\n{fence}\n\n"


def code_language(arguments: str) -> str:
    """Return the language in the arguments of a construct for code (`python linenos`), or ''."""
    given = read_language(arguments)
    found = _LANGUAGE.match(given)
    if found:
        return found[1]
    return ""


def read_language(arguments: str) -> str:
    """Return the part of a construct's arguments that names a language; '' where none does."""
    words = arguments.replace('"', " ").replace("'", " ").replace(",", " ").split()
    for word in words:
        if word.startswith("lang:"):
            return word
    for word in words:
        if word.startswith(("lang=", "language=")):
            return word.partition("=")[2]
    plain_words = [word for word in words if "=" not in word and ":" not in word]
    if plain_words:
        return plain_words[0]
    return ""
