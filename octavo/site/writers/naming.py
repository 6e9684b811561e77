"""How a file spells a field: `tag`, `Tags` and `keywords` are the same one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from octavo.content.frontmatter.fences import plain_name
from octavo.content.frontmatter.fields import OF_POSTS
from octavo.content.frontmatter.values import is_absent


def name_in(fields: Mapping[str, Any], wanted: str) -> str:
    """Return how a front matter spells the field `wanted`; `wanted` itself where it has none.

    Of several spellings it is the one whose value counts.
    """
    ranked: dict[str, int] = {}
    for name, value in fields.items():
        found = OF_POSTS.find(plain_name(name))
        if found is not None and found[1].name == wanted and not is_absent(value):
            ranked[name] = found[0]
    if ranked:
        return min(ranked, key=lambda name: ranked[name])
    return next((name for name in fields if plain_name(name) == wanted), wanted)
