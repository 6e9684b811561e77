"""What settings do to a site's looks: name and icon, colours and typefaces, the front page, covers, menus, snippets."""

from __future__ import annotations

import json
import re
import tomllib
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.content.slugs import slugify
from octavo.settings import Link, MenuItem, Settings, SettingsError, load_settings
from octavo.web.covers import FIELD, cover_svg
from octavo.web.theme.colours import contrast, readable
from octavo.web.theme.look import made_files
from tests.conftest import PostsFolder, Reader
from tests.tools import CHECKOUT

Make = Callable[..., Flask]
PNG = b"\x89PNG\r\n\x1a\n"


def sheet_of(client: FlaskClient, path: str = "/") -> str:
    found = re.search(r'<link rel="stylesheet" href="([^"]+)"', client.get(path).text)
    assert found is not None
    return client.get(found[1]).text


def put(folder: PostsFolder, name: str, data: bytes) -> None:
    file = folder.path.parent / "static" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def told(make_app: Make, **settings: object) -> str:
    with pytest.raises(SettingsError) as error:
        make_app(**settings)
    return error.value.message


def test_accent_is_in_the_style_sheet_with_a_dark_one_that_can_be_read(make_app: Make) -> None:
    sheet = sheet_of(make_app(accent=["#5b2333"]).test_client())

    light, dark = re.findall(r"--accent:light-dark\((#\w+),(#\w+)\)", sheet)[-1]

    assert light == "#5b2333"
    assert contrast(dark, "#16181b") >= 4.5


def test_accent_for_dark_pages_may_be_given(make_app: Make) -> None:
    sheet = sheet_of(make_app(accent=["#5b2333", "#ffb0c4"]).test_client())

    assert "--accent:light-dark(#5b2333,#ffb0c4)" in sheet


@pytest.mark.parametrize(
    ("accent", "where", "paper"),
    [(["#ffcc00"], "light", "#fcfcfa"), (["#5b2333", "#5b2333"], "dark", "#16181b")],
)
def test_accent_that_cannot_be_read_is_told_with_one_that_can(
    make_app: Make, accent: list[str], where: str, paper: str
) -> None:
    message = told(make_app, accent=accent)

    cure = re.findall(r"(#\w{6}) has it", message)[0]
    assert f"accent = {accent!r}: on {where} pages the contrast of {accent[-1]} to the paper {paper}" in message
    assert contrast(cure, paper) >= 4.5


def test_accent_is_measured_on_the_sites_own_paper(make_app: Make, folder: PostsFolder) -> None:
    put(folder, "css/own.css", b":root { --paper: light-dark(#102030, #101010); }")

    assert "on light pages the contrast of #1f5a84 to the paper #102030" in told(make_app, accent=["#1f5a84"])


def test_readable_colour_keeps_its_hue() -> None:
    red, green, blue = (int(readable("#ff8800", "#ffffff")[n : n + 2], 16) for n in (1, 3, 5))

    assert red > green > blue
    assert readable("#123456", "#ffffff") == "#123456"


@pytest.mark.parametrize(
    ("typefaces", "families"),
    [
        ("serif", {"Octavo Serif", "Octavo Sans"}),
        ("mixed", {"Octavo Serif", "Octavo Sans"}),
        ("sans", {"Octavo Sans"}),
        ("system", set()),
    ],
)
def test_page_loads_the_faces_of_its_pair_and_no_others(make_app: Make, typefaces: str, families: set[str]) -> None:
    client = make_app(typefaces=typefaces).test_client()
    preloaded = re.findall(r'<link rel="preload" href="([^"]+)"', client.get("/").text)

    loaded = set(re.findall(r'font-family:"([^"]+)";src:url', sheet_of(client)))

    assert loaded == families
    assert len(preloaded) == len(families)
    assert all(client.get(url).mimetype == "font/woff2" for url in preloaded)


def test_site_brings_a_pair_of_typefaces_of_its_own(make_app: Make, folder: PostsFolder) -> None:
    put(folder, "css/type/own-faces.css", b":root { --face-text: Garamond, serif; }")

    assert "--face-text:Garamond,serif" in sheet_of(make_app(typefaces="own-faces").test_client())


