"""The templates, held in memory with their digest: all pages are rendered from the same version."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound

from octavo.content.digests import digest_texts


class Templates(BaseLoader):
    """Jinja's loader for the templates of one folder, held in memory."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        self._folder = folder
        self._environment = environment
        self._stamps = look(folder)
        self._templates: Mapping[str, str] = self._read()

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text, its file, and a function that tells if the text is current."""
        source = self._templates.get(template)
        if source is None:
            raise TemplateNotFound(template)
        return source, str(self._folder / template), lambda: self._templates.get(template) is source

    def list_templates(self) -> list[str]:
        """Return the names of all templates."""
        return sorted(self._templates)

    def changed(self) -> bool:
        """Whether files have changed since they were read.

        A folder that is gone or empty is being replaced, and does not count.
        """
        return look(self._folder) not in ({}, self._stamps)

    def reload(self) -> None:
        """Read the files again; those that did not change need not be compiled again.

        Raises OSError, UnicodeDecodeError and TemplateSyntaxError, and then keeps what it had until
        a file changes once more.
        """
        stamps = look(self._folder)
        if not stamps:
            return
        self._stamps = stamps
        before = self._templates
        read = self._read()
        for name, text in read.items():
            if before.get(name) == text:
                # The same object tells Jinja that nothing has changed.
                read[name] = before[name]
            else:
                self._environment.compile(text, name)
        self._templates = read

    def _read(self) -> dict[str, str]:
        return {
            path.relative_to(self._folder).as_posix(): path.read_text("utf-8")
            for path in files_in(self._folder)
        }

    def digest(self) -> str:
        """Return the digest of all templates."""
        return digest_texts(f"{name}\0{source}" for name, source in sorted(self._templates.items()))


def files_in(folder: Path) -> list[Path]:
    """Return the files below a folder, sorted by path, without editors' backups and swap files."""
    return sorted(map(Path, look(folder)))


def look(folder: Path) -> dict[str, tuple[int, int]]:
    """Return modification time (ns) and size (bytes) of every file below a folder, by its path.

    Names that begin with a dot or end with a tilde are backups, swap files and the like.
    """
    found = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." or name == ".well-known"]
        for name in names:
            if name[0] == "." or name[-1] == "~":
                continue
            path = os.path.join(parent, name)
            with suppress(FileNotFoundError):
                status = os.stat(path)
                if stat.S_ISREG(status.st_mode):
                    found[path] = (status.st_mtime_ns, status.st_size)
    return found
