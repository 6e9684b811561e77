"""Exports of Ghost and WordPress move in: nothing that was not public becomes so, and every loss is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import PostsFolder
from tests.site.test_systems_moving_in import PICTURE, Move, move, source

__all__ = ["move", "source"]

GHOST = {
    "posts": [
        {
            "id": "p1", "title": "Hello: World", "slug": "hello", "status": "published", "visibility": "public",
            "html": '<p>See <a href="__GHOST_URL__/second/">it</a></p><img src="__GHOST_URL__/content/images/a.svg">'
            '<img src="__GHOST_URL__/content/images/gone.svg">',
            "feature_image": "__GHOST_URL__/content/images/size/w600/2024/b.svg", "featured": 1,
            "published_at": "2024-01-02T10:00:00.000Z", "updated_at": "2024-02-02T10:00:00.000Z",
            "codeinjection_head": "<style></style>", "custom_excerpt": "In short",
        },
        {
            "id": "p2", "title": "Second", "slug": "second", "status": "published", "visibility": "public",
            "published_at": "2024-01-03T10:00:00.000Z", "html": None,
            "lexical": json.dumps({"root": {"children": [
                {"type": "paragraph", "children": [{"type": "text", "text": "Bold", "format": 1}]}]}}),
        },
        {
            "id": "p3", "title": "Paid", "slug": "paid", "status": "published", "visibility": "paid",
            "html": "<p>x</p>", "published_at": "2024-01-03T10:00:00.000Z",
        },
        {
            "id": "p4", "title": "Later", "slug": "later", "status": "scheduled", "visibility": "public",
            "published_at": "2030-01-03T10:00:00.000Z", "html": "<p>x</p>",
        },
        {"id": "p5", "title": "Idea", "slug": "idea", "status": "draft", "html": "<p>x</p>"},
        {"id": "p6", "title": "About", "slug": "about", "type": "page", "status": "published", "html": "<p>We</p>"},
        {
            "id": "p7", "title": "Mail", "slug": "mail", "status": "sent", "html": "<p>x</p>",
            "published_at": "2024-01-03T10:00:00.000Z",
        },
    ],
    "tags": [
        {"id": "t1", "name": "Mars", "slug": "mars", "description": "Red"},
        {"id": "t2", "name": "#in", "slug": "h"},
    ],
    "posts_tags": [
        {"post_id": "p1", "tag_id": "t2", "sort_order": 1},
        {"post_id": "p1", "tag_id": "t1", "sort_order": 0},
    ],
    "users": [
        {"id": "u1", "name": "Ada", "slug": "ada", "email": "ada@example.org", "bio": "Counts."},
        {"id": "u2", "name": "Bo", "slug": "bo", "email": "bo@example.org"},
    ],
    "posts_authors": [{"post_id": "p1", "author_id": "u1", "sort_order": 0}],
    "posts_meta": [{"post_id": "p1", "feature_image_alt": "A red one", "meta_title": "Hello!"}],
    "members": [{"id": "m1", "email": "reader@example.org"}],
}  # fmt: skip


def test_an_export_of_ghost(source: PostsFolder, move: Move, tmp_path: Path) -> None:
    source.raw("export.json", json.dumps({"db": [{"meta": {"version": "5.0"}, "data": GHOST}]}))
    source.raw("content/images/a.svg", PICTURE)
    source.raw("content/images/2024/b.svg", PICTURE)

    moved = move("ghost")

    page = moved.client.get("/articles/hello/").text
    assert moved.leads("/hello/") == "/articles/hello/"
    assert 'href="/articles/second/"' in page
    assert "/media/" in page
    assert 'alt="A red one"' in page
    assert "<title>Hello!" in page
    assert "<strong>Bold</strong>" in moved.client.get("/articles/second/").text
    assert moved.client.get("/about/").status_code == 200
    assert moved.client.get("/tags/mars/").status_code == 200
    assert moved.client.get("/authors/ada/").status_code == 200
    for slug in ("paid", "later", "idea", "mail"):
        assert moved.client.get(f"/articles/{slug}/").status_code == 404
    written = "".join(path.read_text("utf-8") for path in tmp_path.rglob("*.md"))
    assert "example.org" not in written
    assert moved.told.splitlines()[0] == (
        "Brings 7 texts (3 drafts, 1 scheduled), 1 author, 2 pictures and files, 3 old addresses."
    )
    for line in (
        "Code that is injected into one text: 1 (hello (codeinjection_head))",
        "Descriptions and pictures of tags: 1 (mars)",
        "Files that are not beside the export, and stay there: 1 (/content/images/gone.svg in hello)",
        "Members: 1 (m1)",
        "Texts that not all readers may see, and that are drafts here: 1 (paid)",
        "Texts that were only sent by mail, and are drafts here: 1 (mail)",
        "Texts without HTML, made of what the editor keeps: look at them: 1 (second)",
    ):
        assert line in moved.told.splitlines()


def item(number: int, name: str, body: str, more: str = "", *, status: str = "publish", kind: str = "post") -> str:
    return f"""<item><title>The {name}</title><link>https://old.example/2024/01/{name}/</link>
