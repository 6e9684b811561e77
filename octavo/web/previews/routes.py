"""The addresses of previews: a link's token becomes a cookie, and pages are shown below its path.

    /-/preview/?preview=TOKEN
        --a cookie for /-/preview/NAME/ alone-->  /-/preview/NAME/articles/mars/

A preview is an application of its own with the site's views, whose builder of addresses has the
preview's path as its prefix. It gets of a request the path, the query and nothing else, so that no
header of it reaches a page; its answers go to one reader and into no cache.
"""

from __future__ import annotations

from collections import OrderedDict
from hmac import compare_digest
from threading import Lock

from flask import Blueprint, Flask, Response, current_app, redirect, request
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response as BaseResponse

from octavo.site.previews.links import PreviewLink, Signer
from octavo.site.previews.preview_site import FOLDER, PreviewSite
from octavo.site.site import Site
from octavo.web import request as requests
from octavo.web.pages import errors, media, own_pages, pages
from octavo.web.request import own, site
from octavo.web.theme import templates
from octavo.web.theme.look import look_of
from octavo.web.theme.theme import Theme

bp = Blueprint("previews", __name__)

COOKIE = "octavo_preview"
# The parameter of a link that holds its token; servers' logs and the recipes mask it.
PARAMETER = "preview"
# Previews whose applications are kept; one takes some 3 MB.
MAX_KEPT = 4
REFUSED = (
    "This preview link is not valid, or no longer.\nAsk whoever gave it to you for a new one.\n"
)
# What the answer of a preview must not say to caches.
_FOR_CACHES = (
    "ETag", "Last-Modified", "Surrogate-Key", "Cache-Tag", "Cache-Groups", "Accept-Ranges",
)  # fmt: skip
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}


class Previews:
    """The previews of a site, each with its application, made when it is first asked for."""

    def __init__(self, site: Site) -> None:
        self.signer = Signer(site.settings.preview_secret)
        self._site = site
        self._kept: OrderedDict[tuple[str, str], Flask] = OrderedDict()
        self._lock = Lock()

    def app_of(self, name: str, link: PreviewLink) -> Flask:
        """Return the application of the preview with that name, as its files are now."""
        # Its templates are compiled with its addresses, and anew when a template changes.
        key = (name, self._site.theme.digest)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make_preview_app(PreviewSite(self._site, name, link.scope))
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]


def make_preview_app(site: PreviewSite) -> Flask:
    """Return an application with the pages and files of a site, and no search, feeds or API."""
    app = templates.bare_app(site.root, site.instance_dir)
    theme = Theme.of(site.root, site.settings, site.plugins, app.jinja_env, [])
    site.use(theme)
    app.extensions["octavo"] = site
    look = look_of(site.settings, theme.assets, site.addresses)
    requests.init_app(app, site, look.markup, theme.assets.plain_at, media.plain_file)
    templates.init_app(app, theme.templates, theme.assets, site.plugins, site.addresses, look)
    prefix = site.addresses.prefix.rpartition(FOLDER)[0]
    # Static files are the same for everybody, and may be kept.
    app.jinja_env.globals["asset"] = lambda name: prefix + theme.assets.url(name)
    errors.init_app(app, theme.templates.broken_page)
    app.register_blueprint(media.bp)
    pages.init_app(app, site)
    own_pages.init_app(app, site)
    return app


def init_app(app: Flask, site: Site) -> None:
    """Serve the previews of a site."""
    app.extensions["octavo_previews"] = Previews(site)
    app.register_blueprint(bp)


def previews() -> Previews:
    """Return the sites that preview links of the current application show."""
    found: Previews = current_app.extensions["octavo_previews"]
    return found


@bp.get(FOLDER)
def begin() -> BaseResponse:
    """Exchange a link's token for a cookie that is sent below the preview's path alone."""
    token = request.args.get(PARAMETER, "")
    link = previews().signer.read(token, site().clock())
    if link is None:
        return _refused()
    name = previews().signer.name_of(link.scope)
    folder = own(f"{FOLDER}{name}/")
    answer = redirect(_first_page(link, name) or folder, code=303)
    answer.set_cookie(
        COOKIE,
        token,
        path=folder,
        max_age=int(link.until - site().clock()),
        secure=site().settings.base_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    answer.headers.update(_PRIVATE)
    return answer


def _first_page(link: PreviewLink, name: str) -> str:
    """Return the address of the text that a link is for; '' where it is for more, or is gone."""
    post = site().library.by_path.get(link.scope.post)
    if post is None:
        return ""
    return PreviewSite(site(), name, link.scope).addresses.post(post)


@bp.get(f"{FOLDER}<name>/")
@bp.get(f"{FOLDER}<name>/<path:rest>")
def shown(name: str, rest: str = "") -> BaseResponse:
    """Return a page of a preview, for those whose cookie names it; others are refused."""
    link = previews().signer.read(request.cookies.get(COOKIE, ""), site().clock())
    if link is None:
        return _refused()
    own_name = previews().signer.name_of(link.scope)
    if not compare_digest(own_name.encode(), name.encode()):
        return _refused()
    app = previews().app_of(name, link)
    preview: PreviewSite = app.extensions["octavo"]
    preview.follow()
    path = request.environ["PATH_INFO"].removeprefix(f"{FOLDER}{name}")
    asked = EnvironBuilder(
        base_url=f"{preview.settings.base_url}/",
        query_string=request.query_string.decode("latin-1"),
    ).get_environ()
    asked["PATH_INFO"] = path
    answer = BaseResponse.from_app(app, asked)
    for header in _FOR_CACHES:
        answer.headers.pop(header, None)
    answer.headers.update(_PRIVATE)
    return answer


def _refused() -> BaseResponse:
    return Response(REFUSED, 403, mimetype="text/plain", headers=_PRIVATE)
