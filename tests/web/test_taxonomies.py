"""Series, and the taxonomies of a site's own: their fields, lists, pages, feeds and addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.settings import Settings, SettingsError, load_settings
from octavo.site.addresses import Addresses
from tests.conftest import PostsFolder, Reader
from tests.test_own_site import documented

MakeApp = Callable[..., Flask]
WritePost = Callable[..., Path]


def reader(make_app: MakeApp, **settings: Any) -> FlaskClient:
    app = make_app(**settings)
    app.test_client_class = Reader
    return app.test_client()


@pytest.fixture
def kitchen(make_app: MakeApp, write_post: WritePost) -> FlaskClient:
    write_post("curry", title="Green curry", cuisine="Thai", date="2025-01-01")
    write_post("tom-yum", title="Tom yum", cuisine=["Thai", "Hot"], date="2025-02-01")
    write_post("pesto", title="Pesto", cuisines="Italian", date="2025-03-01")
    write_post("salt", title="On salt", date="2025-04-01")
    return reader(make_app, taxonomies={"cuisine": "cuisines"})


def shown(page: str, *wanted: str) -> list[str]:
    """Return those of the texts that a page shows, in its order."""
    main = page[page.index("<main") : page.index("</main>")]
    return sorted((one for one in wanted if one in main), key=main.index)


def test_taxonomy_has_a_list_pages_and_feeds(kitchen: FlaskClient) -> None:
    listed = kitchen.get("/cuisines/").text
    thai = kitchen.get("/cuisines/thai/").text
    feed = kitchen.get("/cuisines/thai/atom.xml")

    assert "<h1>Cuisines</h1>" in listed
    assert shown(listed, "/cuisines/hot/", "/cuisines/italian/", "/cuisines/thai/") == [
        "/cuisines/hot/",
        "/cuisines/italian/",
        "/cuisines/thai/",
    ]
    assert shown(thai, "Green curry", "Tom yum", "Pesto", "On salt") == ["Tom yum", "Green curry"]
    assert 'href="/cuisines/thai/atom.xml"' in thai
    assert feed.status_code == 200
    assert "Tom yum" in feed.text
    assert "Pesto" not in feed.text


def test_article_links_to_its_terms_and_the_foot_of_pages_to_their_list(kitchen: FlaskClient) -> None:
    page = kitchen.get("/articles/tom-yum/").text

    assert shown(page, "Cuisines", "/cuisines/thai/", "/cuisines/hot/") == [
        "Cuisines",
        "/cuisines/thai/",
        "/cuisines/hot/",
    ]
    assert '<a href="/cuisines/">Cuisines</a>' in page
    assert "/cuisines/" not in shown(kitchen.get("/articles/salt/").text, "/cuisines/")


def test_pages_of_taxonomies_are_in_the_sitemap(kitchen: FlaskClient) -> None:
    sitemap = kitchen.get("/sitemaps/pages.xml").text

    assert "https://journal.example/cuisines/</loc>" in sitemap
    assert "https://journal.example/cuisines/thai/</loc>" in sitemap
    assert "/series/" not in sitemap


def test_search_is_narrowed_by_own_terms_as_by_tags(kitchen: FlaskClient) -> None:
    kitchen.application.extensions["octavo"].index.sync()

    page = kitchen.get("/search/?q=text").text
    chosen = kitchen.get("/search.json?q=text&cuisine=thai").json
    both = kitchen.get("/search.json?q=text&cuisine=thai&cuisine=hot").json
    typed = kitchen.get("/search.json?q=cuisine:italian").json
    word = kitchen.get("/search.json?q=italian").json
    absent = kitchen.get("/search.json?q=cuisine:lao").json

    assert "<h2>Cuisine</h2>" in page
    assert [(each["value"], each["count"]) for each in chosen["facets"]["cuisine"]] == [("thai", 2), ("hot", 1)]
    assert sorted(result["slug"] for result in chosen["results"]) == ["curry", "tom-yum"]
    assert [result["slug"] for result in both["results"]] == ["tom-yum"]
    assert [result["slug"] for result in typed["results"]] == ["pesto"]
    assert [result["slug"] for result in word["results"]] == ["pesto"]
    assert absent["results"] == []
    assert "cuisine:" in kitchen.get("/search/help/").text


def test_search_without_an_index_knows_own_terms(make_app: MakeApp, write_post: WritePost) -> None:
    write_post("curry", title="Green curry", cuisine="Thai")
    write_post("yellow", title="Yellow curry", cuisine="Indian")
    kitchen = reader(make_app, taxonomies={"cuisine": "cuisines"}, indexing=False)

    chosen = kitchen.get("/search.json?q=curry&cuisine=thai").json

    assert chosen["partial"] is True
    assert [result["slug"] for result in chosen["results"]] == ["curry"]


def test_term_without_articles_has_no_page(kitchen: FlaskClient) -> None:
    assert kitchen.get("/cuisines/french/").status_code == 404
    assert kitchen.get("/cuisines/french/atom.xml").status_code == 404
    assert kitchen.get("/series/").status_code == 404


def test_change_of_a_term_is_seen_on_all_its_pages(kitchen: FlaskClient, write_post: WritePost) -> None:
    paths = ("/cuisines/", "/cuisines/thai/", "/articles/curry/", "/articles/salt/")
    before = [kitchen.get(path).text for path in paths]
    assert kitchen.get("/cuisines/lao/").status_code == 404

    write_post("curry", title="Green curry", cuisine="Lao", date="2025-01-01")
    after = [kitchen.get(path).text for path in paths]

    assert "Green curry" in shown(before[1], "Green curry")
    assert shown(after[1], "Green curry") == []
    assert "/cuisines/lao/" in after[0]
    assert "/cuisines/lao/" in after[2]
    assert kitchen.get("/cuisines/lao/").status_code == 200


def test_taxonomy_reads_its_field_as_other_systems_write_it(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("zola.md", '+++\ntitle = "Zola"\ndate = 2025-01-01\n[taxonomies]\ncuisine = ["Thai"]\n+++\nText\n')
    folder.raw("hugo.md", "---\ntitle: Hugo\ndate: 2025-01-01\nCuisines: [Thai]\n---\nText\n")
    folder.raw("wrong.md", "---\ntitle: Wrong\ndate: 2025-01-01\ncuisine:\n  hot: {very: true}\n---\nText\n")
    kitchen = reader(make_app, taxonomies={"cuisine": "cuisines"})

    page = kitchen.get("/cuisines/thai/").text
    problems = [str(problem) for problem in kitchen.application.extensions["octavo"].library.problems]

    assert shown(page, "Zola", "Hugo", "Wrong") == ["Hugo", "Zola"]
    assert len(problems) == 1
    assert problems[0].startswith("wrong.md:4:")
    assert kitchen.get("/articles/wrong/").status_code == 200


@pytest.fixture
def serial(make_app: MakeApp, write_post: WritePost) -> FlaskClient:
    write_post("landing", title="The landing", series="To the Moon", series_order=3, date="2025-01-01")
    write_post("launch", title="The launch", series="To the Moon", series_order=1, date="2025-03-01")
    write_post("cruise", title="The cruise", series="To the Moon", series_order="2", date="2025-02-01")
    write_post("alone", title="Alone", date="2025-04-01")
    return reader(make_app)


def test_series_is_read_in_its_order(serial: FlaskClient) -> None:
    page = serial.get("/series/to-the-moon/").text

    assert shown(page, "The launch", "The cruise", "The landing", "Alone") == [
        "The launch",
        "The cruise",
        "The landing",
    ]


def test_article_leads_to_the_parts_before_and_after(serial: FlaskClient) -> None:
    first, second, alone = (serial.get(f"/articles/{slug}/").text for slug in ("launch", "cruise", "alone"))

    assert 'Part 2 of 3 in <a href="/series/to-the-moon/">To the Moon</a>' in second
    way = second[second.index('<nav class="series"') :]
    way = way[: way.index("</nav>")]
    assert re.findall('href="([^"]+)" rel="([^"]+)"', way) == [
        ("/articles/launch/", "prev"),
        ("/articles/landing/", "next"),
    ]
    way = first[first.index('<nav class="series"') :]
    assert re.findall('href="([^"]+)" rel="([^"]+)"', way[: way.index("</nav>")]) == [("/articles/cruise/", "next")]
    assert 'class="series' not in alone


def test_neighbours_that_a_series_names_are_not_named_again(serial: FlaskClient) -> None:
    first, second, alone = (serial.get(f"/articles/{slug}/").text for slug in ("launch", "cruise", "alone"))

    def neighbours(page: str) -> list[str]:
        way = page.partition('<nav class="neighbours"')[2].partition("</nav>")[0]
        return re.findall('href="([^"]+)"', way)

    assert neighbours(first) == ["/articles/alone/"]
    assert neighbours(second) == []
    assert neighbours(alone) == ["/articles/launch/"]


def test_part_of_a_series_without_numbers_comes_by_date_after_those_with_one(
    serial: FlaskClient, write_post: WritePost
) -> None:
    write_post("splash", title="The splash", series="To the moon", date="2024-01-02")
    write_post("prize", title="The prize", series="To the Moon", series_order="soon", date="2024-01-03")

    page = serial.get("/series/to-the-moon/").text

    order = ["The launch", "The cruise", "The landing", "The splash", "The prize"]
    assert shown(page, *order) == order


def test_new_part_is_told_on_the_pages_of_all_others(serial: FlaskClient, write_post: WritePost) -> None:
    serial.get("/articles/launch/")

    write_post("return", title="The return", series="To the Moon", series_order=4)

    assert "Part 1 of 4" in serial.get("/articles/launch/").text


def test_new_number_is_seen_where_nothing_else_changes(serial: FlaskClient, write_post: WritePost) -> None:
    assert "Part 1 of 3" in serial.get("/articles/launch/").text

    write_post("landing", title="The landing", series="To the Moon", series_order=0, date="2025-01-01")

    assert "Part 2 of 3" in serial.get("/articles/launch/").text


def test_page_of_the_sites_own_stands_over_the_list_of_series(serial: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("_pages/series.md", "# All our series\n\nText of its own.")

    assert "Text of its own." in serial.get("/series/").text
    assert serial.get("/series/to-the-moon/").status_code == 200


def test_articles_below_a_folder_of_terms_stay_where_their_permalinks_are(
    make_app: MakeApp, write_post: WritePost
) -> None:
    write_post("mars", title="Mars", category="Series")
    client = reader(make_app, permalink="/:categories/:slug/")

    assert client.get("/series/mars/").status_code == 200


@pytest.mark.parametrize(
    ("taxonomies", "told"),
    [
        ({"tag": "labels"}, "the field `tag` means something else"),
        ({"layout": "layouts"}, "the field `layout` means something else"),
        ({"series": "sagas"}, "the field `series` means something else"),
        ({"cuisine": "tags"}, "the site has other pages at /tags/"),
        ({"cuisine": "series"}, "the site has other pages at /series/"),
        ({"cuisine": "search"}, "the site has other pages at /search/"),
        ({"cuisine": "food", "dish": "food"}, "the site has other pages at /food/"),
    ],
)
def test_taxonomy_that_takes_what_is_taken_is_told(taxonomies: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match="taxonomies") as error:
        Addresses.of(Settings(taxonomies=taxonomies))

    assert told in str(error.value)


def test_documented_taxonomies_are_as_documented(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(documented("taxonomies"), "utf-8")

    folders = Addresses.of(load_settings(tmp_path, {})).folders

    assert [folders[kind] for kind in ("cuisine", "occasion")] == ["cuisines", "occasions"]


def test_the_description_of_the_api_names_the_sites_own_facets(kitchen: FlaskClient) -> None:
    paths = kitchen.get("/openapi.json").json["paths"]

    named = [each["name"] for each in paths["/ghost/api/content/search/"]["get"]["parameters"]]

    assert named.count("cuisine") == 1
    assert "cuisine" not in str(paths["/ghost/api/content/tags/"])
    assert "Only results of this cuisine" in kitchen.get("/api/").text
