"""The application factory: joins the site's parts, in the order in which a request meets them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from octavo.settings import (
    Settings,
    as_developed,
    as_published,
    is_developed,
    load_settings,
    plugins_of,
)
from octavo.site.digests import engine_digest, settings_digest
from octavo.site.site import Site
from octavo.web import inquiries, request, security
from octavo.web.api import routes as api
from octavo.web.api import site_routes as site_api
from octavo.web.cache import PageCache, Store
from octavo.web.changes import hook_dispatcher
from octavo.web.develop import live_pages, problems
from octavo.web.feeds import discovery, feeds, sitemaps
from octavo.web.limits import Limits
from octavo.web.metrics import exposition, stats
from octavo.web.pages import errors, health, media, own_pages, pages, search
from octavo.web.path_prefix import PathPrefix
from octavo.web.previews import routes as previews
from octavo.web.request import Requests
from octavo.web.theme import templates
from octavo.web.theme.look import look_of
from octavo.web.theme.theme import Theme


def make_app(
    root: Path, settings: Settings | None = None, *, developed: bool | None = None
) -> Flask:
    """Return the WSGI application of the site in the folder `root`.

    Settings come from its pyproject.toml and the environment unless given. A `developed` site is
    shown to its writer alone, by default by `flask run`. Raises SettingsError for a setting that is
    unknown or ill-typed.
    """
    if developed is None:
        developed = is_developed()
    root = Path(root).resolve()
    settings = settings or as_developed(load_settings(root))
    if not developed:
        settings = as_published(settings)
    app = templates.bare_app(root, root / settings.instance_dir)
    plugins = plugins_of(root, settings)
    store = Store(app, settings, root / settings.cache_folder, plugins)
    made_by = [engine_digest(), settings_digest(settings), plugins.digest]
    theme = Theme.of(root, settings, plugins, app.jinja_env, made_by)
    site = app.extensions["octavo"] = Site(
        root,
        settings,
        plugins=plugins,
        theme=theme,
        memoize=store.memoize,
        developed=developed,
    )
    look = look_of(settings, theme.assets, site.addresses)
    theme.share(repr(look))
    requests = request.init_app(app, site, look.markup, theme.assets.plain_at, media.plain_file)
    templates.init_app(app, theme.templates, theme.assets, plugins, site.addresses, look)
    errors.init_app(app, theme.templates.broken_page)
    _add_views(app, site)
    _put_in_front(app, site, store, requests)
    for command in plugins.answers("commands"):
        for each in command.value:
            app.cli.add_command(each)
    plugins.answers("extend_app", app=app)
    return app


def _add_views(app: Flask, site: Site) -> None:
    """Add what answers requests: pages, files, feeds, the API, the operator's pages."""
    api.init_app(app)
    site_api.init_app(app)
    hook_dispatcher.init_app(app, site)
    app.register_blueprint(media.bp)
    pages.init_app(app, site)
    own_pages.init_app(app, site)
    search.init_app(app, site)
    feeds.init_app(app, site)
    app.register_blueprint(sitemaps.bp)
    app.register_blueprint(discovery.bp)
    app.register_blueprint(health.bp)
    previews.init_app(app, site)
    if site.developed:
        app.register_blueprint(problems.bp)


def _put_in_front(app: Flask, site: Site, store: Store, requests: Requests) -> None:
    """Put the WSGI layers in front of Flask: the page cache, trusted hosts, the prefix."""
    settings = site.settings
    limits = app.extensions["octavo_limits"] = Limits(settings, store.take)
    cache = PageCache(app, site, store, limits)
    inquiries.init_app(site, cache)
    exposition.init_app(app, site, cache, requests)
    stats.init_app(app, site, store)
    app.extensions["octavo_cache"] = app.wsgi_app = cache  # type: ignore[method-assign]
    if site.developed:
        live_pages.init_app(app, site)
    if settings.trusted_hosts:
        own = (urlsplit(settings.base_url).netloc, *settings.trusted_hosts)
        app.wsgi_app = security.TrustedHosts(app.wsgi_app, own)  # type: ignore[method-assign]
    if site.addresses.prefix:
        app.wsgi_app = PathPrefix(app.wsgi_app, site.addresses.prefix)  # type: ignore[method-assign]
