"""Search over HTTP: what readers find, how they narrow it, and that nothing they type breaks it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from octavo.search import FACETS
from octavo.site.site import Site
from octavo.web.pages.facets import FACET_VIEWS
from octavo.web.pages.search_request import SearchRequest
from tests.conftest import CHECKOUT, Clock, PostsFolder, Reader

SPACE = "{http://a9.com/-/spec/opensearch/1.1/}"


def index(site: Site) -> None:
    """Wait until the index holds what the files say."""
    site.refresh(settle=0)
    while site.index.sync().busy:
        pass


@pytest.fixture
def magazine(folder: PostsFolder, site: Site) -> Site:
    """Six indexed articles."""
    folder.raw("_authors/desk.md", "---\nname: Ada Okafor\n---\n")
    folder.write("apollo", "The crew landed on the Moon.", title="The flight of Apollo 11", date="2019-07-16",
                 category="History", tags=["Apollo", "Moon"], author="desk")  # fmt: skip
    folder.write("soyuz", "Two crews met in orbit.", title="Apollo–Soyuz", date="2015-07-17",
                 category="History", tags=["Apollo", "Cold War"], author="Elena Weiß")  # fmt: skip
    folder.write("webb", "The mirror of the telescope unfolded & cooled.", title="A telescope unfolds",
                 date="2022-01-08", category="Astronomy", tags=["Telescopes"])  # fmt: skip
    folder.write("rover", "Every rover that drove on Mars.", title="Rovers of Mars", date="2021-02-18",
                 category="Planets", tags=["Mars", "Rovers"])  # fmt: skip
    folder.write("water", "The rover found clay.", title="Water on Mars", date="2023-03-01",
                 category="Planets", tags=["Mars"])  # fmt: skip
    folder.write("moons", "Oceans below the ice.", title="Moons with oceans", date="2020-05-05",
                 category="Planets", tags=["Moon", "Oceans"])  # fmt: skip
    index(site)
    return site


def found(html: str) -> list[str]:
    """The addresses of the results on a page, in their order."""
    return [str(link.attributes["href"]) for link in LexborHTMLParser(html).css(".search-found .result-title a")]


def follow(client: FlaskClient, html: str, label: str) -> str:
    """Follow the link of a facet, order or page and return the page it leads to."""
    links = LexborHTMLParser(html).css(".facet-values a, .search-sorts a, .search-chosen a, .pager a")
    [target] = {str(link.attributes["href"]) for link in links if link.text(strip=True) == label}
    return client.get(target).text


def test_words_of_a_text_are_found_and_marked(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/?q=crew").text

    assert set(found(page)) == {"/articles/apollo/", "/articles/soyuz/"}
    assert "<mark>crew</mark> landed" in page
    assert "<mark>crews</mark> met" in page


def test_search_has_one_address(client: FlaskClient, magazine: Site) -> None:
    answer = client.get("/search?q=moon")

    assert (answer.status_code, answer.headers["Location"]) == (301, "/search/?q=moon")


def test_results_are_for_readers_and_not_for_search_engines(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/?q=moon").text

    assert '<meta name="robots" content="noindex">' in page
    assert "noindex" not in client.get("/search/").text
    assert "Disallow: /search/\n" in client.get("/robots.txt").text
    assert 'href="/opensearch.xml"' in client.get("/").text


def test_what_was_typed_is_shown_as_text(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/", query_string={"q": '"><script>alert(1)</script> moon'}).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_facets_narrow_widen_and_let_go(client: FlaskClient, magazine: Site) -> None:
    everything = client.get("/search/?q=mars+moon+apollo").text

    history = follow(client, everything, "History")
    wider = follow(client, history, "Planets")
    narrower = follow(client, wider, "Moon")
    back = follow(client, follow(client, narrower, "Moon×" if "Moon×" in narrower else "Moon"), "History")

    assert len(found(everything)) == 5
    assert set(found(history)) == {"/articles/apollo/", "/articles/soyuz/"}
    assert len(found(wider)) == 5
    assert set(found(narrower)) == {"/articles/apollo/", "/articles/moons/"}
    assert set(found(back)) == {"/articles/rover/", "/articles/water/", "/articles/moons/"}


def test_facet_with_one_value_narrows_where_not_all_results_have_it(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/?q=mars+moon+apollo&category=Planets").text

    narrower = follow(client, page, "Oceans")

    assert found(narrower) == ["/articles/moons/"]
    html = LexborHTMLParser(client.get("/search/?q=clay").text)
    assert [heading.text() for heading in html.css(".facet h2")] == []


def test_facet_says_that_only_its_most_frequent_values_are_listed(
    client: FlaskClient, folder: PostsFolder, site: Site
) -> None:
    folder.write("few", "A moon.", tags=["Moon", "Mars"])
    index(site)
    assert "These are the most frequent" not in client.get("/search/?q=moon").text

    folder.write("many", "A moon.", tags=[f"Moon {number}" for number in range(60)])
    index(site)
    assert "These are the most frequent" in client.get("/search/?q=moon").text


@pytest.mark.parametrize(
    "query", ["tag=MARS", "tag=Cold War&tag=apollo", "category=planets&tag=Mars", "tag=mars&tag=MARS"]
)
def test_facet_in_an_address_may_be_written_as_its_name(client: FlaskClient, magazine: Site, query: str) -> None:
    slugs = query.replace("MARS", "mars").replace("Mars", "mars").replace("Cold War", "cold-war")

    named, plain = (client.get(f"/search.json?{text}").get_json() for text in (query, slugs))

    assert named["total"] > 0
    assert (named["results"], named["notes"]) == (plain["results"], [])


def test_author_whose_file_has_another_name_is_chosen_by_either(
    client: FlaskClient, folder: PostsFolder, magazine: Site
) -> None:
    named, filed = (client.get(f"/search.json?q=moon&author={name}").get_json() for name in ("Ada+Okafor", "desk"))
    unknown = client.get("/search.json?author=Nobody+Else").get_json()

    assert [result["slug"] for result in named["results"]] == ["apollo"]
    assert (named["results"], named["notes"]) == (filed["results"], [])
    assert unknown["notes"] == ["Author “Nobody Else” was ignored: there is none."]


def test_authors_are_listed_once_however_they_are_indexed(client: FlaskClient, folder: PostsFolder, site: Site) -> None:
    for number in range(60):
        folder.raw(f"_authors/file-{number}.md", f"---\nname: Person {number}\n---\n")
        folder.write(f"post-{number}", "A moon.", author=f"file-{number}")
    index(site)

    answer = client.get("/search.json?q=moon").get_json()

    assert len(answer["facets"]["author"]) == 50
    assert {value["label"].split()[0] for value in answer["facets"]["author"]} == {"Person"}
    assert "These are the most frequent" in client.get("/search/?q=moon").text


def test_words_that_are_looked_for_in_titles_only_are_told(client: FlaskClient, magazine: Site) -> None:
    told = client.get("/search.json?q=of+the").get_json()

    assert [result["slug"] for result in told["results"]] == ["apollo", "rover"]
    assert told["notes"] == ["Words as common as these are looked for in titles only."]
    assert client.get("/search.json?q=of+the&live=").get_json()["notes"] == []
    for typed in ("of the moon", '"of the moon"', "tag:mars", "-of tag:mars"):
        assert client.get("/search.json", query_string={"q": typed}).get_json()["notes"] == [], typed


def test_what_is_too_long_is_cut_and_it_says_so(client: FlaskClient, magazine: Site) -> None:
    answer = client.get("/search.json", query_string={"q": f"apollo {'x' * 990} moon"}).get_json()

    assert "Only the first 1000 characters were read." in answer["notes"]
    assert answer["total"] > 0


def test_several_tags_narrow_together(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/?q=apollo&tag=apollo&tag=cold-war").text

    assert found(page) == ["/articles/soyuz/"]


def test_results_are_sorted_by_date_on_request(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/?q=mars+moon+apollo").text

    newest, oldest = follow(client, page, "Newest"), follow(client, page, "Oldest")

    assert found(newest)[0] == "/articles/water/"
    assert found(oldest) == found(newest)[::-1]


def test_newer_articles_are_preferred_unless_the_settings_say_otherwise(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    for year in (2000, 2025):
        folder.write(f"of-{year}", title="Signal", body="A signal.", date=f"{year}-01-01")

    scores = {}
    for preferred in (True, False):
        app = make_app(prefer_new=preferred)
        index(app.extensions["octavo"])
        results = FlaskClient(app).get("/search.json?q=signal").get_json()["results"]
        scores[preferred] = [result["score"] for result in results]

    assert scores[True][0] > scores[True][1]
    assert scores[False][0] == scores[False][1]


def test_form_keeps_what_is_chosen_and_the_order(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/?q=moon&tag=moon&tag=apollo&year=2019&sort=newest&exact=1&page=1").text
    plain = client.get("/search/?q=moon").text

    def kept(html: str) -> list[tuple[str | None, str | None]]:
        hidden = LexborHTMLParser(html).css(".search-box input[type=hidden]")
        return [(field.attributes["name"], field.attributes["value"]) for field in hidden]

    assert kept(page) == [("tag", "apollo"), ("tag", "moon"), ("year", "2019"), ("sort", "newest")]
    assert kept(plain) == []


def test_long_results_have_numbered_pages(client: FlaskClient, folder: PostsFolder, site: Site) -> None:
    for number in range(23):
        folder.write(f"probe-{number}", "A probe.", date=f"2024-01-{number + 1:02}")
    index(site)

    first = client.get("/search/?q=probe&sort=oldest").text
    last = follow(client, first, "3")

    assert len(found(first)) == 10
    assert found(last) == [f"/articles/probe-{number}/" for number in (20, 21, 22)]
    assert client.get("/search/?q=probe&page=4").status_code == 404
    assert client.get("/search/?q=probe&page=zero").status_code == 404
    for address, error in (("q=probe&page=4", "There is no page 4: the last one is 3."), ("page=0", "number from 1")):
        answer = client.get(f"/search.json?{address}")
        assert answer.status_code == 404
        assert error in answer.get_json()["error"]


def test_misspelled_word_is_replaced_and_the_typed_one_stays_a_link_away(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/?q=telescpe").text
    insisting = client.get("/search/?q=telescpe&exact=1").text

    assert found(page) == ["/articles/webb/"]
    assert "Showing results for <strong>telescope</strong>" in page
    assert 'href="/search/?q=telescpe&amp;exact=1"' in page
    assert found(insisting) == []


@pytest.mark.parametrize(
    "typed", ["telesc", "rovers", "tag:c", "title:moo", "crew tag:cold-wa", "telescpe", "zzz", '"crew me']
)
def test_what_is_found_while_typing_is_what_the_same_address_gives_later(
    client: FlaskClient, magazine: Site, typed: str
) -> None:
    typing, later = (client.get("/search/", query_string={"q": typed, **more}).text for more in ({"live": ""}, {}))

    assert found(typing) == found(later)
    assert bool(found(typing)) == (typed != "zzz")


@pytest.mark.parametrize("typed", ['"crew', 'moon "crews met in', "moon before:20", "moon after:2020-1-", "moon a*"])
def test_what_is_not_yet_complete_is_no_fault_while_it_is_typed(
    client: FlaskClient, magazine: Site, typed: str
) -> None:
    typing, later = (client.get("/search.json", query_string={"q": typed, **more}).json for more in ({"live": ""}, {}))

    assert not typing["notes"]
    assert any("was ignored" in note for note in later["notes"])
    assert typing["results"] == later["results"]


def test_what_is_ignored_further_on_is_named_while_typing(client: FlaskClient, magazine: Site) -> None:
    assert "before:soon was ignored" in client.get("/search/?q=before:soon+moon&live").text


def test_half_a_word_is_a_beginning_and_the_word_alone_stays_a_link_away(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/?q=telesc").text

    assert found(page) == ["/articles/webb/"]
    assert "Showing results for <strong>telesc*</strong>" in page
    assert 'href="/search/?q=telesc&amp;exact=1"' in page
    assert found(client.get("/search/?q=telesc&exact=1").text) == []
    assert "Showing results" not in client.get("/search/?q=telesc&live").text
    assert "Showing results" in client.get("/search/?q=telescpe&live").text


def test_draft_and_future_articles_are_in_no_answer(
    client: FlaskClient, folder: PostsFolder, site: Site, clock: Clock
) -> None:
    folder.write("draft", "A xylophone.", title="Xylophone drafts", draft=True, tags=["Xylophone"])
    folder.write("future", "A xylophone.", title="Xylophone plans", date="2025-08-01", tags=["Xylophone"])
    index(site)

    answers = [client.get(path).text for path in ("/search.json?q=xylophone", "/search/suggest.json?q=xyl")]
    clock.set(2025, 8, 2)
    later = client.get("/search.json?q=xylophone").json

    assert not any("ylophone plans" in answer or "ylophone drafts" in answer for answer in answers)
    assert '"total":0' in answers[0]
    assert [result["slug"] for result in later["results"]] == ["future"]


def test_tag_pages_and_search_agree(client: FlaskClient, magazine: Site) -> None:
    for slug, term in magazine.edition().tags.items():
        answer = client.get(f"/search.json?q=tag:{slug}&sort=newest").json

        assert [result["slug"] for result in answer["results"]] == [post.slug for post in term.posts]


def test_json_gives_what_the_page_shows(client: FlaskClient, magazine: Site) -> None:
    query = "?q=mars&year=2021&year=2023&sort=oldest"

    answer = client.get(f"/search.json{query}").json

    urls = [f"https://journal.example{path}" for path in found(client.get(f"/search/{query}").text)]
    assert [result["url"] for result in answer["results"]] == urls
    assert answer["total"] == 2
    assert answer["partial"] is False
    assert {value["value"] for value in answer["facets"]["year"] if value["selected"]} == {"2021", "2023"}


def test_author_is_found_by_name_and_listed_once(client: FlaskClient, magazine: Site) -> None:
    answer = client.get("/search.json?q=okafor").json

    assert [result["slug"] for result in answer["results"]] == ["apollo"]
    assert [(value["value"], value["label"]) for value in answer["facets"]["author"]] == [("desk", "Ada Okafor")]
    assert client.get("/search/suggest.json?q=ada").json[3] == ["https://journal.example/authors/desk/"]


def test_completions_lead_to_tags_and_articles(client: FlaskClient, magazine: Site) -> None:
    typed, labels, kinds, urls = client.get("/search/suggest.json?q=mo").json

    assert typed == "mo"
    assert labels == ["Moon", "Moons with oceans"]
    assert kinds == ["tag, 2 articles", "article"]
    assert urls == ["https://journal.example/tags/moon/", "https://journal.example/articles/moons/"]


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("tag:nope", "There is no tag “nope”."),
        ("category:nope", "There is no section “nope”."),
        ("author:nope", "There is no author “nope”."),
        ("year:abc", "There are no articles of the year “abc”."),
    ],
)
def test_missing_label_is_told_with_the_empty_result(
    client: FlaskClient, magazine: Site, typed: str, note: str
) -> None:
    page = client.get("/search/", query_string={"q": typed}).text

    assert found(page) == []
    assert note in page


def test_labels_are_completed_after_the_name_of_their_field(client: FlaskClient, magazine: Site) -> None:
    _, labels, kinds, urls = client.get("/search/suggest.json?q=tag:c").json
    beside_words = client.get("/search/suggest.json?q=crew+-water+tag:c").json

    assert (labels, kinds, urls) == (["Cold War"], ["tag, 1 article"], ["https://journal.example/tags/cold-war/"])
    assert beside_words[3] == ["https://journal.example/search/?q=crew+-water+tag%3Acold-war"]


def test_excluded_word_leads_nowhere_and_excluded_label_to_a_search_without_it(
    client: FlaskClient, magazine: Site
) -> None:
    def completed(typed: str) -> Any:
        return client.get("/search/suggest.json", query_string={"q": typed}).json[3]

    assert completed("-moon") == completed("NOT moo") == completed("mars -moo") == []
    assert completed("-tag:moo") == ["https://journal.example/search/?q=-tag%3Amoon"]
    assert completed("NOT tag:moo") == ["https://journal.example/search/?q=NOT+tag%3Amoon"]


def test_what_is_ignored_is_named(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/", query_string={"q": "moon before:soon", "category": "nonsense"}).text

    assert "before:soon was ignored" in page
    assert "Section “nonsense” was ignored" in page
    assert found(page)


def test_empty_result_offers_looser_words_tags_and_latest(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/", query_string={"q": '"mars landed" -water'}).text

    tree = LexborHTMLParser(page)
    assert found(page) == []
    assert tree.css_first(".search-nothing") is not None
    assert "/articles/rover/" in [link.attributes["href"] for link in tree.css(".result-title a")]
    assert tree.css_first('.tag-list a[href="/tags/moon/"]') is not None
    assert len(tree.css(".card")) == 3


@pytest.mark.parametrize("typed", ["🚀", "((((", "*", "-", "OR", "NOT", "\x07 🚀"])
def test_signs_alone_find_nothing_and_are_named(client: FlaskClient, magazine: Site, typed: str) -> None:
    page = client.get("/search/", query_string={"q": typed}).text

    tree = LexborHTMLParser(page)
    assert found(page) == []
    assert f"“{typed.split()[-1]}” was ignored" in page
    assert tree.css_first('.tag-list a[href="/tags/moon/"]') is not None
    assert len(tree.css(".card")) == 3


def test_chosen_facet_without_words_lists_its_articles(client: FlaskClient, magazine: Site) -> None:
    assert len(found(client.get("/search/?q=&tag=mars").text)) == 2
    assert len(found(client.get("/search/?q=%00&tag=mars").text)) == 2


def test_help_and_start_page_are_there(client: FlaskClient, magazine: Site) -> None:
    assert client.get("/search/").status_code == 200
    assert "tag:moon" in client.get("/search/help/").text


def test_browser_can_add_the_search(client: FlaskClient, magazine: Site) -> None:
    root = ElementTree.fromstring(client.get("/opensearch.xml").data)

    addresses = {url.attrib["type"]: url.attrib["template"] for url in root.iter(f"{SPACE}Url")}
    assert addresses["text/html"] == "https://journal.example/search/?q={searchTerms}"
    assert len(root.findtext(f"{SPACE}ShortName", "")) <= 16


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    typed=st.text(max_size=300) | st.text(alphabet='"+-*:() ORtagmon', max_size=60),
    facet=st.sampled_from(["category", "tag", "author", "year", "sort"]),
    value=st.text(max_size=20),
)
def test_nothing_that_is_typed_breaks_the_search(
    client: FlaskClient, magazine: Site, typed: str, facet: str, value: str
) -> None:
    for path in ("/search/", "/search.json", "/search/suggest.json"):
        answer = client.get(path, query_string={"q": typed, facet: value})

        assert answer.status_code == 200


def test_without_a_usable_index_titles_are_searched_and_readers_are_told(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    folder.write("moons", "Oceans below the ice.", title="Moons with oceans", tags=["Oceans"])
    app = make_app(search_index_dir="taken/search_index")
    app.test_client_class = Reader
    client = app.test_client()

    page = client.get("/search/?q=moons").text

    assert found(page) == ["/articles/moons/"]
    assert "only titles, summaries, tags and names were searched" in page
    assert client.get("/articles/moons/").status_code == 200


def related(client: FlaskClient, slug: str) -> list[tuple[str, str]]:
    """The related articles of one, with their reasons."""
    items = LexborHTMLParser(client.get(f"/articles/{slug}/").text).css(".related-item")
    reasons = [item.css_first(".related-reason") for item in items]
    links = [item.css_first(".card-title a") for item in items]
    return [
        (str(link.attributes["href"]), reason.text() if reason else "")
        for link, reason in zip(links, reasons, strict=True)
        if link is not None
    ]


def test_related_articles_share_words_of_their_texts(client: FlaskClient, folder: PostsFolder, site: Site) -> None:
    for number in range(8):
        folder.write(f"other-{number}", f"Something about topic{number}.")
    folder.write("regolith", "Regolith is dust. Regolith of the basalt plains, basalt and breccia.")
    folder.write("basalt", "Basalt makes regolith; breccia does too. Regolith again.")
    index(site)

    assert related(client, "regolith") == [("/articles/basalt/", "also about regolith, basalt, breccia")]


def test_editors_pin_and_ban_related_articles(client: FlaskClient, folder: PostsFolder, site: Site) -> None:
    same: dict[str, Any] = {"body": "Basalt and breccia. " * 5, "tags": ["Moon"]}
    folder.write("one", related=["far"], related_exclude=["three"], **same)
    folder.write("two", **same)
    folder.write("three", **same)
    folder.write("far", "Nothing in common.", tags=["Jupiter"])
    index(site)

    assert related(client, "one") == [("/articles/far/", "chosen by the editors"), ("/articles/two/", "shares Moon")]


@pytest.mark.parametrize("typed", ["", "moon", "%00 \0 & = ?", 'tag:"Cold War"'])
def test_address_of_a_further_value_is_that_of_choosing_it(typed: str) -> None:
    asked = SearchRequest(typed, {"category": ("planets",), "tag": ("mars", "rovers")}, "newest", True, 3)

    for facet in ("category", "tag", "author", "year"):
        assert asked.adding(facet)("火星-2") == asked.toggled(facet, "火星-2")


@pytest.mark.parametrize(
    "typed",
    [
        "moon mars " * 90,
        "supercalifragilistic" * 45,
        "telescpe " + "moon " * 180,
        "(" * 900,
        "tag:" + "x" * 900,
        " ".join(f"tag:no{number}" for number in range(60)),
    ],
)
def test_long_query_is_not_repeated_at_length(client: FlaskClient, magazine: Site, typed: str) -> None:
    tree = LexborHTMLParser(client.get("/search/", query_string={"q": typed}).text)

    box, title, summary = (tree.css_first(place) for place in (".search-box input", "title", ".search-summary"))

    assert box.attributes["value"] == typed.strip()
    assert len(title.text()) < 150
    assert len(" ".join(summary.text().split())) < 450


def test_help_explains_everything_that_the_docs_do(client: FlaskClient, magazine: Site) -> None:
    table = (
        (CHECKOUT / "docs/search.md").read_text(encoding="utf-8").partition("| Typed | Found |")[2].partition("\n\n")[0]
    )
    said = client.get("/search/help/").text

    words = re.findall(r"[a-z]+:|\b(?:AND|OR)\b", table)

    assert "year:" in words
    assert [word for word in words if word not in said] == []
    assert "year:2023" in said


def test_every_facet_of_the_engine_is_shown_and_explained_to_readers(client: FlaskClient, magazine: Site) -> None:
    page = client.get("/search/help/").text

    assert list(FACET_VIEWS) == list(FACETS)
    assert [name for name in FACETS if f"<code>{name}:" not in page] == []


@pytest.mark.parametrize("fault", [KeyError("moon"), IndexError(5), ValueError("odd")], ids=repr)
def test_fault_of_the_program_is_not_told_as_an_index_that_is_being_built(
    client: FlaskClient, magazine: Site, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail(*args: object) -> None:
        raise fault

    monkeypatch.setattr("octavo.search.engines.embedded.narrow", fail)

    page = client.get("/search/?q=moon")
    answer = client.get("/search.json?q=moon")

    assert (page.status_code, answer.status_code) == (500, 500)
    assert "being built" not in page.text
    monkeypatch.undo()
    assert "being built" not in client.get("/search/?q=moon").text


def test_an_index_that_cannot_be_written_is_not_told_as_being_built(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("moon", title="The Moon")
    app = make_app()
    client = app.test_client()
    site = app.extensions["octavo"]
    shutil.rmtree(site.index_dir, ignore_errors=True)
    site.index_dir.write_text("a file where the folder should be")

    site.index.sync()
    page = client.get("/search/?q=moon").text

    assert "is being built" not in page
    assert "cannot be written" in page
    assert "/articles/moon/" in page
