"""The walk over posts/: which files are posts, authors and pictures, and which are ignored."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.errors import Mark, Problem, number
from octavo.content.files.reading import OutsideError, PostsRoot
from octavo.content.images import SUFFIXES

PAGES = "_pages/"
AUTHORS = "_authors/"
# What new texts begin with.
TEMPLATES = "_templates/"
# How the folder itself is named among its problems.
ROOT = "."
# Markdown under all its names, Quarto's and R Markdown's too.
MARKDOWN = tuple(".md .markdown .mdx .mdown .mkdown .mkdn .mkd .qmd .rmd .rmarkdown".split())
# Formats of other programs' texts: such a file is reported, because its writer may miss it.
OTHER_TEXTS = tuple(
    """
    .rst .rest .html .htm .xhtml .docx .doc .odt .rtf .org .adoc .asciidoc .asc .ipynb .txt .tex
    .textile .wiki .mediawiki .creole .pod .rdoc .typ .mdoc .markdoc .svx .dj .djot .njk .liquid
    .livemd .mdwn .mdtext .text .gmi .norg .erb .j2
    .pug .haml .slim .ejs .hbs .astro .vue .pages .opml .enex .fountain
    """.split()
)
# Those that an article has beside it without being told.
_BESIDE = (*ASSET_SUFFIXES, ".html", ".htm", ".xhtml")
# Folders of tools, where other people's texts lie in thousands, and bins and indexes of systems.
_OF_TOOLS = frozenset(
    """
    node_modules bower_components __pycache__ @eaDir #recycle @Recycle #snapshot $RECYCLE.BIN
    RECYCLER lost+found
    """.split()
)
# Where Logseq keeps old versions of its notes.
_BACKUPS = "/logseq/bak"


# What holds fields for all texts of its folder: by its name, and what follows the folder's name.
_OF_FOLDERS = frozenset("_metadata.yml _metadata.yaml .meta.yml".split())
_OF_ELEVENTY = frozenset(
    ".json .11tydata.json .11tydata.js .11tydata.cjs .11tydata.mjs .11tydata.ts".split()
)


def is_content(path: str) -> bool:
    """Whether a path below posts/ is a post's, a page's or an author's file, by its name alone."""
    return path.lower().endswith(MARKDOWN) and is_looked_at(path)


def is_looked_at(path: str) -> bool:
    """Whether the walk comes to the file at a path below posts/, by the names in the path alone."""
    inner = path.removeprefix(PAGES).removeprefix(AUTHORS)
    *folders, file = (part for part in inner.split("/") if part)
    if file[0] in "_." and not is_section(file):
        return False
    if any(part[0] in "_." or part in _OF_TOOLS for part in folders):
        return False
    return f"{_BACKUPS}/" not in f"/{path}"


def is_of_folder(path: str) -> bool:
    """Whether a file holds fields for all texts of its folder, in another system.

    These are Quarto's `_metadata.yml`, `.meta.yml` of Material for MkDocs, and Eleventy's
    `drafts/drafts.json` and `drafts/drafts.11tydata.js`.
    """
    folder, _, file = path.rpartition("/")
    if file in _OF_FOLDERS:
        return True
    name = folder.rpartition("/")[2]
    return bool(name) and file.startswith(f"{name}.") and file.removeprefix(name) in _OF_ELEVENTY


def is_section(path: str) -> bool:
    """Whether a file holds the text of its folder, as Hugo and Zola name it: `_index.md`."""
    stem, _, suffix = path.lower().rpartition("/")[2].rpartition(".")
    return stem == "_index" and f".{suffix}" in MARKDOWN


