"""The short forms of docs/writing.md: `{{< name >}}` for what Markdown has no sign for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.site.site import Site
from tests.conftest import Clock, PostsFolder
from tests.web.test_feeds import PIXEL

FORMS = [
    ("{{< gallery >}}\n![One](1.png)\n![Two](2.png)\n{{< /gallery >}}", '<div class="gallery">', "One"),
    ("{{< pullquote >}}\nWe choose *to go*.\n{{< /pullquote >}}", '<div class="pull-quote">', "<em>to go</em>"),
    ("{{< aside >}}\nIn the **margin**.\n{{< /aside >}}", '<div class="side-note">', "<strong>margin</strong>"),
    ("{{< youtube dQw4w9WgXcQ >}}", "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "Video on YouTube</a>"),
    ('{{< vimeo 12345 title="A film" >}}', "https://vimeo.com/12345", "A film</a>"),
    (
        "{{< mastodon https://social.example/@ada/123 >}}",
        'href="https://social.example/@ada/123"',
        "Post by @ada@social.example on Mastodon</a>",
    ),
    ("{{< mastodon host=social.example user=ada id=123 >}}", "https://social.example/@ada/123", "Mastodon"),
    ("{{< card mars.md >}}", '<a href="/articles/mars/">The red planet</a>', "<p>What it is made of.</p>"),
    ("{{< card /articles/mars/ >}}", '<a href="/articles/mars/">The red planet</a>', "link-card"),
    ("{{< card https://example.org/ Elsewhere >}}", "https://example.org/", "</a>"),
    ('{{< figure src="hatch.png" alt="A hatch" caption="Two men" credit="NASA" >}}', "<figure", "Two men (NASA)"),
    ('{{< video src="film.mp4" >}}', "<video", "/film.mp4"),
    ("{{< audio talk.mp3 >}}", "<audio", "/talk.mp3"),
]
Render = Callable[[str], str]


@pytest.fixture
def app(make_app: Callable[..., Flask], folder: PostsFolder) -> Flask:
    for name in ("hatch.png", "1.png", "2.png"):
        folder.raw(name, PIXEL)
    folder.raw("film.mp4", b"\0\0\0\x18ftypisom")
    folder.raw("talk.mp3", b"ID3")
    folder.write("mars", title="The red planet", summary="What it is made of.")
    return make_app()


@pytest.fixture
def render(client: FlaskClient, folder: PostsFolder) -> Render:
    def render(body: str) -> str:
        folder.write("hello", body=body)
        found = re.search(r'<div class="prose">(.*?)</div>\s*<footer', client.get("/articles/hello/").text, re.DOTALL)
        assert found is not None
        return found[1]

    return render


@pytest.mark.parametrize(("written", "first", "second"), FORMS)
def test_a_short_form_is_shown(render: Render, site: Site, written: str, first: str, second: str) -> None:
    html = render(f"Before.\n\n{written}\n\nAfter.\n")

    assert first in html
    assert second in html
    assert "{{" not in html
    assert "<iframe" not in html
    assert html.index("Before.") < html.index(first) < html.index("After.")
    assert [problem for problem in site.library.problems if problem.mark.path == "hello.md"] == []


def test_a_card_follows_the_text_that_it_leads_to(render: Render, client: FlaskClient, folder: PostsFolder) -> None:
    render("{{< card mars.md >}}\n")

    folder.write("mars", title="The fourth <planet>", summary="Another & longer one.")

    page = client.get("/articles/hello/").text
    assert '<a href="/articles/mars/">The fourth &lt;planet&gt;</a></p><p>Another &amp; longer one.</p>' in page


def test_a_card_follows_a_summary_that_changes_alone(render: Render, client: FlaskClient, folder: PostsFolder) -> None:
    render("{{< card mars.md >}}\n")

    folder.write("mars", title="The red planet", summary="Dust, mostly.")

    assert "<p>Dust, mostly.</p>" in client.get("/articles/hello/").text


def test_a_card_is_filled_once_its_text_is_published(
    render: Render, client: FlaskClient, folder: PostsFolder, clock: Clock
) -> None:
    folder.write("venus", title="The hot planet", summary="Clouds.", date="2025-08-01")
    assert "Clouds" not in render("{{< card venus.md >}}\n")

    clock.now = datetime(2025, 8, 2, tzinfo=UTC).timestamp()

    page = client.get("/articles/hello/").text
    assert '<a href="/articles/venus/">The hot planet</a></p><p>Clouds.</p>' in page


def test_a_link_is_never_the_title_of_a_text(render: Render, folder: PostsFolder) -> None:
    folder.write("mars", title="javascript:alert(1)", summary="javascript:alert(2)")

    html = render("[one](title%3Amars.md) [two](summary%3Amars.md) [three](title%3A/articles/mars/)\n")

    assert "javascript:" not in html


def test_a_card_tells_nothing_of_what_readers_do_not_see(render: Render, folder: PostsFolder) -> None:
    folder.write("mars", title="The secret planet", summary="Hush.", draft=True)

    html = render("{{< card mars.md >}}\n")

    assert "secret" not in html
    assert "Hush" not in html


@pytest.mark.parametrize(
    "written", ["{{< blink >}}", "{{< galery >}}\n![One](1.png)\n{{< /galery >}}", "{{< crad x >}}"]
)
def test_an_unknown_form_is_a_problem(render: Render, site: Site, written: str) -> None:
    render(f"Before.\n\n{written}\n")

    [told] = [problem for problem in site.library.problems if problem.mark.path == "hello.md"]
    assert (told.mark.line, told.mark.column) == (8, 1)
    assert "has no meaning here" in told.cause


@pytest.mark.parametrize(
    "hostile",
    [
        '{{< card "javascript:alert(1)" >}}',
        '{{< card "x\\" onclick=alert(1)" >}}',
        '{{< mastodon "https://a.example/@b/1\\"><script>alert(1)</script>" >}}',
        '{{< figure src="hatch.png" credit="<script>alert(1)</script>" >}}',
        '{{< card "title:mars.md" >}}',
    ],
)
def test_a_form_brings_no_script(render: Render, hostile: str) -> None:
    html = render(f"{hostile}\n")

    assert "<script" not in html
    assert not re.search(r"<[^>]*\\son\\w+=|href=\"javascript:", html)