<dc:creator>ada</dc:creator><guid>https://old.example/?p={number}</guid>
<content:encoded><![CDATA[{body}]]></content:encoded><excerpt:encoded><![CDATA[]]></excerpt:encoded>
<wp:post_id>{number}</wp:post_id><wp:post_date>2024-01-02 10:00:00</wp:post_date>
<wp:post_date_gmt>2024-01-02 10:00:00</wp:post_date_gmt><wp:post_name>{name}</wp:post_name>
<wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>{more}</item>"""


def wxr(*items: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Old</title><link>https://old.example</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login>ada</wp:author_login><wp:author_email>ada@example.org</wp:author_email>
<wp:author_display_name><![CDATA[Ada Lovelace]]></wp:author_display_name></wp:author>
{"".join(items)}</channel></rss>"""


def test_an_export_of_wordpress(source: PostsFolder, move: Move, tmp_path: Path) -> None:
    old_editor = (
        'First line\nsecond <strong>line</strong>\n\n[caption width="9"]'
        '<a href="https://i0.wp.com/old.example/wp-content/uploads/a.svg?resize=9%2C9">'
        '<img src="https://old.example/wp-content/uploads/a-300x200.svg" alt="A" /></a>'
        " The <em>red</em> one[/caption]\n\n"
        '[contact-form-7 id="1"] as he said [sic] [ERR_X]\n\n[gallery ids="7"]\n\n'
        "<a href='http://www.old.example/2024/01/two/'>two</a>"
        "\n\nhttps://www.youtube.com/watch?v=dQw4w9WgXcQ\n\n<pre>a\n\nb</pre>"
    )
    picture = (
        "<wp:attachment_url>https://old.example/wp-content/uploads/a.svg</wp:attachment_url><wp:postmeta>"
        "<wp:meta_key>_wp_attachment_image_alt</wp:meta_key><wp:meta_value>Red</wp:meta_value></wp:postmeta>"
    )
    source.raw(
        "old.xml",
        wxr(
            item(
                1,
                "one",
                old_editor,
                '<category domain="category" nicename="news">News</category>'
                '<category domain="post_tag" nicename="mars">Mars</category>'
                "<wp:comment><wp:comment_id>3</wp:comment_id></wp:comment>",
            ),
            item(2, "two", "<!-- wp:paragraph --><p>Two\nwords</p><!-- /wp:paragraph -->"),
            item(3, "three", "x", "<wp:post_password>s3cret</wp:post_password>"),
            item(4, "four", "x", status="private"),
            item(5, "five", "x", status="trash"),
            item(6, "six", "x", kind="shop_order"),
            item(7, "a", "", picture, status="inherit", kind="attachment"),
            item(8, "eight", "x", status="draft"),
            item(9, "me", "We", kind="page"),
        ),
    )
    source.raw("wp-content/uploads/a.svg", PICTURE)

    moved = move("wordpress")

    page = moved.client.get("/articles/one/").text
    assert moved.leads("/2024/01/one/") == "/articles/one/"
    assert moved.leads("/?p=1") == "/articles/one/"
    assert "<p>First line<br>\nsecond <strong>line</strong></p>" in page
    assert page.count("/media/") >= 2
    assert "[sic] [ERR_X]" in page
    assert "contact-form" not in page
    assert 'href="/articles/two/"' in page
    assert "dQw4w9WgXcQ" in page
    assert "Ada Lovelace" in page
    assert moved.client.get("/categories/news/").status_code == 200
    assert moved.client.get("/me/").status_code == 200
    for slug in ("three", "four", "five", "six", "eight"):
        assert moved.client.get(f"/articles/{slug}/").status_code == 404
    written = "".join(path.read_text("utf-8") for path in tmp_path.rglob("*.md"))
    assert "s3cret" not in written
    assert "ada@" not in written
    for line in (
        "Comments: 1 (one (3))",
        "Shortcodes of plug-ins, which are left out: 1 (one ([contact-form-7]))",
        "Texts in the bin: 1 (five)",
        "Texts of the type `shop_order`: 1 (six)",
        "Texts that are private, and that are drafts here: 1 (four)",
        "Texts with a password, which are drafts here: 1 (three)",
    ):
        assert line in moved.told.splitlines()
    assert moved.dead == []