def walk(
    root: PostsRoot, problems: list[Problem], unseen: list[str], of_folders: list[str]
) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the relative path and status of every file below `root` that readers may get.

    These are posts, pages, authors' files, pictures, and other files of the allow-list. `problems`
    gets one for each file that cannot be used, and one for each reason why texts are ignored.
    `unseen` gets the paths of files and folders (those with a slash at the end) that are there and
    cannot be looked at; the root is not among them. `of_folders` gets the paths of files with
    fields for all texts of their folder.
    """
    stack = [("", "")]
    links = _LinkedFolders(root)
    left = _Left()
    while stack:
        prefix, left_folder = stack.pop()
        entries = _entries(root, prefix, problems, unseen)
        bundle: bool | None = None
        for entry in entries:
            name = entry.name
            path = prefix + name
            if not left_folder and is_of_folder(path):
                of_folders.append(path)
            if name[0] == ".":
                continue
            lower = name.lower()
            aside = left_folder
            if name[0] == "_" and not (aside or is_section(name) or f"{path}/" in (PAGES, AUTHORS)):
                aside = f"{path}/"
            if aside:
                if lower.endswith(MARKDOWN) or lower.endswith(OTHER_TEXTS):
                    left.add_hidden(left_folder, path)
                elif _is_folder(entry) and not entry.is_symlink():
                    stack.append((f"{path}/", aside))
            elif (lower.endswith(MARKDOWN) or lower.endswith(SUFFIXES)) and not _is_folder(entry):
                status = _status(root, entry, path, problems, unseen)
                if status is not None:
                    yield path, status
            elif name in _OF_TOOLS or f"/{path}".endswith(_BACKUPS):
                left.add_of_tools(f"{path}/")
            elif _is_folder(entry):
                if entry.is_symlink() and not links.lead_on(entry, path, problems):
                    continue
                stack.append((f"{path}/", ""))
            elif lower.endswith(OTHER_TEXTS) or lower.endswith(ASSET_SUFFIXES):
                if bundle is None:
                    bundle = bool(prefix) and _is_bundle(entries)
                status = _status(root, entry, path, problems, unseen)
                if status is None:
                    continue
                if lower.endswith(OTHER_TEXTS) and not (bundle and lower.endswith(_BESIDE)):
                    left.add_text(path)
                if lower.endswith(ASSET_SUFFIXES):
                    yield path, status
    problems.extend(left.problems())


def _entries(
    root: PostsRoot, prefix: str, problems: list[Problem], unseen: list[str]
) -> list[os.DirEntry[str]]:
    """Return what is in the folder `prefix`; nothing, with a problem, where it cannot be read."""
    try:
        with os.scandir(root.path / prefix) as found:
            return list(found)
    except FileNotFoundError as error:
        # A folder that vanished since it was listed is no problem.
        if not prefix:
            problems.append(_unreadable(root, prefix, error))
    except OSError as error:
        problems.append(_unreadable(root, prefix, error))
        if prefix:
            unseen.append(prefix)
    return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether there is a folder, whatever its name looks like; a link to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_bundle(entries: list[os.DirEntry[str]]) -> bool:
    """Whether a folder is one article with its files: then other texts in it may be downloads."""
    stems = (entry.name.lower().rpartition(".") for entry in entries)
    return any(stem == "index" and f".{suffix}" in MARKDOWN for stem, _, suffix in stems)


class _Left:
    """Texts that the walk ignores, grouped by the reason."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[str]] = {}

    def add_hidden(self, folder: str, path: str) -> None:
        """Count a text whose name, or a folder above it, begins with `_`."""
        if folder != TEMPLATES:
            self._add("folder" if folder else "name", folder, path)

    def add_of_tools(self, folder: str) -> None:
        """Count a folder of a tool, such as `node_modules`."""
        self._add("tools", folder, folder)

    def add_text(self, path: str) -> None:
        """Note a text in a format that is not read, such as `.rst`."""
        self._add("format", os.path.splitext(path)[1].lower(), path)

    def _add(self, why: str, what: str, path: str) -> None:
        self._found.setdefault((why, what), []).append(_shown(path))

    def problems(self) -> Iterator[Problem]:
        """Yield one warning for each reason for which files are not looked at."""
        for (why, what), paths in self._found.items():
            if why == "folder":
                cause = (
                    f"This folder with {_files(paths)} is not looked at, "
                    "because its name begins with `_`."
                )
                cure = "Move them out of it, if readers are to see them."
                if what.lower() in (PAGES, AUTHORS):
                    cure = f"Name it `{what.lower()}`, if it is to be looked at."
                yield Problem(Mark(what), cause, cure, "warning")
            elif why == "name":
                cause = f"Because of the `_` before the name {_files(paths)} stay unread."
                cure = "Rename what readers are to see."
                yield Problem(Mark(min(paths)), cause, cure, "warning")
            elif why == "tools":
                cause = "This folder of a tool is not looked at."
                yield Problem(Mark(what), cause, "Move it out of the posts.", "warning")
            else:
                cause = f"Texts in the format `{what}` are not looked at: {_files(paths)}."
                cure = "Convert what readers are to see to Markdown (.md), with pandoc for example."
                yield Problem(Mark(min(paths)), cause, cure, "warning")


