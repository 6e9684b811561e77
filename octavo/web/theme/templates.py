"""The templates, held in memory with their digest: all pages are rendered from the same version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound

from octavo.content.digests import digest_texts
from octavo.web.theme.layers import BELOW, File, Layers


class Templates(BaseLoader):
    """Jinja's loader for the templates of a site and its theme, held in memory.

    `theme:NAME` is the template over which the site's own of that name stands.
    """

    def __init__(self, layers: Layers, environment: Environment) -> None:
        self._layers = layers
        self._environment = environment
        self._files = self._seen = layers.look()
        self._templates: Mapping[str, str] = _read(self._files)

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text, its file, and a function that tells if the text is current."""
        source = self._templates.get(template)
        if source is None:
            raise TemplateNotFound(template)
        path = self._files[template].path
        return source, path, lambda: self._templates.get(template) is source

    def text(self, name: str) -> str:
        """Return the text of a template. Raises KeyError for a name that is not there."""
        return self._templates[name]

    def list_templates(self) -> list[str]:
        """Return the names of all templates."""
        return sorted(name for name in self._templates if not name.startswith(BELOW))

    def changed(self) -> bool:
        """Whether files have changed since they were read."""
        return self._layers.look() != self._seen

    def reload(self) -> None:
        """Read the files again.

        Raises OSError, UnicodeDecodeError and TemplateSyntaxError, and then keeps what it had until
        a file changes once more.
        """
        self._seen = files = self._layers.look()
        read = _read(files)
        for name, text in read.items():
            if self._templates.get(name) != text:
                self._environment.compile(text, name, files[name].path)
        self._files = files
        self._templates = read
        # A template that did not change keeps what it once imported from one that did.
        if self._environment.cache is not None:
            self._environment.cache.clear()

    def digest(self) -> str:
        """Return the digest of all templates."""
        return digest_texts(f"{name}\0{source}" for name, source in sorted(self._templates.items()))


def _read(files: Mapping[str, File]) -> dict[str, str]:
    return {name: Path(file.path).read_text("utf-8") for name, file in files.items()}