def test_old_names_and_footnotes_of_wordpress_come_along(source: PostsFolder, move: Move) -> None:
    noted = '<p>It flew.<sup data-fn="a-1" class="fn"><a href="#a-1">1</a></sup></p><!-- wp:footnotes /-->'
    meta = "<wp:postmeta><wp:meta_key>{}</wp:meta_key><wp:meta_value><![CDATA[{}]]></wp:meta_value></wp:postmeta>"
    notes = '[{"id":"a-1","content":"See <a href=\\"https://old.example/2024/01/two/\\">two<\\/a>."}]'
    more = meta.format("footnotes", notes) + meta.format("_wp_old_slug", "uno") + meta.format("_wp_old_slug", "un")
    blocks = '<!-- wp:gallery {"ids":[1]} --><p>x</p><!-- /wp:gallery --><!-- wp:latest-posts {"postsToShow":3} /-->'
    broken = meta.format("footnotes", "{")
    source.raw("old.xml", wxr(item(1, "one", noted, more), item(2, "two", blocks), item(3, "three", "x", broken)))

    moved = move("wordpress")

    page = moved.client.get("/articles/one/").text
    assert [moved.leads(f"/2024/01/{name}/") for name in ("one", "uno", "un")] == ["/articles/one/"] * 3
    assert 'href="#fn:1"' in page
    assert '<p>See <a href="/articles/two/">two</a>.' in page
    assert "Blocks that WordPress fills when a page is shown, which are left out: 1 (two (latest-posts))" in moved.told
    assert moved.dead == []


def test_an_export_that_declares_entities_is_refused(source: PostsFolder, move: Move) -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>'
    source.raw("old.xml", wxr(item(1, "one", "x")).replace("<rss", f"{bomb}<rss", 1))

    moved = move("wordpress")

    assert moved.code == 1
    assert "this is no source of it." in moved.told
    assert "Files that cannot be read as XML: old.xml (it declares a document type)." in moved.told