def _files(paths: list[str]) -> str:
    return number(len(paths), "file")


def _unreadable(root: PostsRoot, prefix: str, error: OSError) -> Problem:
    if prefix:
        cause = f"The folder cannot be read: {error.strerror}."
        return Problem(Mark(_shown(prefix)), cause, "Check its permissions.")
    cause = f"The folder {root.path} cannot be read: {error.strerror}."
    cure = "Put it there, check its permissions, or mend the setting `posts_dir`."
    return Problem(Mark(ROOT), cause, cure)


class _LinkedFolders:
    """Folders that are reached by symbolic links: each is entered once."""

    def __init__(self, root: PostsRoot) -> None:
        self._root = root
        self._real_root = ""
        self._entered: set[str] = set()

    def lead_on(self, link: os.DirEntry[str], path: str, problems: list[Problem]) -> bool:
        """Whether to follow the link at `path`, to a folder.

        Not where the walk comes to the folder by another way, or the folder holds the link itself.
        A link that leads out of the posts is a problem.
        """
        if not _stays_inside(self._root, path, problems):
            return False
        target = os.path.realpath(link.path)
        here = os.path.realpath(os.path.dirname(link.path))
        # A link to a folder that holds the link itself would never end.
        if target in self._entered or f"{here}/".startswith(f"{target}/"):
            return False
        if self._is_walked(target):
            return False
        self._entered.add(target)
        return True

    def _is_walked(self, target: str) -> bool:
        self._real_root = self._real_root or os.path.realpath(self._root.path)
        if target == self._real_root:
            return True
        if not target.startswith(f"{self._real_root}/"):
            return False
        inner = target.removeprefix(f"{self._real_root}/")
        return not any(part[0] in "_." or part in _OF_TOOLS for part in inner.split("/"))


def _stays_inside(root: PostsRoot, path: str, problems: list[Problem]) -> bool:
    """Whether the link at a path leads to where links may lead; else it is a problem."""
    try:
        root.resolve(path)
    except OutsideError as error:
        cause = f"This link leads out of the posts, to {_shown(error.target)}, and is not followed."
        cure = "Put a copy in its place, or name the link's folder in the setting `linked_folders`."
        problems.append(Problem(Mark(_shown(path)), cause, cure))
        return False
    return True


def _status(
    root: PostsRoot,
    entry: os.DirEntry[str],
    path: str,
    problems: list[Problem],
    unseen: list[str],
) -> os.stat_result | None:
    mark = Mark(_shown(path))
    if entry.is_symlink() and not _stays_inside(root, path, problems):
        return None
    try:
        status = entry.stat()
    except FileNotFoundError as error:
        # Only a link can exist and lead to nothing; a file that vanished is no problem.
        if entry.is_symlink() and os.path.lexists(entry.path):
            cause = f"The file cannot be read: {error.strerror}."
            problems.append(Problem(mark, cause, "Mend or delete the link."))
        return None
    except OSError as error:
        cause = f"The file cannot be read: {error.strerror}."
        cure = "Check the permissions of its folder, and the disk."
        if entry.is_symlink():
            cure = "Mend or delete the link."
        problems.append(Problem(mark, cause, cure))
        unseen.append(path)
        return None
    if not stat.S_ISREG(status.st_mode):
        cure = "Posts are files, or folders with an index.md."
        problems.append(Problem(mark, "This is not a file.", cure))
        return None
    if mark.path != path:
        problems.append(Problem(mark, "The file's name is not UTF-8.", "Rename it."))
        return None
    return status


def _shown(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
