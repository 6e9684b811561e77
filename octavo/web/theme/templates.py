"""The templates, held in memory with their digest, and what each of them can use.

All pages are rendered from the same version. They have facts of the site, addresses of static
files, and filters for dates and numbers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from flask import Flask, has_request_context
from flask.templating import Environment as FlaskEnvironment
from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, escape

from octavo.content.digests import digest_texts
from octavo.hooks import Plugins
from octavo.settings import Settings
from octavo.site.addresses import Addresses
from octavo.web.path_prefix import add_prefix
from octavo.web.phrases.phrases import FILE, Phrases, read_phrases
from octavo.web.read_model.cards import MenuLink
from octavo.web.request import read_model, site
from octavo.web.theme.assets import Assets
from octavo.web.theme.layers import BELOW, Layers, SeenFile
from octavo.web.theme.look import Look

log = logging.getLogger("octavo.plugins")

# What a template names that it extends, includes or imports from; one that a literal does not name
# may be any.
_REFERENCE = re.compile(r"{%[-+]?\s*(?:extends|include|import|from)\b\s*(.*?)\s*[-+]?%}", re.DOTALL)
_NAMED = re.compile(r"""(["'])([^"']+)\1(?:\s+(?:import|as|ignore|with|without)\b.*)?""", re.DOTALL)
_CODE_SPAN = re.compile("`([^`]+)`")


class Templates(BaseLoader):
    """Jinja's loader for the templates of a site and its theme, held in memory.

    `theme:NAME` is the template over which the site's own of that name stands.
    """

    def __init__(self, layers: Layers, environment: Environment, language: str) -> None:
        """Read the templates and phrases of `layers`; `language` is the site's."""
        self._layers = layers
        self._environment = environment
        self._language = language
        self._files = self._seen = layers.look()
        self._templates: Mapping[str, str] = _read(self._files)
        # What `digest_of` has found, until the files are read again.
        self._digests: dict[str, str | None] = {}
        try:
            self._say(self._phrases_of(self._files, self._templates))
        except TemplateSyntaxError as error:
            log.error("%s:%d: %s. Mend it.", error.filename, error.lineno, error.message)
            self._say(self._phrases_of(self._files, self._templates, skipped=str(error.filename)))

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

    def broken_page(self) -> str:
        """Return the page for what fails, which needs nothing but its phrases."""
        text = self.text("500.html")
        try:
            return self._environment.from_string(text).render(language=self._language)
        except TemplateError:
            return text

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
        phrases = self._phrases_of(files, read)
        for name, text in read.items():
            if self._templates.get(name) != text and not name.endswith(FILE):
                self._environment.compile(text, name, files[name].path)
        self._say(phrases)
        self._files = files
        self._templates = read
        self._digests = {}
        # A template that did not change keeps what it once imported from one that did.
        if self._environment.cache is not None:
            self._environment.cache.clear()

    def _phrases_of(
        self, files: Mapping[str, SeenFile], read: Mapping[str, str], skipped: str = ""
    ) -> Phrases:
        """Return the phrases of the files of all layers, but of the one at the path `skipped`."""
        names = sorted((name for name in read if name.endswith(FILE)), key=len, reverse=True)
        paths = {name: files[name].path for name in names}
        return read_phrases(
            # The same file may stand for several layers.
            {paths[name]: read[name] for name in names if paths[name] != skipped},
            self._language,
            lambda text: any(f'say("{text}"' in each for each in read.values()),
        )

    def _say(self, phrases: Phrases) -> None:
        known = self._environment
        self.say = phrases.say
        known.globals.update(phrases=phrases, say=phrases.say)
        known.filters.update(date=phrases.date, number=phrases.number)

    def digest(self) -> str:
        """Return the digest of all templates and phrases."""
        return _digest(self._templates)

    @property
    def phrases(self) -> str:
        """The texts of all files of phrases."""
        return "\0".join(text for name, text in self._templates.items() if name.endswith(FILE))

    def digest_of(self, name: str) -> str | None:
        """Return the digest of a template and all that it uses; None where there is none.

        That is what it extends, includes and imports, and what these do.
        """
        # Before the templates: a digest of old ones is not kept with those of new ones.
        digests = self._digests
        if name not in digests:
            digests[name] = self._digest_of(name, self._templates)
        return digests[name]

    def _digest_of(self, name: str, templates: Mapping[str, str]) -> str | None:
        if name not in templates:
            return None
        used: dict[str, str] = {}
        left = [name]
        while left:
            current = left.pop()
            if current in used:
                continue
            # One that is missing may come to be there.
            used[current] = templates.get(current, "\0")
            for said in _REFERENCE.findall(used[current]):
                named = _NAMED.fullmatch(said)
                if named is None:
                    return _digest(templates)
                left.append(self._environment.join_path(named[2], current))
        return _digest(used)


def _digest(templates: Mapping[str, str]) -> str:
    return digest_texts(f"{name}\0{source}" for name, source in sorted(templates.items()))


class NotedTemplate(Template):
    """A template that an import evaluates once for all pages, as Jinja does.

    One that asks for static files or data outside its macros is evaluated for each page instead,
    which then depends on the answers.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        if self._module is not None or not has_request_context():
            return super()._get_default_module(ctx)
        model = read_model()
        before = model.answers
        model.answers = {}
        module = super()._get_default_module(ctx)
        if model.answers:
            self._module = None
        model.answers = {**before, **model.answers}
        return module


class TemplateEnvironment(FlaskEnvironment):
    """Flask's environment for templates: all have the same globals, and their phrases put in.

    Pages depend on the templates that their views ask for.
    """

    template_class = NotedTemplate

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """Return a template, noted unless another one, `parent`, uses it."""
        if parent is None and isinstance(name, str):
            _note_template(name)
        return super().get_template(name, parent, globals)

    def select_template(
        self,
        names: Iterable[str | Template],
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """Return the first of `names` that is there; all are noted unless `parent` uses them."""
        names = list(names)
        if parent is None:
            for name in names:
                if isinstance(name, str):
                    _note_template(name)
        return super().select_template(names, parent, globals)

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:
        """Return a template; where its file is broken, the one that it stands over."""
        try:
            return super()._load_template(name, globals)
        except TemplateSyntaxError as error:
            with suppress(TemplateNotFound):
                found = self._load_template(BELOW + name, globals)
                place = f"{error.filename}:{error.lineno}"
                log.error("%s: %s. Mend it; until then the theme's is used.", place, error.message)
                return found
            raise

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> str:
        source = cast(Phrases, self.globals["phrases"]).put_in(source, name or "", filename or "")
        return super()._generate(source, name, filename, defer_init)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template; without `d` they are the environment's own dict.

        Jinja joins the two in a ChainMap, which every import of a partial walks through; it took a
        sixth of a page.
        """
        if not d:
            return self.globals
        return super().make_globals(d)

    def join_path(self, template: str, parent: str) -> str:
        """Return the name of a template that another one, `parent`, extends or includes."""
        if template.startswith(BELOW):
            return _name_below(template, parent)
        return template


def _name_below(name: str, parent: str) -> str:
    """Return the name by which `parent`, which says `name`, means a template.

    `theme:base.html` in `base.html` is the one below it, and so on down.
    """
    if name == BELOW + parent.removeprefix(BELOW * parent.count(BELOW)):
        return BELOW + parent
    return name


def _note_template(name: str) -> None:
    if has_request_context():
        read_model().template(name)


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What templates know about the site."""

    title: str
    tagline: str
    description: str
    base_url: str
    language: str
    navigation: tuple[MenuLink, ...]
    pages: tuple[MenuLink, ...]
    has_open_api: bool
    has_search: bool


class Data:
    """The site's data files for templates: `data.planets` is what `data/planets.yaml` holds."""

    def __getitem__(self, name: str) -> Any:
        """Return what a file holds. Raises KeyError where there is none."""
        found = read_model().data(name)
        if found is None:
            raise KeyError(name)
        return found


def bare_app(root: Path, instance: Path) -> Flask:
    """Return an application of Flask with a strict environment for templates, and no views.

    `root` is the folder of the site, `instance` that of what it alone knows.
    """
    app = Flask(
        "octavo",
        root_path=str(root),
        instance_path=str(instance),
        static_folder=None,
        template_folder=None,
    )
    app.jinja_environment = TemplateEnvironment
    # Templates are held in memory; to look whether one changed costs nothing.
    app.config["TEMPLATES_AUTO_RELOAD"] = True
    app.jinja_env.undefined = StrictUndefined
    return app


def init_app(
    app: Flask,
    templates: Templates,
    assets: Assets,
    plugins: Plugins,
    addresses: Addresses,
    look: Look,
) -> None:
    """Load `templates`; add `site`, `look`, `asset`, and filters for dates, numbers and code."""
    app.jinja_loader = templates
    app.extensions["octavo_assets"] = assets
    if addresses.prefix:
        add_prefix(app.jinja_env, addresses.prefix)

    def asset(name: str) -> str:
        _note_asset(name)
        return addresses.prefix + assets.url(name)

    def asset_data(name: str) -> str:
        _note_asset(name)
        return assets.data_url(name)

    app.jinja_env.globals.update(data=Data(), asset=asset, asset_data=asset_data, look=look)
    app.jinja_env.filters.update(
        absolute=addresses.absolute,
        isodate=datetime.isoformat,
        code_spans=code_spans,
    )
    _add_own(app, plugins)

    @app.context_processor
    def facts() -> dict[str, SiteFacts]:
        settings: Settings = site().settings
        return {
            "site": SiteFacts(
                settings.title,
                settings.tagline,
                settings.description,
                settings.base_url,
                settings.language,
                read_model().navigation(),
                read_model().pages(),
                settings.api_open,
                "search.page" in app.view_functions,
            )
        }


def _note_asset(name: str) -> None:
    if has_request_context():
        read_model().asset(name)


def _add_own(app: Flask, plugins: Plugins) -> None:
    """Add the filters and globals of plug-ins; the engine's own names stay the engine's."""
    for hook, known in (
        ("template_filters", app.jinja_env.filters),
        ("template_globals", app.jinja_env.globals),
    ):
        for name, brought in plugins.table(hook).items():
            if name in known:
                log.error("The plug-in %s cannot replace `%s` of the engine.", brought.plugin, name)
            elif callable(brought.value):
                known[name] = plugins.guarded(brought, f"{hook}: {name}", "")
            else:
                known[name] = brought.value


def code_spans(text: str) -> Markup:
    """Return plain text as HTML, with text between backticks as code."""
    return Markup(_CODE_SPAN.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _read(files: Mapping[str, SeenFile]) -> dict[str, str]:
    read = {}
    for name, file in files.items():
        try:
            read[name] = Path(file.path).read_text("utf-8")
        except UnicodeDecodeError as error:
            error.reason += f" in {file.path}"
            raise
    return read
