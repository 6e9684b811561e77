"""The formats of front matter, in the order in which they are tried."""

from __future__ import annotations

from octavo.content.frontmatter.formats.base import Handler, Scalar
from octavo.content.frontmatter.formats.json_head import JsonHandler
from octavo.content.frontmatter.formats.lines_head import NikolaHandler, PelicanHandler
from octavo.content.frontmatter.formats.toml_head import TomlHandler
from octavo.content.frontmatter.formats.yaml_head import CommentHandler, HexoHandler, YamlHandler

HANDLERS: tuple[type[Handler], ...] = (
    YamlHandler,
    TomlHandler,
    JsonHandler,
    NikolaHandler,
    CommentHandler,
    HexoHandler,
    PelicanHandler,
)

__all__ = ["HANDLERS", "Handler", "Scalar"]
