"""Answers for programs: robots.txt, llms.txt, articles as Markdown, and oEmbed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from flask import Blueprint, Response, abort, jsonify, render_template, request

from octavo.content.posts import Post
from octavo.web.cache import cached
from octavo.web.feeds.xml import xml_response
from octavo.web.head import is_own, social_image
from octavo.web.read_model.cards import Card
from octavo.web.read_model.read_model import ReadModel
from octavo.web.request import found, read_model, site

bp = Blueprint("discovery", __name__)

# Articles named in llms.txt, the newest ones.
NAMED = 100
# RFC 9116 wants less than a year.
SECURITY_TXT_LIFETIME = timedelta(days=180)
# Size of an embedded article in pixels, where the page that embeds it leaves the choice to us.
WIDTH, HEIGHT = 600, 200

# Code and comments, in which nothing is a link; the target of a link, of a picture, of a link's
# definition, of a tag.
_TARGETS = re.compile(
    r"(?P<code>^(?P<fence>`{3,}|~{3,}).*?(?:^(?P=fence)|\Z)|(?P<ticks>`+)[^`].*?(?P=ticks)"
    r"|<!--.*?-->)"
    r"|(?:\]\(\s*|^ {0,3}\[[^\]\n]+\]:\s*)"
    r"(?:<(?P<angled>[^<>\n]+)>|(?P<bare>(?:[^()\s<>]|\([^()\s<>]*\))+))"
    r"|<(?:a|img)\s[^<>]*?\b(?:href|src)=[\"'](?P<raw>[^\"'<>]+)",
    re.DOTALL | re.MULTILINE,
)
# What Markdown would take for more than letters.
_SIGNS = re.compile(r"[\\`*\[\]<>]")
# What stays as it is when an address is made safe for a header.
_URL = ":/?#[]@!$&'()*+,;=%~"
_AFTER_PATH = re.compile(r"[?#]")
_SCHEME = re.compile("//|[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@bp.get("/robots.txt")
@cached()
def robots() -> Response:
    """Return robots.txt: what crawlers may read, and where the sitemaps are (RFC 9309)."""
    return _text("robots.txt", "text/plain")


@bp.get("/.well-known/security.txt")
def security() -> Response:
    """Return security.txt (RFC 9116): where holes are reported; 404 where no setting says."""
    contact = site().settings.security_contact
    if not contact:
        abort(404)
    expires = datetime.fromtimestamp(site().clock(), UTC) + SECURITY_TXT_LIFETIME
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT00:00:00Z}",
        f"Preferred-Languages: {site().settings.language}",
        f"Canonical: {site().addresses.absolute('/.well-known/security.txt')}",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@bp.get("/llms.txt")
@cached()
def llms() -> Response:
    """Return llms.txt: an outline of the site for language models (https://llmstxt.org)."""
    here = read_model()
    slugs = found(here.latest(None, "", NAMED))
    cards = [(slug, card) for slug in slugs if (card := here.card(slug))]
    return _text("llms.txt", "text/plain", cards=cards, categories=here.terms("category"))


@bp.get("/articles/<slug>.md")
@cached()
def markdown(slug: str) -> Response:
    """Return an article as Markdown, with absolute addresses; 404 where there is none."""
    here = read_model()
    post, card = found(here.post(slug)), found(here.card(slug))
    body = _absolute(here, post, site().body(post))
    addresses = site().addresses
    url = addresses.absolute(card.url)
    response = _text(
        "article.md",
        "text/markdown",
        post=post,
        card=card,
        updated=here.revised(post),
        url=url,
        body=body.strip(),
    )
    original = url
    if not is_own(addresses, post):
        original = quote(post.canonical, safe=_URL)
    response.headers["Link"] = f'<{original}>; rel="canonical"'
    if post.noindex:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def _absolute(here: ReadModel, post: Post, body: str) -> str:
    addresses = site().addresses

    def target(match: re.Match[str]) -> str:
        name = next((name for name in ("angled", "bare", "raw") if match[name]), None)
        url = resolved(match[name]) if name else None
        if name is None or url is None:
            return match[0]
        start, end = match.span(name)
        return body[match.start() : start] + url + body[end : match.end()]

    def resolved(target: str) -> str | None:
        path = _AFTER_PATH.split(target, maxsplit=1)[0]
        if not path or _SCHEME.match(path):
            return None
        url = here.link(post.path, unquote(path))
        if url is None and path.startswith("/"):
            url = path
        if url is None:
            return None
        return addresses.absolute(url) + target[len(path) :]

    return _TARGETS.sub(target, body)


@bp.get("/oembed")
@cached("url", "format", "maxwidth", "maxheight", seconds=600)
def oembed() -> Response:
    """Return an article for embedding in other pages, as JSON or XML: https://oembed.com.

    404 where `url` is no article here, 501 for another `format`.
    """
    form = request.args.get("format", "json")
    if form not in ("json", "xml"):
        abort(501)
    settings = site().settings
    addresses = site().addresses
    here = read_model()
    # The scheme may differ: pages are shared under both.
    host = re.escape(urlsplit(addresses.site).netloc)
    asked = found(re.fullmatch(rf"https?://{host}(/[^?#]*)", request.args.get("url", "")))
    slug = found(here.slug_at(asked[1]))
    post, card = found(here.post(slug)), found(here.card(slug))
    answer = {
        "version": "1.0",
        "type": "rich",
        "title": post.title,
        "provider_name": settings.title,
        "provider_url": addresses.absolute(addresses.path("/")),
        "cache_age": 3600,
        "html": render_template("oembed.html", card=card).strip(),
        "width": min(WIDTH, _pixels("maxwidth")),
        "height": min(HEIGHT, _pixels("maxheight")),
        **_author(card),
        **_thumbnail(post, card),
    }
    response = (
        jsonify(answer) if form == "json" else xml_response("oembed.xml", "text/xml", answer=answer)
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _pixels(name: str) -> int:
    """Return a parameter in pixels; a large number where it is missing or wrong."""
    text = request.args.get(name, "")
    return int(text) if re.fullmatch("[1-9][0-9]{0,4}", text) else 100_000


def _author(card: Card) -> dict[str, str]:
    if not card.authors:
        return {}
    first = card.authors[0]
    return {"author_name": first.name, "author_url": site().addresses.absolute(first.url)}


def _thumbnail(post: Post, card: Card) -> dict[str, Any]:
    image = social_image(site(), post, card.picture)
    if image.width > _pixels("maxwidth") or image.height > _pixels("maxheight"):
        return {}
    return {
        "thumbnail_url": image.url,
        "thumbnail_width": image.width,
        "thumbnail_height": image.height,
    }


def literal(text: str) -> str:
    """Return plain text as Markdown: signs that Markdown would read are escaped."""
    return _SIGNS.sub(r"\\\g<0>", text)


def _text(template: str, mimetype: str, **given: Any) -> Response:
    return Response(
        render_template(template, literal=literal, **given),
        content_type=f"{mimetype}; charset=utf-8",
    )
