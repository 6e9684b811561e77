"""Files: those of static/, pictures in their widths, and other files beside articles."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, redirect, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response as BaseResponse

from octavo.content.attachments import Attachment, open_public
from octavo.content.files.reading import PublicFile
from octavo.content.images import (
    SUFFIXES,
    ImageError,
    Picture,
    next_smaller,
    original,
    probe,
)
from octavo.site.addresses import STATIC
from octavo.web.cache import cached
from octavo.web.request import found, read_model, site
from octavo.web.security import SANDBOX
from octavo.web.theme.assets import Assets
from octavo.web.theme.look import ICON

bp = Blueprint("media", __name__)

FOREVER = "public, max-age=31536000, immutable"
# An original of at most so many bytes stands in for a copy that is not ready.
MAX_STOPGAP_BYTES = 8_000_000
# For files whose address stays when they change; seconds.
BRIEFLY = "public, max-age=300"


def _assets() -> Assets:
    return cast(Assets, current_app.extensions["octavo_assets"])


def plain_file(file: Path) -> BaseResponse:
    """Answer with a file of static/root/, which has an address of its own."""
    response: BaseResponse
    try:
        if file.suffix.lower() in SUFFIXES:
            response = Response(original(file), mimetype=probe(file).mimetype)
        else:
            mimetype = Assets.type_of(file.name)
            response = send_file(file, mimetype=mimetype, conditional=True)
    except (ImageError, OSError):
        abort(404)
    response.headers["Cache-Control"] = BRIEFLY
    return response


@bp.get("/static/<path:name>")
@cached()
def static(name: str) -> Response:
    """Return a file of static/: at its hashed address for ever, at its own name for a while."""
    assets = _assets()
    read_model().asset(name)
    if f"/static/{name}" not in assets.by_url:
        # Another process may have seen the new file before this one did.
        site().check_for_changes()
    asset = assets.by_url.get(f"/static/{name}")
    lifetime = FOREVER
    if asset is None:
        asset = assets.by_name.get(name)
        lifetime = BRIEFLY
    if asset is None:
        abort(404)
    return Response(asset.data, mimetype=asset.mimetype, headers={"Cache-Control": lifetime})


@bp.get("/favicon.ico")
@cached()
def favicon() -> Response:
    """Return the icon at the address where browsers look for it by themselves."""
    names = ("icons/favicon.ico", site().settings.icon, ICON)
    for name in names:
        read_model().asset(name)
    known = _assets().by_name
    asset = found(next((known[name] for name in names if name in known), None))
    return Response(
        asset.data, mimetype=asset.mimetype, headers={"Cache-Control": "public, max-age=86400"}
    )


@bp.get("/media/<tag>/<path:name>.svg")
@cached()
def drawing(tag: str, name: str) -> Response:
    """Return an SVG beside its post; as text, it is kept and compressed like pages."""
    path = f"{name}.svg"
    file, picture = _picture(tag, path)
    # Notes the file as a dependency: the kept answer goes when the file does.
    read_model().image("", f"/{path.removeprefix(STATIC)}")
    try:
        return _forever(original(file), picture.mimetype)
    except ImageError:
        abort(404)


@bp.get("/media/<tag>/<path:path>")
def beside(tag: str, path: str) -> BaseResponse:
    """Return a file beside its post: a picture without metadata, or one of the allow-list.

    An original that readers do not get leads to its largest copy.
    """
    if path.lower().endswith(SUFFIXES):
        return _original(tag, path)
    file = found(site().resolver(site().edition()).attachment_at(path))
    if file.digest != tag:
        abort(404)
    return _attachment(file)


def _original(tag: str, path: str) -> BaseResponse:
    file, picture = _picture(tag, path)
    largest = site().addresses.largest_copy
    try:
        if picture.is_public(largest):
            return _forever(original(file), picture.mimetype)
    except ImageError:
        if not picture.copy_widths(largest):
            abort(404)
    # The original is too large for readers, or its metadata cannot be removed.
    width = picture.copy_widths(largest)[-1]
    moved = redirect(site().addresses.copy(path, picture, width))
    moved.headers["Cache-Control"] = BRIEFLY
    return moved


def _attachment(file: Attachment) -> BaseResponse:
    response = send_file(
        open_public(site().folders.posts, file),
        mimetype=file.type.mimetype,
        as_attachment=file.type.use == "save",
        download_name=file.path.rpartition("/")[2],
        etag=file.digest,
        conditional=False,
    )
    response.content_length = file.bytes
    response.headers["Cache-Control"] = FOREVER
    if file.type.use == "save":
        response.headers["Content-Security-Policy"] = SANDBOX
    try:
        response.make_conditional(_one_range(), accept_ranges=True, complete_length=file.bytes)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response


def _one_range() -> dict[str, Any]:
    """Return the request's environ, without a Range header that is not one range of bytes.

    Others are ignored (RFC 9110, section 14.2).
    """
    asked = request.range
    if asked is not None and asked.units == "bytes" and len(asked.ranges) == 1:
        return request.environ
    return {name: value for name, value in request.environ.items() if name != "HTTP_RANGE"}


@bp.get("/media/<tag>/<int:width>/<path:path>.webp")
def scaled(tag: str, width: int, path: str) -> BaseResponse:
    """Return a picture's WebP copy in one of the widths of `srcset`, made on first use."""
    file, picture = _picture(tag, path)
    largest = site().addresses.largest_copy
    if width not in picture.copy_widths(largest):
        abort(404)
    copy = site().pictures.copy(file, picture, width)
    if copy is not None:
        return _forever(copy, "image/webp")
    return _next_best(file, picture, width)


def _next_best(file: PublicFile, picture: Picture, width: int) -> BaseResponse:
    """Answer with the next smaller copy that exists, else with the original if it is not large.

    No cache keeps it: the copy may be there at the next request.
    """
    smaller = next_smaller(picture, width, site().cache_dir)
    response = _not_yet()
    with suppress(ImageError, OSError):
        if smaller is not None:
            response = Response(smaller.read_bytes(), mimetype="image/webp")
        elif picture.bytes <= MAX_STOPGAP_BYTES:
            response = Response(original(file), mimetype=picture.mimetype)
    response.headers["Cache-Control"] = "no-store"
    return response


def _not_yet() -> Response:
    response = Response("The picture is not ready yet.\n", 503, mimetype="text/plain")
    response.headers["Retry-After"] = "2"
    return response


@bp.get("/covers/<tag>/<path:path>.jpg")
def social_card(tag: str, path: str) -> BaseResponse:
    """Return a picture's social card, made on first use."""
    file, picture = _picture(tag, path)
    if not picture.has_card:
        abort(404)
    made = site().pictures.card(file, picture)
    if made is not None:
        return _forever(made, "image/jpeg")
    return _next_best(file, picture, 0)


def _picture(tag: str, path: str) -> tuple[PublicFile, Picture]:
    """Return the file and facts of a picture by the digest and the path in its address, or 404."""
    picture = found(site().resolver(site().edition()).picture_at(path))
    if picture.digest[:12] != tag:
        abort(404)
    return site().folders.file(path), picture


def _forever(data: bytes, mimetype: str) -> Response:
    response = Response(data, mimetype=mimetype, headers={"Cache-Control": FOREVER})
    if mimetype == "image/svg+xml":
        response.headers["Content-Security-Policy"] = SANDBOX
    return response
