"""Plug-ins: what a guest brings is used, and what is wrong with it costs nothing else."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

import plugins
from octavo.content.posts import Post
from octavo.hooks import Hooks, Plugins, hook
from octavo.settings import SettingsError
from octavo.testing import TestSite
from octavo.web.read_model.read_model import ReadModel
from tests.conftest import CHECKOUT, Clock

Write = Callable[..., Path]
DOCS = (CHECKOUT / "docs" / "plugins.md").read_text("utf-8")


@hook
def cover_svg(slug: str, hue: int) -> str:
    return f"<svg>{slug} {hue}</svg>"


def own_plugin(folder: Path, source: str) -> None:
    (folder / "plugins.py").write_text(source, encoding="utf-8")


def test_cover_of_the_sites_own_plugin_is_on_its_pages(
    make_app: Callable[..., Flask], tmp_path: Path, write_post: Write
) -> None:
    source = "from octavo.hooks import hook\n@hook\ndef cover_svg(slug):\n    return f'<svg>{slug} drawn</svg>'\n"
    own_plugin(tmp_path, source)
    write_post("hello")

    page = make_app().test_client().get("/articles/").text

    assert "<svg>hello drawn</svg>" in page


def test_cover_of_the_magazine_is_a_sky_chart(
    make_app: Callable[..., Flask], tmp_path: Path, write_post: Write
) -> None:
    (tmp_path / "plugins.py").symlink_to(CHECKOUT / "plugins.py")
    write_post("hello")

    page = make_app().test_client().get("/articles/").text

    assert plugins.cover_svg("hello", 0) in page


EXAMPLES: dict[str, str] = dict(
    re.findall(
        r"### (.*?)\n\n(?:[^#`]|`[^`]|``[^`])*?<!-- example -->\n```python\n(.*?)```",
        (CHECKOUT / "docs/plugins.md").read_text("utf-8"),
        re.DOTALL,
    )
)
MAX_EXAMPLE_LINES = 20


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Callable[..., TestSite]]:
    """Make the site of an example of the docs, by its title."""
    made: list[TestSite] = []

    def make(title: str, /, **settings: Any) -> TestSite:
        (tmp_path / "plugins.py").write_text(EXAMPLES[title], encoding="utf-8")
        for name in ("templates", "static"):
            if not (tmp_path / name).exists():
                (tmp_path / name).symlink_to(CHECKOUT / name)
        made.append(TestSite(tmp_path, **settings))
        made[-1].write("hello", "Some (c) text.")
        return made[-1]

    yield make
    for site in made:
        site.close()


def test_every_hook_has_an_example_of_few_lines() -> None:
    shown = {name for code in EXAMPLES.values() for name in re.findall(r"@hook\ndef (\w+)", code)}

    assert shown == {name for name in vars(Hooks) if not name.startswith("_")}
    assert [title for title, code in EXAMPLES.items() if len(code.strip().splitlines()) >= MAX_EXAMPLE_LINES] == []


def test_example_of_settings(example: Callable[..., TestSite]) -> None:
    with pytest.raises(SettingsError, match=r"plugins.py.greting: there is no such setting. Settings are: greeting"):
        example("Settings of its own", plugins={"plugins.py": {"greting": "Hi"}})
    with pytest.raises(SettingsError, match=r"plugins.py.greeting = 7"):
        example("Settings of its own", plugins={"plugins.py": {"greeting": 7}})

    example("Settings of its own", plugins={"plugins.py": {"greeting": "Hi"}})


def test_settings_of_a_plugin_that_is_not_there_are_told(example: Callable[..., TestSite]) -> None:
    with pytest.raises(SettingsError, match=r"plugins\.moons: there is no such plug-in"):
        example("Covers", plugins={"moons": {}})


def test_example_of_templates_and_static_files(example: Callable[..., TestSite], tmp_path: Path) -> None:
    (tmp_path / "moons/templates").mkdir(parents=True)
    (tmp_path / "moons/static/css").mkdir(parents=True)
    (tmp_path / "moons/templates/tags.html").write_text("{{ asset('css/moons.css') }} {{ site.title }}")
    (tmp_path / "moons/static/css/moons.css").write_text("b{}")
    site = example("Templates and static files", title="Moons")

    shown = site.get("/tags/")

    assert shown.endswith(" Moons")
    assert site.get(shown.split()[0]) == "b{}"


def test_example_of_a_field(example: Callable[..., TestSite]) -> None:
    site = example("A field of front matter")
    site.write("soup", servings=4)
    site.write("salad", servings="plenty")

    posts = site.site.edition().by_slug
    problems = list(map(str, site.site.library.problems))

    assert posts["soup"].extra == {"servings": 4}
    assert posts["salad"].extra == {}
    assert problems == ["salad.md:4:1: `servings` cannot be used: write a whole number, such as 4. Mend its value."]


def test_field_that_is_no_json_is_told_to_the_writer(make_site: Callable[..., TestSite]) -> None:
    site = make_site("@hook\ndef fields():\n    return {'mood': lambda value: {value}}\n")
    site.write("hello", mood="glad")

    assert "it is no JSON" in str(site.site.library.problems[0])


def test_example_of_markdown(example: Callable[..., TestSite]) -> None:
    page = example("Markdown before and after").get("/articles/hello/")

    assert "<p>Some © text.</p>" in page
    assert '<p class="source">hello.md</p>' in page


def test_example_of_shortcodes(example: Callable[..., TestSite]) -> None:
    site = example("A shortcode")
    code = "{{< stars 3 >}}"
    site.write("hello", f"First {code} and `{code}`.\n\n{code}\n\n{{{{< note >}}}}mind **this**{{{{< /note >}}}}\n")

    page = site.get("/articles/hello/")
    post = site.site.edition().by_slug["hello"]

    assert page.count('<span class="stars">★★★</span>') == 2
    assert "<code>{{&lt; stars 3 &gt;}}</code>" in page
    assert "<strong>this</strong>" in page
    assert "stars" not in post.summary.replace("`{{< stars 3 >}}`", "").replace("{{< stars 3 >}}", "", 1)
    assert "★★★" in site.site.texts.post(site.site.edition(), post).text


def test_shortcode_of_a_plugin_that_raises_leaves_the_article(
    make_site: Callable[..., TestSite], caplog: pytest.LogCaptureFixture
) -> None:
    site = make_site("@hook\ndef shortcodes():\n    return {'stars': lambda count: '*' * int(count)}\n")
    site.write("hello", "Before. {{< stars many >}} After.")

    page = site.get("/articles/hello/")

    assert "<p>Before.  After.</p>" in page
    assert "The plug-in plugins.py failed in `shortcodes: stars`" in caplog.text


def test_example_of_filters_and_globals(example: Callable[..., TestSite]) -> None:
    app = example("Filters and globals of templates").app

    shown = app.jinja_env.from_string("{{ 'hi'|shout }} {{ motto }} {{ none|shout }}").render(none=None)

    assert shown == "HI Per aspera ad astra "


def test_example_of_a_page_is_made_again_when_what_it_shows_changes(example: Callable[..., TestSite]) -> None:
    site = example("A kind of pages")
    site.write("other")
    before = site.client.get("/short/hello/")

    again = site.client.get("/short/hello/")
    site.write("other", title="Something else")
    site.client.get("/short/hello/")
    renders = site.app.extensions["octavo_cache"].counts.renders
    site.write("hello", title="Anew")
    after = site.client.get("/short/hello/")

    assert before.text == "<h1>hello</h1>"
    assert again.headers["Cache-Status"] == "octavo; hit"
    assert renders == 1
    assert after.text == "<h1>Anew</h1>"
    assert site.client.get("/short/nothing/").status_code == 404
    assert "/short/hello/" in site.get("/sitemaps/pages.xml")


def test_page_of_a_plugin_in_the_frame_of_the_site(make_site: Callable[..., TestSite], tmp_path: Path) -> None:
    found = re.search(r"<!-- framed -->\n```python\n(.*?)```", DOCS, re.DOTALL)
    assert found is not None
    (tmp_path / "templates").mkdir()
    template = '{% extends "base.html" %}{% block content %}<h1>{{ card.title }}</h1>{% endblock %}'
    (tmp_path / "templates" / "short.html").write_text(template)
    site = make_site(found[1], base_url="https://site.example/club")
    site.write("hello", title="Hello")

    page = site.get("/club/short/hello/")

    assert "<h1>Hello</h1>" in page
    assert '<link rel="canonical" href="https://site.example/club/short/hello/">' in page
    assert "site-footer" in page


def test_what_docs_say_of_posts_and_of_the_read_model_is_there() -> None:
    told = DOCS.partition("## What a post has")[2].partition("## Examples")[0]
    of_post = re.findall(r"`(\w+)`", told.partition("It has")[2])
    of_here = set(re.findall(r"\| `here\.(\w+)\(|, `here\.(\w+)\(", DOCS))

    known = {*Post.__slots__, "minutes", "post", "page"}
    assert set(of_post) <= known
    assert {first or second for first, second in of_here} <= set(dir(ReadModel))
    assert len(of_here) >= 8


def test_link_in_an_article_to_a_page_of_a_plugin_leads_there(example: Callable[..., TestSite]) -> None:
    site = example("A kind of pages")
    site.write("linking", "[short](/short/hello/)")

    assert 'href="/short/hello/"' in site.get("/articles/linking/")


def test_example_of_a_question(example: Callable[..., TestSite]) -> None:
    site = example("A question")
    before = site.get("/words/hello/")

    site.write("hello", "One two three four.")

    assert (before, site.get("/words/hello/")) == ("3", "4")


def test_page_of_a_plugin_that_raises_is_told_and_costs_itself_alone(
    make_site: Callable[..., TestSite], caplog: pytest.LogCaptureFixture
) -> None:
    source = "@hook\ndef page_kinds():\n    return {'bad': OwnPage('/bad/', lambda here: 1 / 0)}\n"
    site = make_site(source)

    assert site.client.get("/bad/").status_code == 500
    assert site.client.get("/articles/").status_code == 200
    assert "The plug-in plugins.py failed in `page_kinds: /bad/`" in caplog.text


def test_example_of_feeds(example: Callable[..., TestSite]) -> None:
    site = example("A format of feeds")
    site.write("other", tags="[moon]", date="2025-02-01")

    assert site.get("/titles.txt") == "other\nhello"
    assert site.get("/tags/moon/titles.txt") == "other"
    assert 'href="/titles.txt"' in site.get("/articles/")


def test_example_of_a_facet(example: Callable[..., TestSite]) -> None:
    site = example("A facet of the search")
    site.write("saga", "word " * 2_000)
    site.app.extensions["octavo"].index.sync()

    chosen = site.client.get("/search.json?length=long").json
    typed = site.client.get("/search.json?q=length:short").json

    assert [(each["label"], each["count"]) for each in typed["facets"]["length"]] == [("Short", 1)]
    assert [result["slug"] for result in chosen["results"]] == ["saga"]
    assert [result["slug"] for result in typed["results"]] == ["hello"]
    assert "<h2>Length</h2>" in site.get("/search/?q=word+OR+text")


def test_facet_that_raises_costs_only_its_values(example: Callable[..., TestSite], tmp_path: Path) -> None:
    source = (
        "@hook\ndef facets():\n    return {'bad': OwnFacet('Bad', lambda post: 1 / 0), 'tag': OwnFacet('Tag', list)}\n"
    )
    (tmp_path / "plugins.py").write_text("from octavo.hooks import OwnFacet, hook\n\n\n" + source, "utf-8")
    site = TestSite(tmp_path)
    site.write("hello")

    found = site.client.get("/search.json?q=hello").json

    assert [result["slug"] for result in found["results"]] == ["hello"]
    assert found["facets"]["bad"] == []


def test_example_of_an_api_field(example: Callable[..., TestSite]) -> None:
    site = example("A field of the API")
    site.write("hello", mood="glad")

    answer = site.client.get("/ghost/api/content/posts/slug/hello/?key=0&include=extra").json
    plain = site.client.get("/ghost/api/content/posts/slug/hello/?key=0").json

    assert answer["posts"][0]["extra"] == {"mood": "glad", "shout": "HELLO"}
    assert "extra" not in plain["posts"][0]


def test_example_of_covers(example: Callable[..., TestSite]) -> None:
    site = example("Covers")

    assert 'viewBox="0 0 16 9"><title>hello</title></svg>' in site.get("/articles/")
    assert site.client.get("/covers/hello.png").data == b"\x89PNG of hello"


def test_example_of_numbers_from_elsewhere(example: Callable[..., TestSite]) -> None:
    site = example("Numbers of readers from elsewhere")

    answer = site.client.get("/ghost/api/content/posts/slug/hello/?key=0&include=views").json

    assert answer["posts"][0]["views"] == 42
    assert ">42 views<" in site.get("/articles/hello/")


def test_count_of_views_is_switched_off_by_a_setting(make_site: Callable[..., TestSite]) -> None:
    site = make_site("", plugins_off=["views"])
    site.write("hello")

    assert site.client.get("/views/hello").status_code == 404
    assert "data-views" not in site.get("/articles/hello/")


def test_feed_of_changes_is_switched_off_by_a_setting(make_site: Callable[..., TestSite]) -> None:
    with_feed = make_site("")
    without = make_site("", plugins_off=["changes"])

    assert with_feed.client.get("/api/changes?key=0").status_code == 200
    assert without.client.get("/api/changes?key=0").status_code == 404
    assert "webhooks" not in without.app.cli.commands


def test_example_of_flask(example: Callable[..., TestSite]) -> None:
    assert example("Flask itself").get("/ping") == "pong"


def test_example_of_a_command(example: Callable[..., TestSite]) -> None:
    assert example("A command").app.test_cli_runner().invoke(args=["hello"]).output == "Hello\n"


def test_example_of_a_search_engine(example: Callable[..., TestSite]) -> None:
    site = example("A search engine", search_engine="twin").site
    site.index.sync()

    assert site.index.search(site.edition(), "text").total == 1


def test_example_of_an_embedder(example: Callable[..., TestSite]) -> None:
    site = example("An embedder", embedder="letters")
    for number in range(9):
        site.write(f"other-{number}", "jjj iii")
    site.write("near", "cab cab cab")
    site.site.index.sync()

    found = site.site.index.search(site.site.edition(), "bac", correct=False)

    assert [(hit.path, hit.by_meaning) for hit in found.hits] == [("near.md", True)]


def test_example_of_a_store(example: Callable[..., TestSite]) -> None:
    site = example("A store of pages", cache="shelf")

    site.get("/articles/")
    size = site.app.extensions["octavo_cache"].store.size()

    assert size is not None
    assert size[0] > 0


def test_store_that_nobody_brings_is_told(example: Callable[..., TestSite]) -> None:
    with pytest.raises(SettingsError, match="cache = 'barn': this must be one of memory, filesystem, redis, none"):
        example("A store of pages", cache="barn")


def test_example_of_what_happened_is_heard_once(example: Callable[..., TestSite], tmp_path: Path) -> None:
    site = example("What happened")
    other = TestSite(tmp_path)
    for one in (site, other):
        one.happen()

    site.write("new")
    other.site.refresh(settle=0)
    for one in (site, other):
        one.happen()
    site.write("new", "Another text.")
    other.site.refresh(settle=0)
    for one in (other, site):
        one.happen()
    other.close()

    heard = (tmp_path / "heard.txt").read_text().splitlines()
    assert heard == ["published post new", "changed https://example.org/articles/new/"]


def test_example_of_what_is_gone(example: Callable[..., TestSite], tmp_path: Path) -> None:
    site = example("What is gone")
    site.happen()

    (tmp_path / "posts/hello.md").unlink()
    site.site.refresh(settle=0)
    site.happen()

    assert (tmp_path / "gone.txt").read_text() == "hello\n"


def test_changed_plugin_has_articles_read_again(make_site: Callable[..., TestSite]) -> None:
    source = "@hook\ndef fields():\n    return {{'mood': lambda value: '{}'}}\n"
    first = make_site(source.format("before"))
    first.write("hello", mood="x")
    first.site.save()
    digest = first.site.index.files()["hello.md"]

    second = make_site(source.format("after"))

    assert second.site.edition().by_slug["hello"].extra == {"mood": "after"}
    assert second.site.index.files()["hello.md"] != digest


def test_plugin_is_left_out_by_a_setting(make_site: Callable[..., TestSite]) -> None:
    site = make_site("@hook\ndef template_globals():\n    return {'motto': 1}\n", plugins_off=["plugins.py"])

    assert "motto" not in site.app.jinja_env.globals


def test_guest_that_asks_for_everything_is_called() -> None:
    heard: list[str] = []
    hooks = {name: found for name, found in vars(Hooks).items() if not name.startswith("_")}
    names = {name: list(inspect.signature(found).parameters)[1:] for name, found in hooks.items()}
    everything: dict[str, Any] = {"heard": heard}
    source = "".join(f"def {name}({', '.join(given)}):\n    heard.append('{name}')\n" for name, given in names.items())
    exec(source, everything)
    guests = Plugins()
    guests.register(SimpleNamespace(**{name: hook(everything[name]) for name in hooks}), "curious")

    for name, given in names.items():
        guests.answers(name, **dict.fromkeys(given, ""))

    assert heard == list(hooks)


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., TestSite]]:
    """Make a site with a plug-in of this source."""
    made: list[TestSite] = []

    def make(source: str, **settings: Any) -> TestSite:
        for name in ("templates", "static"):
            if not (tmp_path / name).exists():
                (tmp_path / name).symlink_to(CHECKOUT / name)
        made.append(TestSite(tmp_path, f"from octavo.hooks import OwnPage, hook\n{source}", **settings))
        return made[-1]

    yield make
    for site in made:
        site.close()


def row_of(name: str, found: Callable[..., object]) -> str:
    arguments = ", ".join(list(inspect.signature(found).parameters)[1:])
    return f"| `{name}({arguments})` | {(found.__doc__ or '').splitlines()[0]} |"


def test_docs_list_every_hook_as_the_code_has_it() -> None:
    page = (CHECKOUT / "docs/plugins.md").read_text("utf-8")
    table = page.partition("<!-- hooks -->\n")[2].partition("<!-- /hooks -->")[0]

    rows = [row_of(name, found) for name, found in vars(Hooks).items() if not name.startswith("_")]

    assert table.splitlines()[2:] == rows


def test_site_without_a_plugin_has_social_cards_too(make_app: Callable[..., Flask], write_post: Write) -> None:
    write_post("hello")
    client = make_app().test_client()

    page = client.get("/articles/").text
    card = client.get("/covers/hello.png")

    assert '<svg class="cover' not in page
    assert card.data.startswith(b"\x89PNG")


def test_plugin_that_raises_is_told_once_and_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    def fails(slug: str) -> str:
        raise RuntimeError("out of ink")

    guests = Plugins()
    guests.register(SimpleNamespace(cover_svg=cover_svg), "sound")
    guests.register(SimpleNamespace(cover_svg=hook(fails)), "broken")

    answers = {guests.first("cover_svg", slug="hello", hue=2) for _ in range(3)}

    assert answers == {"<svg>hello 2</svg>"}
    assert [record.getMessage() for record in caplog.records] == [
        "The plug-in broken failed in `cover_svg`; the site goes on without."
    ]


def test_plugin_that_does_not_load_is_told_and_the_site_starts(
    make_app: Callable[..., Flask], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own_plugin(tmp_path, "import nothing_of_this_name\n")

    answer = make_app().test_client().get("/articles/")

    assert answer.status_code == 200
    assert "The plug-in plugins.py cannot be used." in [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("function", "wrong"),
    [(lambda slug="": "", "slug must have no default"), (lambda slug, mood: "", "mood")],
)
def test_hook_that_could_never_be_called_right_is_refused(function: Callable[..., str], wrong: str) -> None:
    guests = Plugins()

    with pytest.raises(Exception, match=wrong):
        guests.register(SimpleNamespace(cover_svg=hook(function)), "odd")

    assert guests.first("cover_svg", slug="hello", hue=0) is None


def test_hook_that_is_no_plain_function_is_refused() -> None:
    guests = Plugins()
    cached = hook(lru_cache(lambda slug, hue: "<svg></svg>"))

    with pytest.raises(ValueError, match="must be a plain function"):
        guests.register(SimpleNamespace(cover_svg=cached), "cached")


def test_plugin_may_import_what_stands_for_the_request(make_site: Callable[..., TestSite]) -> None:
    source = "from flask import request\n@hook\ndef extend_app(app):\n    app.get('/own')(lambda: request.path)\n"

    assert make_site(source).get("/own") == "/own"


def test_misspelt_hook_is_refused() -> None:
    guests = Plugins()

    with pytest.raises(Exception, match="cover_swg"):
        guests.register(SimpleNamespace(cover_swg=cover_svg), "misspelt")


@pytest.fixture(autouse=True)
def _told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="octavo.plugins")


WEATHER = """
from octavo.hooks import OwnPage, hook


