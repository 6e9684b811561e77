"""The words of the interface: a site changes them in a file of its own, phrase by phrase."""

import ast
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from octavo.web.pages.facets import FACET_VIEWS
from octavo.web.pages.search import SORTS
from octavo.web.phrases.phrases import DATE, MONTHS, THOUSAND
from octavo.web.phrases.plurals import category
from tests.conftest import PostsFolder, Reader

PACKAGE = Path(__file__).parents[2] / "octavo"
TEMPLATES = PACKAGE / "theme/templates"
THEME = tomllib.loads((TEMPLATES / "phrases.toml").read_text("utf-8"))
# What is said under names that are known with the page only.
NAMED = {DATE, THOUSAND, *MONTHS, *SORTS.values(), "Draft", "Scheduled", "Expired"}
NAMED |= {"Articles", "Archive", "Tags", "Authors"}
NAMED |= {"Note", "Tip", "Important", "Warning", "Caution"}
NAMED |= {view.help for view in FACET_VIEWS.values()}
NAMED |= {view.label for view in FACET_VIEWS.values()}
NAMED |= {view.label.lower() for view in FACET_VIEWS.values()}
NAMED |= {"{facet} “{value}” was ignored: there is none."}


def test_the_file_of_the_theme_has_exactly_what_is_said():
    said = set(NAMED)
    for path in TEMPLATES.rglob("*.*"):
        if path.suffix != ".toml":
            said |= set(re.findall(r'say\("([^"]*)"', path.read_text("utf-8")))
    folders = ("web", "plugins", "content/markdown")
    for path in (path for folder in folders for path in PACKAGE.glob(f"{folder}/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if "say" in (getattr(node.func, "id", ""), getattr(node.func, "attr", "").lstrip("_")):
                said |= {each.value for each in node.args if isinstance(each, ast.Constant)}

    listed = THEME.keys() - {"notes"}

    assert listed == said


def test_templates_of_the_theme_have_no_words_but_those_they_say():
    # The operator's pages, and what is for programs.
    others = {"api.html", "status.html", "problems.html", "llms.txt", "article.md", "robots.txt"}
    found = {}
    for path in TEMPLATES.rglob("*.html"):
        text = re.sub(r"{[#%{].*?[#%}]}", "", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"<(style|code)>.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
        words = re.findall(r">[^<>]*?([A-Za-z]{2}[^<>]*)<", text)
        words += re.findall(r' (?:aria-label|alt)="([^"]*[A-Za-z][^"]*)"', text)
        if words and path.name not in others:
            found[path.name] = words

    assert found == {"share.html": ["Bluesky", "Reddit"], "404.html": ["For its writer"]}


@pytest.fixture
def phrases(folder: PostsFolder) -> Path:
    """The file of a site's own phrases, yet to be written."""
    path = folder.path.parent / "templates" / "phrases.toml"
    path.parent.mkdir()
    return path


def reader(app: Flask) -> Reader:
    app.test_client_class = Reader
    return app.test_client()


GERMAN = """
"{day} {month} {year}" = "{day}. {month} {year}"
"1,000" = "1.000"
"July" = "Juli"
"Articles" = "Beiträge"
"{count} articles" = { one = "{count} Beitrag", other = "{count} Beiträge" }
"{minutes} min read" = "Lesezeit: {minutes} Min."
"By {names}" = "Von {names}"
" and " = " und "
"Search" = "Suche"
"for {words}" = "zu {words}"
"Related articles" = "Mehr davon"
"Updated {date}" = "Stand: {date}"
"Section" = "Rubrik"
"{facet} “{value}” was ignored: there is none." = "{facet} „{value}“ gibt es nicht."
"{count} views" = { one = "{count} Mal gelesen", other = "{count} Mal gelesen" }
"Part {number} of {parts} in {series}" = "{series}, Teil {number} von {parts}"
"Something broke on our side." = "Bei uns ist <etwas> kaputt."
"This page is not here." = "Diese Seite gibt es nicht."
"What stood at {path} is here no more, and will not come back." = "{path} ist weg."
[notes]
"shares {names}" = "auch zu {names}"
"There is no tag “{value}”." = "Kein Schlagwort heißt „{value}“."
"""


def test_pages_speak_as_the_sites_own_phrases_do(
    make_app: Callable[..., Flask], write_post: Callable[..., Path], phrases: Path
) -> None:
    phrases.write_text(GERMAN, "utf-8")
    both = {"authors": ["Ada Wong", "Bo Ek"], "tags": ["Moor"], "series": "Torf & Moor"}
    write_post("eins", title="Eins", date="2025-07-17", updated="2025-07-18", **both)
    write_post("zwei", title="Zwei", date="2025-07-16", **both)
    client = reader(make_app(language="de"))

    article = client.get("/articles/eins/").text

    assert "17. Juli 2025" in article
    assert re.search("Stand: <time [^>]*>18. Juli 2025</time>", article)
    assert "Lesezeit: 1 Min." in article
    assert '<a href="/series/torf-moor/">Torf &amp; Moor</a>, Teil 2 von 2' in article
    assert re.search("Von <a [^>]*>Ada Wong</a> und <a [^>]*>Bo Ek</a>", article)
    assert "Mehr davon" in article
    assert "auch zu Moor" in article
    assert ">Beiträge</a>" in article
    assert "2 Beiträge" in client.get("/articles/").text
    assert "<title>Beiträge · " in client.get("/articles/").text
    assert re.search(r"1 Beitrag\s+zu <strong>eins", client.get("/search/?q=eins").text)


def test_errors_and_notes_speak_as_the_sites_own_phrases_do(
    make_app: Callable[..., Flask], write_post: Callable[..., Path], phrases: Path
) -> None:
    phrases.write_text(GERMAN, "utf-8")
    write_post("eins", title="Eins")
    app = make_app(language="de")
    while app.extensions["octavo"].index.sync().busy:
        pass
    app.add_url_rule("/broken/", view_func=lambda: 1 / 0)
    client = reader(app)

    broken = client.get("/broken/")
    noted = client.get("/search/?q=tag:torf&category=xyz").text

    assert "Diese Seite gibt es nicht." in client.get("/nowhere/").text
    assert broken.status_code == 500
    assert "<h1>Bei uns ist &lt;etwas&gt; kaputt.</h1>" in broken.text
    assert '<html lang="de">' in broken.text
    assert "Kein Schlagwort heißt „torf“." in noted
    assert "Rubrik „xyz“ gibt es nicht." in noted
    assert client.get("/search.json?q=tag:torf").json["notes"] == ["Kein Schlagwort heißt „torf“."]
    assert client.get("/views/eins").json == {"views": 0, "text": "0 Mal gelesen"}


def test_changed_phrases_are_seen_at_once_and_broken_ones_by_nobody(
    make_app: Callable[..., Flask],
    write_post: Callable[..., Path],
    phrases: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_post("eins")
    (phrases.parent / "unused.html").write_text("")
    client = reader(make_app())
    first = client.get("/articles/").text
    phrases.write_text('"{count} articles" = { one = "{count} recipe", other = "{count} recipes" }')
    second = client.get("/articles/").text
    phrases.write_text('"Articles" = "Recipes"\n\n"{count} articles" = { one = "ONE"')
    third = client.get("/articles/").text
    phrases.unlink()

    fourth = client.get("/articles/").text

    assert "1 article<" in first
    assert "1 recipe<" in second
    assert "1 recipe<" in third
    assert "1 article<" in fourth
    assert [record.getMessage()[:27] for record in caplog.records] == ["templates/phrases.toml:3: U"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('"Latest artcles" = "New"', "nothing says these words; “Latest articles” is said"),
        ('"By {names}" = "Von {nmaes}"', "there is no value {nmaes} for it"),
        ('"Menu" = 3', "a phrase is a text in quotes"),
        ('"{count} views" = { one = "once" }', "plural forms are zero, one, two, few, many, other"),
        ('"1,000" = "tausend"', "it says how a thousand is written, as 1.000"),
        ('[notes]\n"shares {name}" = "x"', "“shares {names}” is said"),
    ],
)
def test_a_phrase_that_cannot_be_used_is_told_with_its_line_and_the_themes_stands(
    make_app: Callable[..., Flask],
    write_post: Callable[..., Path],
    phrases: Path,
    caplog: pytest.LogCaptureFixture,
    entry: str,
    told: str,
) -> None:
    write_post("eins", authors=["Ada Wong"])
    phrases.write_text(f'"Search" = "Find"\n# More.\n{entry}\n', "utf-8")

    page = reader(make_app()).get("/").text

    (record,) = caplog.records
    assert re.match(r"\S*templates/phrases\.toml:[34]: ", record.getMessage())
    assert told in record.getMessage()
    assert ">Find</a>" in page
    assert "By <a" in page
    assert ">Menu</summary>" in page


def test_a_sites_own_templates_say_phrases_of_its_own(
    make_app: Callable[..., Flask],
    write_post: Callable[..., Path],
    phrases: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_post("eins")
    phrases.write_text('"Serves {people}" = "Reicht für {people}"')
    above = '{% extends "theme:article.html" %}{% block below %}'
    said = '{{ say("Serves {people}", people=article.extra.serves | default(4)) }} {{ say("Enjoy!") }}'
    (phrases.parent / "article.html").write_text(f"{above}{said}{{% endblock %}}")

    page = reader(make_app()).get("/articles/eins/").text

    assert "Reicht für 4 Enjoy!" in page
    assert not caplog.records


def test_a_template_that_says_a_phrase_without_its_value_is_a_slip(
    make_app: Callable[..., Flask],
    write_post: Callable[..., Path],
    phrases: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_post("eins")
    client = reader(make_app())
    (phrases.parent / "article.html").write_text('\n{{ say("By {names}", name=1) }}')

    page = client.get("/articles/eins/")

    assert page.status_code == 200
    assert [record.getMessage() for record in caplog.records] == [
        "templates/article.html:2: `By {names}` is said without its value `names`. "
        "Mend it; until then pages are made as before."
    ]


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", {0: "other", 1: "one", 2: "other", 21: "other"}),
        ("de-AT", {0: "other", 1: "one", 2: "other"}),
        ("fr", {0: "one", 1: "one", 2: "other"}),
        ("ja", {0: "other", 1: "other", 2: "other"}),
        ("ru", {1: "one", 2: "few", 5: "many", 11: "many", 14: "many", 21: "one", 22: "few", 111: "many"}),
        ("pl", {1: "one", 2: "few", 5: "many", 12: "many", 21: "many", 22: "few"}),
        ("cs", {1: "one", 3: "few", 5: "other"}),
        ("ar", {0: "zero", 1: "one", 2: "two", 3: "few", 11: "many", 100: "other", 103: "few"}),
        ("sl", {1: "one", 2: "two", 3: "few", 5: "other", 101: "one"}),
        ("lt", {1: "one", 2: "few", 10: "other", 11: "other", 21: "one", 31: "one"}),
        ("ro", {0: "few", 1: "one", 2: "few", 19: "few", 20: "other", 101: "few"}),
        ("sr", {1: "one", 2: "few", 5: "other", 11: "other", 21: "one"}),
        ("he", {1: "one", 2: "two", 3: "other"}),
    ],
)
def test_plural_forms_are_those_of_the_language(language: str, forms: dict[int, str]) -> None:
    assert {number: category(language, number) for number in forms} == forms


def test_counts_take_the_plural_forms_of_the_sites_language(
    make_app: Callable[..., Flask], write_post: Callable[..., Path], phrases: Path
) -> None:
    forms = 'one = "{count} artykuł", few = "{count} artykuły", many = "{count} artykułów", other = ""'
    phrases.write_text(f'"{{count}} articles" = {{ {forms} }}', "utf-8")
    for number in range(5):
        write_post(f"text-{number}", tags=[f"t{each}" for each in range(number, 5)])
    client = reader(make_app(language="pl"))

    shown = [client.get(f"/tags/t{number}/").text for number in range(5)]

    assert "1 artykuł<" in shown[0]
    assert "2 artykuły<" in shown[1]
    assert "5 artykułów<" in shown[4]


def test_the_example_of_the_docs_holds(
    make_app: Callable[..., Flask],
    write_post: Callable[..., Path],
    phrases: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_post("eins")
    docs = (PACKAGE.parent / "docs/site.md").read_text("utf-8")
    phrases.write_text(re.findall(r"<!-- phrases -->\n```toml\n(.*?)```", docs, re.DOTALL)[0], "utf-8")

    page = reader(make_app()).get("/articles/").text

    assert "1 Rezept<" in page
    assert not caplog.records


def test_words_within_texts_are_those_of_the_site_and_of_an_article_in_english_english(
    make_app: Callable[..., Flask], folder: PostsFolder, phrases: Path
) -> None:
    body = "A.[^1]\n\n> [!NOTE]\n> B.\n\n| a |\n|---|\n| b |\n\n- [x] c\n\n[^1]: D.\n"
    folder.write("hier", body, title="Hier")
    folder.write("there", body, title="There", lang="en")
    phrases.write_text(
        'Footnotes = "Fußnoten"\nNote = "Hinweis"\nDone = "Erledigt"\n"Table {number}" = "Tabelle {number}"\n'
        '"Back to reference {number}" = "Zurück zur Stelle {number}"\n'
    )
    app = make_app(language="de")
    app.test_client_class = Reader
    client = app.test_client()

    german = client.get("/articles/hier/").text
    english = client.get("/articles/there/").text
    phrases.write_text('Note = "Merke"\n')
    changed = client.get("/articles/hier/").text

    for words in ("Fußnoten", ">Hinweis<", "Erledigt", "Tabelle 1", "Zurück zur Stelle 1"):
        assert words in german
    for words in ("Footnotes", ">Note<", "Done", "Table 1", "Back to reference 1"):
        assert words in english
    assert ">Merke<" in changed
