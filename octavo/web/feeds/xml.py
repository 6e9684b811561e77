"""Answers in XML."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, render_template

# Characters that XML 1.0 forbids, even escaped.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_response(template: str, mimetype: str = "application/xml", **given: Any) -> Response:
    """Return a template's XML as a response, without the characters that XML 1.0 forbids."""
    text = _IMPOSSIBLE.sub("", render_template(template, **given))
    return Response(text, content_type=f"{mimetype}; charset=utf-8")
