"""A kit for the tests of plug-ins: a whole site in an empty folder, with real files and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from octavo import create_app
from octavo.hooks import FILE
from octavo.settings import Settings
from octavo.site.site import Site


class TestSite:
    """A site in `folder` for one test: write its posts, then ask its `client` for pages."""

    # Pytest takes it for no test.
    __test__ = False

    def __init__(self, folder: Path, plugin: str = "", **settings: Any) -> None:
        """`plugin` is the source of its plugins.py; `settings` are those of pyproject.toml."""
        self.folder = folder
        if plugin:
            (folder / FILE).write_text(plugin, encoding="utf-8")
        (folder / "posts").mkdir(exist_ok=True)
        quiet = Settings(base_url="https://example.org", watch=False, indexing=False, api_open=True)
        self.app: Flask = create_app(folder, replace(quiet, **settings))
        self.site: Site = self.app.extensions["octavo"]
        self.client: FlaskClient = self.app.test_client()

    def write(self, name: str, body: str = "", **fields: object) -> None:
        """Write posts/NAME.md with fields as front matter, and have the site look at it."""
        head_fields: Mapping[str, object] = {"title": name, "date": "2025-01-01", **fields}
        head = "".join(f"{key}: {value}\n" for key, value in head_fields.items())
        file = self.folder / "posts" / f"{name}.md"
        file.write_text(f"---\n{head}---\n\n{body}\n", encoding="utf-8")
        self.site.refresh(settle=0)

    def get(self, path: str) -> str:
        """Return the text at an address."""
        return self.client.get(path).text

    def happen(self) -> None:
        """Have plug-ins' hooks `published`, `changed` and `removed` called for what has changed."""
        for follow in self.site.indexed:
            follow()

    def close(self) -> None:
        """Stop the site."""
        self.site.close()
