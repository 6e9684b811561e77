"""What a folder's own file says about who may read its texts.

https://gohugo.io/content-management/front-matter/#cascade
https://www.11ty.dev/docs/data-template-dir/
https://quarto.org/docs/projects/quarto-projects.html#directory-metadata
https://squidfunk.github.io/mkdocs-material/plugins/meta/
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import yaml

from octavo.content.errors import Mark, Problem, number
from octavo.content.files.walk import is_section
from octavo.content.frontmatter.audience import restriction
from octavo.content.frontmatter.fences import plain_name
from octavo.content.frontmatter.values import is_absent
from octavo.content.frontmatter.verdicts import Audience
from octavo.content.posts import Post

# The larger rest of such a file is not read; characters.
MAX_LIMIT_CHARACTERS = 100_000
# A field in a program: `draft: true`, `"permalink": false`.
_IN_PROGRAM = re.compile(r"""["']?(?P<name>[A-Za-z_]\w*)["']?\s*:\s*["']?(?P<value>[\w-]+)""")


class FolderLimit(NamedTuple):
    """The file at `path` lets only `audience` read the texts below `folder`.

    `folder` ends with a slash; `pattern` is what their paths have to match from the root on.
    """

    path: str
    folder: str
    audience: Audience
    pattern: str = "*"

    def concerns(self, post: Post) -> bool:
        """Whether the limit is for a text: one below its folder whose path has its pattern."""
        if not post.path.startswith(self.folder) or post.path == self.path:
            return False
        bare = f"/{post.path.rpartition('.')[0]}"
        return fnmatchcase(bare, self.pattern) or fnmatchcase(bare, f"*{self.pattern}")


def limit_of_file(path: str, text: str) -> FolderLimit | None:
    """Return the limit in a file of data for its folder, or None where it sets none."""
    found: Any = None
    text = text[:MAX_LIMIT_CHARACTERS]
    try:
        if path.endswith(".json"):
            found = json.loads(text)
        elif path.endswith((".yml", ".yaml")):
            found = yaml.safe_load(text)
        else:
            found = {one["name"]: one["value"] for one in _IN_PROGRAM.finditer(text)}
    except (ValueError, RecursionError, yaml.YAMLError):
        return None
    audience = _audience(found)
    if audience < Audience.UNLISTED:
        return None
    return FolderLimit(path, path.rpartition("/")[0] + "/" * ("/" in path), audience)


def limits_of_sections(posts: Iterable[Post]) -> Iterator[FolderLimit]:
    """Yield the limits in the cascades of folders' own texts."""
    for post in posts:
        if not is_section(post.path):
            continue
        given = post.extra_value("cascade")
        parts = given if isinstance(given, list) else [given]
        for part in parts:
            audience = _audience(part)
            if audience >= Audience.UNLISTED:
                folder = post.path.rpartition("/")[0] + "/" * ("/" in post.path)
                yield FolderLimit(post.path, folder, audience, _pattern(part))


def _pattern(part: Mapping[str, Any]) -> str:
    target = part.get("target", part.get("_target"))
    if not isinstance(target, dict) or not isinstance(target.get("path"), str):
        return "*"
    return str(target["path"]).strip("{}").replace("**", "*")


def _audience(fields: Any) -> Audience:
    """Return who may read texts with some fields; a value that is not understood withholds."""
    audience = Audience.PUBLIC
    if not isinstance(fields, dict):
        return audience
    for name, value in fields.items():
        if is_absent(value):
            continue
        verdict = restriction(plain_name(str(name)), value)
        if verdict is not None:
            audience = max(audience, verdict.audience)
    return audience


def limited(
    posts: Sequence[Post], limits: Sequence[FolderLimit]
) -> tuple[list[Post], list[Problem]]:
    """Return the posts with what their folders say, and a problem for each limit that matters."""
    if not limits:
        return list(posts), []
    counts: Counter[FolderLimit] = Counter()
    shown = []
    for post in posts:
        own = [limit for limit in limits if limit.concerns(post)]
        audience = max((limit.audience for limit in own), default=Audience.PUBLIC)
        if own and not post.draft:
            counts.update(own)
        if audience == Audience.WITHHELD:
            post = replace(post, draft=True)
        elif audience == Audience.UNLISTED:
            post = replace(post, unlisted=True)
        shown.append(post)
    return shown, [_problem(limit, count) for limit, count in counts.items()]


def _problem(limit: FolderLimit, count: int) -> Problem:
    what = "from readers"
    if limit.audience == Audience.UNLISTED:
        what = "out of all lists"
    cause = f"What this file says keeps {number(count, 'text')} of its folder {what}."
    return Problem(Mark(limit.path), cause, "Change it there, if they are to be seen.", "warning")