@hook
def questions():
    return {"weather": lambda site, edition: (site.root / "weather").read_text()}


@hook
def page_kinds():
    return {"weather": OwnPage("/weather/", lambda here: here.ask("weather"))}
"""


def test_sitemap_has_pages_of_plugins_in_ascii(make_site: Callable[..., TestSite]) -> None:
    site = make_site(
        "from octavo.hooks import OwnPage, hook\n\n\n@hook\ndef page_kinds():\n"
        "    return {'shelf': OwnPage('/shelf/<name>/', lambda here, name: name, lambda site: ['/shelf/é 1/'])}\n"
    )

    sitemap = site.get("/sitemaps/pages.xml")

    assert "<loc>https://example.org/shelf/%C3%A9%201/</loc>" in sitemap
    assert site.get("/shelf/%C3%A9%201/") == "é 1"


def test_page_follows_an_answer_that_changes_by_itself(make_site: Callable[..., TestSite], clock: Clock) -> None:
    site = make_site(WEATHER)
    site.site.clock = clock
    weather = site.folder / "weather"
    weather.write_text("rain")
    assert site.get("/weather/") == "rain"

    weather.write_text("sun")
    clock.now += 5

    assert site.get("/weather/") == "sun"
    assert site.get("/weather/") == "sun"
