"""Files beside the pages: those of static/, and pictures beside posts with their responsive widths."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, abort, current_app, send_file

from octavo.content.images import ImageError, copy_widths, variant
from octavo.web.cache.plans import cached
from octavo.web.request import read_model, site
from octavo.web.security import SANDBOX
from octavo.web.theme.assets import Assets

bp = Blueprint("media", __name__)

FOREVER = "public, max-age=31536000, immutable"


@bp.get("/static/<path:name>")
@cached()
def static(name: str) -> Response:
    """A file of static/ under its hashed address."""
    assets = cast(Assets, current_app.extensions["octavo_assets"])
    if f"/static/{name}" not in assets.by_url:
        # Another process may have seen the new file before this one did.
        site().look_around()
    asset = assets.by_url.get(f"/static/{name}")
    if asset is None:
        abort(404)
    response = Response(asset.data, mimetype=asset.mimetype)
    response.headers["Cache-Control"] = FOREVER
    return response


@bp.get("/favicon.ico")
@cached()
def favicon() -> Response:
    """The icon where browsers look for one without being told."""
    asset = cast(Assets, current_app.extensions["octavo_assets"]).by_name.get("icons/favicon.ico")
    if asset is None:
        abort(404)
    return Response(
        asset.data, mimetype=asset.mimetype, headers={"Cache-Control": "public, max-age=86400"}
    )


@bp.get("/media/<tag>/<path:name>.svg")
@cached()
def drawing(tag: str, name: str) -> Response:
    """An SVG beside its post. It is text, so it is kept and compressed as pages are."""
    path = f"{name}.svg"
    found = site().picture("", path)
    if found is None or found[1].digest[:12] != tag or read_model().image("", path) is None:
        abort(404)
    response = Response((site().posts_dir / path).read_bytes(), mimetype=found[1].mimetype)
    response.headers["Cache-Control"] = FOREVER
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


@bp.get("/media/<tag>/<path:path>")
def original(tag: str, path: str) -> Response:
    """A picture as it lies beside its post."""
    found = site().picture("", path)
    if found is None or found[1].digest[:12] != tag:
        abort(404)
    mimetype = found[1].mimetype
    response = send_file(
        site().posts_dir / found[0], mimetype=mimetype, conditional=False, etag=False
    )
    response.headers["Cache-Control"] = FOREVER
    if mimetype == "image/svg+xml":
        response.headers["Content-Security-Policy"] = SANDBOX
    return response


@bp.get("/media/<tag>/<int:width>/<path:path>.webp")
def scaled(tag: str, width: int, path: str) -> Response:
    """A picture in one of the widths that `srcset` names, made on first use."""
    found = site().picture("", path)
    if found is None or found[1].digest[:12] != tag or width not in copy_widths(found[1]):
        abort(404)
    try:
        data = variant(site().posts_dir / found[0], width, site().cache_dir).read_bytes()
    except ImageError:
        abort(404)
    except OSError as error:
        # A full disk keeps no copy. The original shows the same, and the next request tries again.
        current_app.logger.warning("No smaller copy of %s can be kept: %s", found[0], error)
        response = original(tag, path)
        response.headers["Cache-Control"] = "no-store"
        return response
    response = Response(data, mimetype="image/webp")
    response.headers["Cache-Control"] = FOREVER
    return response
