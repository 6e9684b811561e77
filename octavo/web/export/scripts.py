"""Modules as classic scripts: a browser that reads a page from disk runs no modules.

A module and those that it imports become functions in one script, in the order of their imports.
What is imported while the script runs (`import()`) stays as it is.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping

from octavo.web.theme.assets import Asset

_IMPORT = re.compile(
    r"""^[ \t]*import\s*(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)|\{([^}]*)\})?\s*(?:from\s*)?"""
    r"""(["'])([^"']+)\4[ \t]*;?""",
    re.MULTILINE,
)
_EXPORTED = re.compile(
    r"^[ \t]*export\s+((?:async\s+)?function\s*\*?\s*|class\s+|const\s+|let\s+|var\s+)([\w$]+)",
    re.MULTILINE,
)
_DEFAULT = re.compile(r"^[ \t]*export\s+default\s+", re.MULTILINE)
_NAMES = re.compile(r"^[ \t]*export\s*\{([^}]*)\}[ \t]*;?", re.MULTILINE)
_AS = re.compile(r"\s+as\s+")


def classic(asset: Asset, by_url: Mapping[str, Asset]) -> bytes:
    """Return a module, with those that it imports, as one classic script.

    `by_url` are the scripts by their addresses, from which imports of others are read.
    """
    modules: dict[str, str] = {}
    _collect(asset, by_url, modules, set())
    if len(modules) == 1 and "exports." not in modules[asset.url]:
        return f"(() => {{\n{modules[asset.url]}\n}})();\n".encode()
    parts = ["(() => {\nconst loaded = {};\n"]
    for url, text in modules.items():
        parts.append(f"((exports) => {{\n{text}\n}})(loaded[{json.dumps(url)}] = {{}});\n")
    return "".join([*parts, "})();\n"]).encode()


def _collect(
    asset: Asset, by_url: Mapping[str, Asset], modules: dict[str, str], above: set[str]
) -> None:
    """Put a module into `modules`, behind those that it imports."""
    if asset.url in modules or asset.url in above:
        return
    above.add(asset.url)

    def imported(found: re.Match[str]) -> str:
        default, whole, names, _, path = found.groups()
        url = posixpath.normpath(posixpath.join(posixpath.dirname(asset.url), path))
        if url not in by_url:
            return found[0]
        _collect(by_url[url], by_url, modules, above)
        source = f"loaded[{json.dumps(url)}]"
        lines = []
        if default:
            lines.append(f"const {default} = {source}.default;")
        if whole:
            lines.append(f"const {whole} = {source};")
        if names:
            lines.append(f"const {{{_AS.sub(': ', names)}}} = {source};")
        return " ".join(lines)

    text = _IMPORT.sub(imported, asset.data.decode("utf-8"))
    exports = [name for _, name in _EXPORTED.findall(text)]
    text = _EXPORTED.sub(r"\1\2", text)
    text = _DEFAULT.sub("exports.default = ", text)
    ends = [f"exports.{name} = {name};" for name in exports]
    for group in _NAMES.findall(text):
        for pair in filter(None, map(str.strip, group.split(","))):
            own, _, exported = _AS.sub(" as ", pair).partition(" as ")
            ends.append(f"exports.{exported or own} = {own};")
    modules[asset.url] = "\n".join([_NAMES.sub("", text), *ends])