@pytest.mark.parametrize(
    ("setting", "value", "cure"),
    [
        ("typefaces", "comic", "there are mixed, sans, serif, system"),
        ("logo", "logo.svg", "there is no file static/logo.svg"),
        ("icon", "icon.png", "there is no file static/icon.png"),
    ],
)
def test_file_that_a_setting_names_and_that_is_absent_is_told(
    make_app: Make, setting: str, value: str, cure: str
) -> None:
    message = told(make_app, **{setting: value})

    assert message.startswith(f"{setting} = {value!r}: ")
    assert cure in message


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('accent = "#fff"', ["accent", "a list of texts"]),
        ('accent = ["red"]', ["accent", "'red'", "written as #1f5a84"]),
        ('accent = ["#000000", "#ffffff", "#ff0000"]', ["accent", "two at most"]),
        ('logo = "../../etc/passwd"', ["logo", "below static/"]),
        ('typefaces = "../x"', ["typefaces", "'../x'", "small letters"]),
        ('home = "blog"', ["home", "'blog'", "magazine, list, page"]),
        ("covers = true", ["covers", "own, typographic, none"]),
        ('scheme = "night"', ["scheme", "auto, light, dark, switch"]),
        ('navigation = [{label = "A"}]', ["navigation", "neither a url nor items"]),
        ('social = ["https://a.example"]', ["social", "a list of {label, url}"]),
        ('hosts = {fonts = ["a.example"]}', ["hosts", "scripts, styles, connections"]),
    ],
)
def test_wrong_setting_of_the_looks_is_told(tmp_path: Path, toml: str, words: list[str]) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.octavo]\n{toml}\n", "utf-8")

    with pytest.raises(SettingsError) as error:
        load_settings(tmp_path, {})

    assert all(word in error.value.message for word in words)


