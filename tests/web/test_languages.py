"""The language of an article that is not the site's, on pages, in lists, in feeds and for machines."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from tests.conftest import PostsFolder


@pytest.fixture
def client_with_french(client: FlaskClient, folder: PostsFolder) -> FlaskClient:
    folder.write("bonjour", 'Elle dit "oui".', title="Bonjour", lang="fr")
    folder.write("hello", 'She says "yes".', title="Hello")
    return client


def test_article_and_its_page_say_their_language(client_with_french: FlaskClient) -> None:
    french = client_with_french.get("/articles/bonjour/").text
    english = client_with_french.get("/articles/hello/").text

    assert '<html lang="fr">' in french
    assert re.search(r'<article class="article"[^>]* lang="fr">', french)
    assert "«\u202foui\u202f»" in french
    assert '<html lang="en">' in english
    assert re.search(r'<article class="article">', english)
    assert "“yes”" in english


def test_title_in_lists_says_its_language(client_with_french: FlaskClient) -> None:
    home = client_with_french.get("/").text

    assert '<a href="/articles/bonjour/" lang="fr">Bonjour</a>' in home
    assert '<a href="/articles/hello/">Hello</a>' in home
    assert 'lang="fr">Bonjour</a>' in client_with_french.get("/archive/").text


def test_machines_are_told_the_language(client_with_french: FlaskClient) -> None:
    page = client_with_french.get("/articles/bonjour/").text
    data = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)[0])

    assert data["inLanguage"] == "fr"
    assert '<entry xml:lang="fr">' in client_with_french.get("/atom.xml").text
    assert "<dc:language>fr</dc:language>" in client_with_french.get("/rss.xml").text
    items = json.loads(client_with_french.get("/feed.json").data)["items"]
    assert {item["title"]: item.get("language") for item in items} == {"Bonjour": "fr", "Hello": None}


@pytest.mark.parametrize(
    ("field", "value", "language"),
    [
        ("lang", "de", "de"),
        ("language", "pt-BR", "pt-BR"),
        ("locale", "de_CH.UTF-8", "de-CH"),
        ("lang", "German!", "en"),
    ],
)
def test_language_is_read_in_the_forms_of_other_systems(
    client: FlaskClient, folder: PostsFolder, field: str, value: str, language: str
) -> None:
    folder.write("hello", title="Hello", **{field: value})

    assert f'<html lang="{language}">' in client.get("/articles/hello/").text