@pytest.fixture
def old_host() -> Iterator[str]:
    """Another host that has one picture."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path.startswith("/a") else 404)
            self.send_header("Content-Type", "image/svg+xml")
            self.end_headers()
            self.wfile.write(PICTURE.replace(b"<svg", f'<svg id="{quote(self.path)}"'.encode()))

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_pictures_of_other_hosts_are_listed_and_fetched_on_demand(
    source: PostsFolder, move: Move, old_host: str, folder: PostsFolder
) -> None:
    body = f"![a]({old_host}/a?x=1) ![a]({old_host}/a) ![b]({old_host}/b.svg)"
    source.raw("content/one.md", f"---\ntitle: One\ndate: 2024-01-02\n---\n{body}\n")

    moved = move("hugo", "--fetch")

    written = (folder.path / "one.md").read_text("utf-8")
    assert f"Pictures that stay on {old_host[7:]}, without --fetch: 3" in moved.told
    assert written.count("](/images/127.0.0.1/a") == 2
    assert f"![b]({old_host}/b.svg)" in written
    assert "Pictures that could not be fetched" in moved.told
    assert moved.client.get("/articles/one/").text.count("/media/") >= 2


def test_pictures_whose_addresses_differ_in_signs_alone_are_different_files(
    source: PostsFolder, move: Move, old_host: str, folder: PostsFolder
) -> None:
    names = ["a%201.svg", "a-1.svg", "a(1.svg", "a-1", "a/1.svg", "a//1.svg"]
    source.raw(
        "content/one.md",
        "---\ntitle: One\ndate: 2024-01-02\n---\n" + " ".join(f"![a](<{old_host}/{name}>)" for name in names),
    )

    move("hugo", "--fetch")

    fetched = [path.read_text("utf-8") for path in folder.path.glob("images/127.0.0.1/**/*.svg")]
    assert len(set(fetched)) == len(names)


def test_blocks_and_shortcodes_of_wordpress_with_code_and_players(
    source: PostsFolder, move: Move, folder: PostsFolder
) -> None:
    blocks = (
        '<!-- wp:block {"ref":12} /--><!-- wp:latest-posts {"n":{"a":1}} /-->'
        "<!-- wp:freeform -->one\n\ntwo<!-- /wp:freeform -->"
    )
    old = (
        '[code lang="py"]if a < b:\n\n    [x]\n[/code]\n\n'
        '[audio mp3="https://old.example/wp-content/uploads/talk.mp3"][/audio]\n\n[button]Press[/button]'
    )
    shared = item(12, "shared", "<p>Shared words</p>", kind="wp_block")
    source.raw("old.xml", wxr(item(1, "one", blocks), item(2, "two", old), shared))
    source.raw("wp-content/uploads/talk.mp3", b"ID3")

    moved = move("wordpress")

    first = moved.client.get("/articles/one/").text
    second = moved.client.get("/articles/two/").text
    assert "Shared words" in first
    assert "<p>one</p>" in first
    assert "Blocks that WordPress fills when a page is shown, which are left out: 1 (one (latest-posts))" in moved.told
    assert "talk.mp3" in second
    assert "<audio" in second
    assert "<p>Press</p>" in second
    assert "```py\nif a < b:\n\n    [x]\n```" in (folder.path / "two.md").read_text("utf-8")
    assert moved.dead == []


def test_names_in_other_scripts_and_dates_without_a_zone_hold(source: PostsFolder, move: Move) -> None:
    encoded = item(1, "%e7%81%ab%e6%98%9f", "x").replace(
        "<wp:post_date_gmt>2024-01-02 10:00:00", "<wp:post_date_gmt>0000-00-00 00:00:00"
    )
    source.raw("old.xml", wxr(encoded))

    moved = move("wordpress")

    page = moved.client.get("/articles/火星/")
    assert page.status_code == 200
    assert "2024-01-02" in page.text
    assert moved.client.get("/2024/01/%e7%81%ab%e6%98%9f/").status_code == 301


@pytest.mark.parametrize("folder", ["wp-content/uploads", "uploads"])
def test_a_picture_of_wordpress_comes_once_wherever_it_lies(source: PostsFolder, move: Move, folder: str) -> None:
    source.raw("old.xml", wxr(item(1, "one", '<img src="https://old.example/wp-content/uploads/a b.svg" alt="A">')))
    source.raw(f"{folder}/a b.svg", PICTURE)

    moved = move("wordpress")

    assert "1 picture or file" in moved.told
    assert moved.dead == []


def test_lists_of_wordpress_lead_to_those_here(source: PostsFolder, move: Move, tmp_path: Path) -> None:
    terms = '<category domain="category" nicename="food">Food &amp; Drink</category>'
    terms += '<category domain="category" nicename="travel">Travel</category>'
    terms += '<category domain="post_tag" nicename="mars">Mars</category>'
    terms += '<category domain="post_tag" nicename="%d0%bb%d1%83%d0%bd%d0%b0">The Moon</category>'
    tree = "<wp:category><wp:category_nicename>travel</wp:category_nicename>"
    tree += "<wp:category_parent>away</wp:category_parent></wp:category>"
    hidden = '<category domain="category" nicename="hush">Hush, hush</category>'
    source.raw("old.xml", wxr(tree, item(1, "one", "x", terms), item(2, "two", "x", hidden, status="draft")))
    (tmp_path / "_redirects").write_text("/a /b")

    moved = move("wordpress")

    lists = ["/category/food/", "/category/away/travel/", "/tag/mars/", "/tag/луна/", "/category/food/page/2/"]
    answers = [moved.client.get(path, follow_redirects=True) for path in lists]
    assert [answer.status_code for answer in answers[:4]] == [200, 200, 200, 200]
    assert [answer.request.path for answer in answers[:4]] == [
        "/categories/food-drink/",
        "/tags/travel/",
        "/tags/mars/",
        "/tags/the-moon/",
    ]
    assert (tmp_path / "_redirects").read_text("utf-8").splitlines() == [
        "/a /b",
        "/category/away/travel/*  /tags/travel/:splat",
        "/category/food/*  /categories/food-drink/:splat",
        "/tag/%D0%BB%D1%83%D0%BD%D0%B0/*  /tags/the-moon/:splat",
    ]


def test_links_to_the_page_of_a_picture_of_wordpress_lead_to_the_picture(
    source: PostsFolder, move: Move, folder: PostsFolder
) -> None:
    file = "<wp:attachment_url>https://old.example/wp-content/uploads/a.svg</wp:attachment_url>"
    pages = ("/2024/01/a/", "/2024/01/a", "/?attachment_id=9", "https://www.old.example/2024/01/a/#more")
    body = " ".join(f'<a href="{page}">A</a>' for page in pages)
    source.raw("old.xml", wxr(item(1, "one", body), item(9, "a", "", file, status="inherit", kind="attachment")))
    source.raw("wp-content/uploads/a.svg", PICTURE)

    moved = move("wordpress")

    assert moved.dead == []
    text = (folder.path / "one.md").read_text("utf-8")
    assert text.count("(/wp-content/uploads/a.svg)") == 4