def test_logo_stands_for_the_name_and_says_it(make_app: Make, folder: PostsFolder) -> None:
    put(folder, "logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>')

    page = make_app(title="Hart & Osei", logo="logo.svg").test_client().get("/").text

    name = re.search(r'<h1 class="site-name"><img class="site-logo" src="([^"]+)" alt="([^"]+)">', page)
    assert name is not None
    assert name[2] == "Hart &amp; Osei"


def test_icon_is_that_of_pages_and_of_the_manifest(make_app: Make, folder: PostsFolder) -> None:
    put(folder, "mine.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    client = make_app(title="Ours", description="About us.", icon="mine.svg").test_client()
    page = client.get("/").text

    icon = re.findall(r'<link rel="icon" href="([^"]+)"', page)
    address = re.findall(r'<link rel="manifest" href="([^"]+)"', page)[0]
    manifest = json.loads(client.get(address).text)

    assert [client.get(url).status_code for url in icon] == [200]
    assert (manifest["name"], manifest["description"]) == ("Ours", "About us.")
    assert manifest["icons"][0]["src"].endswith(icon[0].removeprefix("/static/"))


def test_manifest_of_the_site_stands_over_the_made_one(make_app: Make, folder: PostsFolder) -> None:
    put(folder, "manifest.webmanifest", b'{"name": "By hand"}')
    client = make_app().test_client()

    address = re.findall(r'<link rel="manifest" href="([^"]+)"', client.get("/").text)[0]

    assert client.get(address).text == '{"name": "By hand"}'


@pytest.mark.parametrize(
    ("scheme", "meta", "rule"),
    [
        ("auto", "light dark", ""),
        ("light", "light", ":root{color-scheme:light}"),
        ("dark", "dark", ":root{color-scheme:dark}"),
        ("switch", "light dark", ':root[data-scheme="dark"]{color-scheme:dark}'),
    ],
)
def test_pages_are_light_or_dark_as_the_setting_says(make_app: Make, scheme: str, meta: str, rule: str) -> None:
    client = make_app(scheme=scheme).test_client()
    page = client.get("/").text

    assert f'<meta name="color-scheme" content="{meta}">' in page
    assert rule in sheet_of(client)
    assert ("scheme-switch" in page) == (scheme == "switch")


def test_readers_choice_is_remembered_by_a_script_that_the_policy_allows(make_app: Make) -> None:
    answer = make_app(scheme="switch").test_client().get("/")

    script = re.findall(r"<script>(.*?)</script>", answer.text)[0]

    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_snippets_are_in_every_page_and_in_the_policy_and_nothing_else_is(make_app: Make) -> None:
    head = '<script defer src="https://stats.example/a.js"></script><script>let a = "ü"</script>'
    foot = '<style>b{top:0}</style><script type="module">let b = 1</script>'
    hosts = {"scripts": ["stats.example"], "connections": ["stats.example"]}
    client = make_app(head_html=head, foot_html=foot, hosts=hosts).test_client()

    pages = [client.get(path) for path in ("/", "/tags/", "/nothing/")]

    def allowed(*texts: str) -> list[str]:
        return [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts]

    assert all(f"{head}\n</head>" in page.text and f"{foot}\n</body>" in page.text for page in pages)
    policy = dict(part.split(" ", 1) for part in pages[0].headers["Content-Security-Policy"].split("; "))
    scripts = ["'self'", *allowed('let a = "ü"', "let b = 1"), "https://stats.example"]
    assert policy["script-src"] == " ".join(scripts)
    assert policy["style-src"] == " ".join(["'self'", *allowed("b{top:0}")])
    assert policy["connect-src"] == "'self' https://stats.example"
    assert policy["img-src"] == "'self' data:"


def test_host_of_scripts_lets_no_article_show_its_frames(make_app: Make, folder: PostsFolder) -> None:
    folder.write("hello", body='<iframe src="https://stats.example/"></iframe> and words')

    page = make_app(hosts={"scripts": ["stats.example"]}).test_client().get("/articles/hello/").text

    assert "<iframe" not in page


def test_footer_is_markdown_and_links_to_the_sites_own_pages_elsewhere(make_app: Make) -> None:
    social = [Link("Mastodon", "https://social.example/@us")]
    app = make_app(footer="Hart, *Bristol*. [Imprint](/imprint/)", social=social, base_url="https://a.example/blog")

    page = app.test_client().get("/blog/").text

    assert '<p>Hart, <em>Bristol</em>. <a href="/blog/imprint/">Imprint</a></p>' in page
    assert '<a href="https://social.example/@us" rel="me">Mastodon</a>' in page


def test_menu_folds_out_its_second_level(make_app: Make, folder: PostsFolder) -> None:
    folder.write("hello", category="Tenancy")
    items = (Link("Tenancy", "/categories/tenancy/"), Link("Elsewhere", "https://a.example/"))
    app = make_app(navigation=[MenuItem("Practice", items=items), MenuItem("All", "/articles/")])

    menu = re.findall(r'<nav class="navigation".*?</nav>', app.test_client().get("/categories/tenancy/").text, re.S)[0]

    assert re.search(r"<summary>Practice</summary>\s*<ul>\s*<li><a href=\"/categories/tenancy/\" aria-current", menu)
    assert '<a href="/articles/">All</a>' in menu


@pytest.mark.parametrize(
    ("covers", "cover"),
    [("own", ""), ("none", ""), ("typographic", ">Ü</text></svg>")],
)
def test_article_without_a_picture_has_the_cover_of_the_setting(
    make_app: Make, folder: PostsFolder, covers: str, cover: str
) -> None:
    folder.write("hello", title="»Über« <b>")

    page = make_app(covers=covers).test_client().get("/articles/").text

    assert cover in page
    assert ('<svg class="cover' in page) == bool(cover)


def test_letter_of_a_cover_stands_whole_in_the_small_pictures_of_lists() -> None:
    width, height = FIELD
    edge = (width - height * 4 / 3) / 2

    covers = [cover_svg(f"article-{number}", "Word", 0) for number in range(256)]

    places = [int(re.findall(r'<text x="(\d+)"', cover)[0]) for cover in covers]
    assert edge + height / 2 <= min(places) < max(places) <= width - edge - height / 2


def test_front_page_as_a_list_has_the_newest_first_and_leads_to_all(make_app: Make, folder: PostsFolder) -> None:
    for day in (1, 2, 3):
        folder.write(f"day-{day}", title=f"Day {day}", date=f"2025-01-0{day}")
    client = make_app(home="list", page_size=2).test_client()

    page = client.get("/").text

    assert re.findall(r"Day \d", page.partition("<main")[2]) == ["Day 3", "Day 2"]
    assert '<a href="/articles/">All articles' in page
    assert "Latest</h2>" not in page


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed package that brings the theme `plain`."""
    packages = tmp_path / "packages"
    project = re.findall(r"<!-- theme -->\n```toml\n(.*?)```", (CHECKOUT / "docs/site.md").read_text("utf-8"), re.S)[0]
    points = tomllib.loads(project)["project"]["entry-points"]
    lines = [f"[{group}]\n{name} = {value}\n" for group, each in points.items() for name, value in each.items()]
    about = packages / "plain_theme-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: plain-theme\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text("".join(lines), "utf-8")
    theme = packages / "plain_theme"
    (theme / "templates" / "partials").mkdir(parents=True)
    (theme / "__init__.py").write_text("raise RuntimeError('nothing of a theme is run')", "utf-8")
    byline = "{% macro byline(authors) %}THEIRS{% endmacro %}"
    (theme / "templates" / "partials" / "byline.html").write_text(byline, "utf-8")
    (theme / "templates" / "articles.html").write_text('{% extends "theme:articles.html" %}', "utf-8")
    monkeypatch.syspath_prepend(packages)
    return theme


def test_installed_theme_stands_between_the_site_and_the_engine(
    make_app: Make, folder: PostsFolder, installed: Path
) -> None:
    folder.write("hello", title="Hello")

    chosen = make_app(theme="plain").test_client().get("/articles/").text
    own = folder.path.parent / "templates" / "partials" / "byline.html"
    own.parent.mkdir(parents=True)
    own.write_text("{% macro byline(authors) %}OURS{% endmacro %}", "utf-8")
    overridden = make_app(theme="plain").test_client().get("/articles/").text

    assert "THEIRS" in chosen
    assert "site-footer" in chosen
    assert "OURS" in overridden
    assert "THEIRS" not in overridden


def test_theme_that_is_not_installed_is_told_with_those_that_are(make_app: Make, installed: Path) -> None:
    message = told(make_app, theme="fancy")

    assert message.startswith("theme = 'fancy': no package with such a theme is installed. Installed are: plain.")


def test_layout_names_a_template_of_the_site(make_app: Make, folder: PostsFolder) -> None:
    wide = re.findall(r"<!-- layout -->\n```html\n(.*?)```", (CHECKOUT / "docs/site.md").read_text("utf-8"), re.S)[0]
    layouts = folder.path.parent / "templates" / "layouts"
    layouts.mkdir(parents=True)
    (layouts / "wide.html").write_text(wide, "utf-8")
    for name in ("wide", "post", "../article", "base"):
        folder.write(f"in-{slugify(name)}", layout=name, body="Words.")
    folder.raw("_pages/about.md", "---\ntitle: About\nlayout: wide\n---\nWords.")
    client = make_app().test_client()

    pages = {path: client.get(path) for path in ("/articles/in-wide/", "/articles/in-post/", "/articles/in-article/")}

    assert [page.status_code for page in pages.values()] == [200] * 3
    assert [path for path, page in pages.items() if '<div class="wide"><p>' in page.text] == ["/articles/in-wide/"]
    assert '<div class="wide"><p>' in client.get("/about/").text


@pytest.mark.parametrize(
    ("head", "body", "shown"),
    [
        ({}, "The first words. And more.\n\nThe second.", 1),
        ({}, "# Hello\n\nThe first words. And more.", 1),
        ({"summary": "The first words. And more."}, "The first words. And more.\n\nThe second.", 1),
        ({"summary": "The first words. And more."}, "Others.", 1),
        ({}, "The first words. And more. " + "Word after word. " * 40, 1),
    ],
)
def test_opening_of_an_article_stands_once(
    make_app: Make, folder: PostsFolder, head: dict[str, str], body: str, shown: int
) -> None:
    folder.write("hello", title="Hello", body=body, **head)

    article = make_app().test_client().get("/articles/hello/").text.partition("<main")[2]

    assert article.count("The first words. And more.") == shown


def test_foot_of_pages_leads_to_no_empty_list(client: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello", tags=["slow"])

    def listed() -> list[str]:
        footer = client.get("/").text.partition('<footer class="site-footer">')[2]
        return re.findall(r'<li><a href="(/\w+/)">', footer)

    with_tag = listed()
    folder.write("hello")
    without = listed()

    assert with_tag == ["/articles/", "/archive/", "/tags/"]
    assert without == ["/articles/", "/archive/"]


def test_year_leads_to_the_years_beside_it_and_stands_once(make_app: Make, folder: PostsFolder) -> None:
    for year in (2019, 2022, 2025):
        folder.write(f"of-{year}", title="Words", date=f"{year}-02-01")
    folder.write("undated", title="Words")
    client = make_app().test_client()

    beside = {
        year: re.findall(r'href="(/archive/\d+/)" rel="(prev|next)"', client.get(f"/archive/{year}/").text)
        for year in (2019, 2022, 2025)
    }

    assert beside == {
        2019: [("/archive/2022/", "next")],
        2022: [("/archive/2019/", "prev"), ("/archive/2025/", "next")],
        2025: [("/archive/2022/", "prev")],
    }
    assert '<h2 class="unseen" id="year-2022">' in client.get("/archive/2022/").text
    assert '<h2 id="year-2022">' in client.get("/archive/").text


def test_contents_of_a_long_article_can_be_folded(make_app: Make, folder: PostsFolder) -> None:
    folder.write("hello", body="".join(f"## Part {n}\n\nWords.\n\n" for n in range(5)))

    page = make_app().test_client().get("/articles/hello/").text

    assert re.search(r"<summary>Contents</summary>\s*<ol>\s*<li class=\"contents-2\"><a href=\"#part-0\"", page)


def test_front_page_may_be_a_page_which_has_no_other_address(make_app: Make, folder: PostsFolder) -> None:
    folder.write("hello", title="Hello")
    folder.raw("_pages/about.md", "---\ntitle: About\n---\nAbout us, and [the start](home.md).")
    app = make_app(home="page", base_url="https://a.example")
    app.test_client_class = Reader
    client = app.test_client()

    before = client.get("/").text
    folder.raw("_pages/home.md", "---\ntitle: We move records\n---\nIn order.")
    after = client.get("/").text

    assert "Hello" in before.partition("<main")[2]
    assert "<h1>We move records</h1>" in after
    assert '<link rel="canonical" href="https://a.example/">' in after
    assert client.get("/home/").headers["Location"] == "/"
    assert '<a href="/">the start</a>' in client.get("/about/").text
    sitemap = "".join(client.get(path).text for path in ("/sitemap.xml", "/sitemaps/pages.xml"))
    assert "/home/" not in after + sitemap


def test_front_page_follows_its_text(make_app: Make, folder: PostsFolder) -> None:
    folder.raw("_pages/home.md", "---\ntitle: One\n---\nWords.")
    app = make_app(home="page")
    app.test_client_class = Reader
    client = app.test_client()
    before = client.get("/").text

    folder.raw("_pages/home.md", "---\ntitle: Two\n---\nOther words.")

    assert "<h1>One</h1>" in before
    assert "<h1>Two</h1>" in client.get("/").text


@pytest.mark.parametrize(("title", "letter"), [("“Hart & Osei”", "H"), ("élan", "É"), ("火星", "火"), ("★", "")])
def test_icon_of_a_site_without_one_is_the_letter_of_its_title(title: str, letter: str) -> None:
    files = made_files(Settings(title=title, accent=["#5b2333"]))

    icon = files["icons/favicon.svg"].decode()

    assert f">{letter}</text>" in icon
    assert 'fill="#5b2333"' in icon


def test_icon_of_a_site_without_one_is_in_its_pages_and_its_manifest(make_app: Make) -> None:
    client = make_app(title="Notes").test_client()

    page = client.get("/tags/").text
    manifest = re.search(r'<link rel="manifest" href="([^"]+)"', page)

    assert manifest is not None
    assert "%3EN%3C/text%3E" in page or ">N</text>" in page
    assert [icon["src"] for icon in client.get(manifest[1]).get_json(force=True)["icons"]] != []


def test_no_icon_of_the_engine_stands_where_a_site_has_none(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    before = make_app(title="Kitchen").test_client()
    drawn, page = before.get("/favicon.ico"), before.get("/").text
    (tmp_path / "static/icons").mkdir(parents=True)
    (tmp_path / "static/icons/apple-touch-icon.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "static/icons/favicon.ico").write_bytes(b"\0\0\1\0")
    after = make_app(title="Kitchen").test_client()

    own = after.get("/favicon.ico")

    assert (drawn.mimetype, ">K</text>" in drawn.text) == ("image/svg+xml", True)
    assert own.data == b"\0\0\1\0"
    assert "apple-touch-icon" not in page
    assert 'rel="apple-touch-icon" href="/static/icons/apple-touch-icon.' in after.get("/").text
