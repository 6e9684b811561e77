"""Moving in: the texts and files of another system's source folder, as changes of posts/.

Front matter and dialects of other systems are read here as they are, and an article is found at its
old address by its name, so that texts are copied byte by byte; only drafts that are drafts by their
folder are told so in their front matter.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.editing.changes import Changes
from octavo.content.editing.head_editor import HeadEditor
from octavo.content.editing.layouts import EditError
from octavo.content.errors import ContentError
from octavo.content.files.walk import MARKDOWN, OTHER_TEXTS, PAGES, is_content, is_section
from octavo.content.images import SUFFIXES
from octavo.content.parse import parse
from octavo.content.posts import Post
from octavo.site.site import Site

# Examples of what was left that are told for each reason.
MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class System:
    """Another system: where its texts and files lie, and the path here of each.

    `target` takes a path below the source and returns one below posts/, or '' for what is no part
    of the writing. `drafts` is the folder whose texts are drafts.
    """

    name: str
    target: Callable[[str], str]
    drafts: str = ""


@dataclass(slots=True)
class Arrival:
    """What moves in, and what does not: the changes, counts, and paths by reason."""

    changes: Changes
    counts: Counter[str] = field(default_factory=Counter)
    left: dict[str, list[str]] = field(default_factory=dict)

    def leave(self, path: str, why: str) -> None:
        """Note that a file is not carried over, or not as it was."""
        self.left.setdefault(why, []).append(path)

    def lines(self) -> Iterator[str]:
        """Yield the report: what comes, then each reason with its number and some examples."""
        told = (f"{count:,} {what}" for what, count in self.counts.items())
        yield f"Brings {', '.join(told) or 'nothing'}."
        for why, paths in sorted(self.left.items()):
            examples = ", ".join(paths[:MAX_EXAMPLES])
            if len(paths) > MAX_EXAMPLES:
                examples += ", ..."
            yield f"{len(paths):,} {why}: {examples}"


def _of_hugo(path: str) -> str:
    first, _, rest = path.partition("/")
    if first in ("static", "assets"):
        return rest
    if first != "content":
        return ""
    if "/" not in rest and is_content(rest) and not is_section(rest):
        return f"{PAGES}{rest}"
    return rest


def _of_jekyll(path: str) -> str:
    first, _, rest = path.partition("/")
    if first in ("_posts", "_drafts"):
        return rest
    if not rest and is_content(path):
        return f"{PAGES}{path}"
    if first[:1] in "._" or path.lower().endswith(MARKDOWN):
        return ""
    return path


SYSTEMS = {
    "hugo": System("hugo", _of_hugo),
    "jekyll": System("jekyll", _of_jekyll, drafts="_drafts/"),
}


def move_in(site: Site, system: System, source: Path) -> Arrival:
    """Return what a source folder of another system brings along.

    Nothing that is there is overwritten, and no link that leads out of the source is followed.
    """
    arrival = Arrival(Changes(site.folders.posts))
    taken: set[str] = set()
    for path in _files(source):
        target = system.target(path)
        lower = target.lower()
        if not target:
            if path.lower().endswith(MARKDOWN):
                arrival.leave(path, "texts lie where the system shows none")
        elif lower in taken or os.path.lexists(site.posts_dir / target):
            arrival.leave(path, "files have a name that is there already")
        elif lower.endswith(MARKDOWN):
            taken.add(lower)
            _bring_text(site, arrival, system, source, path, target)
        elif lower.endswith((*SUFFIXES, *ASSET_SUFFIXES)):
            taken.add(lower)
            arrival.changes.copy(source / path, target)
            arrival.counts["pictures and files"] += 1
        elif lower.endswith(OTHER_TEXTS):
            arrival.leave(path, "texts are no Markdown; convert them first")
        else:
            arrival.leave(path, "files are of a kind that is not served")
    return arrival


def _files(source: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if name[0] != "." and name != "node_modules")
        for name in sorted(files):
            file = Path(folder, name)
            if name[0] != "." and file.is_file() and not file.is_symlink():
                yield file.relative_to(source).as_posix()


def _bring_text(
    site: Site, arrival: Arrival, system: System, source: Path, path: str, target: str
) -> None:
    data = (source / path).read_bytes()
    if target.startswith(PAGES) and _is_dated(site, target, data):
        # Some sites have no folder for their articles: a page has no date.
        target = target.removeprefix(PAGES)
        is_taken = target in arrival.changes.rewrites
        if is_taken or os.path.lexists(site.posts_dir / target):
            arrival.leave(path, "files have a name that is there already")
            return
    if not is_content(target):
        arrival.leave(path, "texts have a name that is not looked at here")
        return
    if is_section(target) and not _has_body(data):
        arrival.leave(path, "texts describe a folder and have no words of their own")
        return
    if system.drafts and path.startswith(system.drafts):
        try:
            editor = HeadEditor(target, data)
            editor.set("draft", True)
        except (EditError, ContentError):
            arrival.leave(path, "drafts cannot be marked as such, and stay away")
            return
        data = editor.data
        arrival.counts["drafts"] += 1
    parsed = parse(target, data, site.rules)
    if parsed.item is None:
        problem = parsed.problems[0]
        arrival.leave(f"{path} ({problem.cause})", "texts are broken here until they are mended")
    arrival.changes.create(target, data)
    arrival.counts["texts"] += 1


def _is_dated(site: Site, path: str, data: bytes) -> bool:
    item = parse(path, data, site.rules).item
    return isinstance(item, Post) and item.published is not None


def _has_body(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    for fence in ("---", "+++"):
        if text.startswith(fence):
            return bool(text.partition(f"\n{fence}")[2].strip())
    return bool(text.strip())
