"""Redirects of a static site: a page for each old address, and the file `_redirects` of hosts.

Netlify, Cloudflare Pages and others read `_redirects`; everywhere else the pages lead on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlsplit

from flask import Flask

from octavo.content.library.library import Edition
from octavo.site.addresses.redirect_rules import NAME, RuleError, parse_rule
from octavo.site.site import Site
from octavo.web.export.addresses import file_of

RULES = "_redirects"
# What a browser shows as a page, by the end of its name.
_PAGES = (".html", ".htm", ".xhtml")
_SAFE = "/:?#[]@!$&'()*+,;=%~"


def moves(site: Site, edition: Edition) -> dict[str, str]:
    """Return where old addresses lead, which are quoted paths from the site's own root."""
    found: dict[str, str] = {}
    inside = site.addresses.inside
    for key, post in edition.redirects.items():
        if ".." not in key.split("/"):
            found[f"/{quote(key, errors='replace')}/"] = site.addresses.post(post)
    for slug, post in edition.by_slug.items():
        plain = inside(site.addresses.by_slug(slug))
        if plain != inside(site.addresses.post(post)):
            found[plain] = site.addresses.post(post)
    for source, target in _simple_rules(site):
        found.setdefault(source, target)
    return dict(sorted(found.items()))


def _simple_rules(site: Site) -> Iterator[tuple[str, str]]:
    """Yield the rules of the site's own file that lead from one address to another.

    `/old/*  /new/:splat` is one for `/old/` too.
    """
    for line in _lines(site):
        words = line.split()
        try:
            rule = parse_rule(line)
        except RuleError:
            continue
        if rule is None or rule.parameters or not rule.target:
            continue
        source = words[0]
        target = rule.target
        if source.endswith("/*") and target.endswith("/:splat"):
            source = source.removesuffix("*")
            target = target.removesuffix(":splat")
        if not any(sign in source + urlsplit(target).path for sign in "*:"):
            yield source.rstrip("/") + "/", site.addresses.rooted(target)


def _lines(site: Site) -> list[str]:
    try:
        return (site.root / NAME).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def rules(site: Site, moves: Mapping[str, str]) -> str:
    """Return the file `_redirects`: the old addresses, and then the site's own rules."""
    rooted = site.addresses.rooted
    lines = []
    for path, target in moves.items():
        lines.append(f"{rooted(path.rstrip('/'))} {quote(target, safe=_SAFE)} 301")
    return "\n".join([*lines, *_lines(site), ""])


def file_of_move(path: str) -> str | None:
    """Return the file of the page that leads on from an old address; None where none can."""
    try:
        plain = path.rstrip("/")
        if plain.lower().endswith(_PAGES):
            return file_of(plain)
        if "." in plain.rpartition("/")[2]:
            return None
        return file_of(f"{plain}/")
    except ValueError:
        return None


def page(app: Flask, site: Site, target: str) -> str:
    """Return the HTML page that sends a browser on to the address `target`."""
    template = app.jinja_env.get_template("moved.html")
    settings = site.settings
    absolute = site.addresses.absolute(target)
    return template.render(target=target, absolute=absolute, language=settings.language)
