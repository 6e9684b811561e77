"""`flask posts new`, `publish`, `unpublish` and `rename`: files change as meant, and nothing is lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PostsFolder, Reader
from tests.site.test_why import run
from tests.web.test_feeds import PIXEL

MakeApp = Callable[..., Flask]


def read(folder: PostsFolder, name: str) -> str:
    return (folder.path / name).read_bytes().decode()


def reader(app: Flask) -> FlaskClient:
    app.test_client_class = Reader
    return app.test_client()


def test_a_new_text_is_a_draft_of_the_template_of_its_category(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("_templates/space.md", "---\ntitle:\n# when\ndate:\nauthor: desk\nlayout: wide\n---\n\nOnce\n")
    (folder.path / "space").mkdir()

    code, _ = run(make_app(timezone="Europe/Oslo"), "new", "Mars: the sequel", "--category", "Space", "--yes")

    assert code == 0
    assert read(folder, "space/mars-the-sequel.md") == (
        '---\ntitle: "Mars: the sequel"\n# when\ndate: 2025-07-20T14:00:00+02:00\nauthor: desk\nlayout: wide\n'
        "draft: true\n---\n\nOnce\n"
    )


def test_a_new_text_does_not_take_a_name_or_leave_the_posts(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("mars")
    app = make_app()

    assert "mars.md has the slug `mars` already" in run(app, "new", "Mars", "--yes")[1]
    assert "not below posts/" in run(app, "new", "Venus", "--folder", "../..", "--yes")[1]


def test_nothing_is_written_without_consent(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", draft=True)
    app = make_app()
    before = read(folder, "a.md")

    shown = run(app, "publish", "a", "--dry-run")
    refused = app.test_cli_runner().invoke(args=["posts", "publish", "a"], input="n\n")

    assert shown[0] == 0
    assert "-draft: true\n+draft: false" in shown[1]
    assert refused.exit_code == 1
    assert read(folder, "a.md") == before


@pytest.mark.parametrize("field", ["draft: true", "published: false", "status: pending", "private: yes"])
def test_a_text_is_published_and_withdrawn(make_app: MakeApp, folder: PostsFolder, field: str) -> None:
    folder.raw("a.md", f"---\ntitle: A # mine\ndate: 2025-01-01\n{field} # why\n---\nText\n")
    app = make_app()
    client = reader(app)

    run(app, "publish", "a", "--yes")
    published = client.get("/articles/a/").status_code
    run(app, "unpublish", "a", "--yes")

    assert published == 200
    assert client.get("/articles/a/").status_code == 404
    assert "title: A # mine\n" in read(folder, "a.md")
    assert " # why\n" in read(folder, "a.md")


def test_a_text_is_published_at_a_moment_of_the_sites_zone(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", draft=True)

    code, told = run(make_app(timezone="Europe/Oslo"), "publish", "a", "--at", "2025-12-24T09:00", "--yes")

    assert code == 0
    assert "It goes live 2025-12-24 09:00 Europe/Oslo." in told
    assert "date: 2025-12-24T09:00:00+01:00\n" in read(folder, "a.md")


def test_what_a_program_cannot_publish_is_left_alone(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", password="hush")

    code, told = run(make_app(), "publish", "a", "--yes")

    assert code == 1
    assert "`password: hush` keeps it from readers" in told


LINKS = """
[a](old.md) [b](old.md#place) [c](./old.md "Title") [d](/articles/old/) [e](https://journal.example/articles/old/?x=1)
[f](/posts/old.md) [g][ref] <a href="old.md">h</a> [[old]] [[old|shown]] [[old#place]] {{< ref "old.md" >}}
{% post_url old %} [i](<old.md>) [j](/2025/01/old/) ![not](old.png) [other](older.md) `[code](old.md)`

```
[code](old.md)
```

[unreadable](https://[your-domain]/old.md)

[ref]: old.md
"""


def test_a_renamed_text_keeps_its_links_its_old_address_its_id_and_its_place(
    make_app: MakeApp, folder: PostsFolder
) -> None:
    folder.write("old", "# Place\n\n[self](old.md)\n", title="Old")
    folder.write("older")
    folder.raw("b.md", f"---\r\ntitle: B\r\ndate: 2025-01-02\r\nrelated: [old] # this\r\n---\r\n{LINKS}")
    app = make_app()
    client = reader(app)
    feed = client.get("/feed.xml").text
    before = client.get("/articles/b/").text

    code, told = run(app, "rename", "old", "New name", "--yes")

    assert code == 0, told
    after = read(folder, "b.md")
    assert after.count("old.md") == 3
    assert "related: [new-name] # this\r\n" in after
    assert "[[new-name|old]] [[new-name|shown]] [[new-name#place]]" in after
    assert "[f](/posts/new-name.md)" in after
    assert "[other](older.md)" in after
    assert not (folder.path / "old.md").exists()
    assert client.get("/articles/old/").headers["Location"].endswith("/articles/new-name/")
    ids = re.findall(r"urn:uuid:[0-9a-f-]+", feed)
    assert re.findall(r"urn:uuid:[0-9a-f-]+", client.get("/feed.xml").text) == ids
    page = client.get("/articles/b/").text
    assert page.count("/articles/new-name/") == before.count("/articles/old/")
    assert "[self](new-name.md)" in read(folder, "new-name.md")


def test_a_folder_moves_with_its_pictures_and_a_dated_name_keeps_its_date(
    make_app: MakeApp, folder: PostsFolder
) -> None:
    folder.raw("trips/2024-01-02-old/index.md", "---\ntitle: Old\n---\n[file](data.csv)\n")
    folder.raw("trips/2024-01-02-old/data.csv", "a,b\n")
    folder.raw(
        "b.md", "---\ntitle: B\ndate: 2025-01-01\n---\n[x](trips/2024-01-02-old/data.csv) [y](trips/2024-01-02-old/)\n"
    )
    app = make_app()

    code, told = run(app, "rename", "posts/trips/2024-01-02-old", "new", "--yes")

    assert code == 0, told
    assert (folder.path / "trips/2024-01-02-new/data.csv").exists()
    assert "[x](trips/2024-01-02-new/data.csv) [y](trips/2024-01-02-new/)" in read(folder, "b.md")
    check = app.test_cli_runner().invoke(args=["check"]).output
    assert "leads to nothing" not in check


@pytest.mark.parametrize("settings", [{"permalink": "/:year/:slug/"}, {"slug_from": "path"}, {}])
def test_the_address_follows_whatever_makes_it(
    make_app: MakeApp, folder: PostsFolder, settings: dict[str, str]
) -> None:
    folder.write("old", slug="explicit" if not settings else None)
    app = make_app(**settings)
    client = reader(app)
    site = app.extensions["octavo"]
    address = site.addresses.post(site.library.posts[0])

    run(app, "rename", "posts/old.md", "new", "--yes")

    assert client.get("/articles/new/", follow_redirects=True).status_code == 200
    assert client.get(address, follow_redirects=True).request.path == site.addresses.post(site.library.posts[0])


def test_a_name_that_is_taken_is_refused(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a")
    folder.write("b")

    code, told = run(make_app(), "rename", "a", "b", "--yes")

    assert code == 1
    assert "b.md has the slug `b` already" in told


def test_an_old_address_of_another_text_is_not_taken(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a")
    folder.write("b", aliases=["/articles/wanted/"])

    code, told = run(make_app(), "rename", "a", "wanted", "--yes")

    assert code == 1
    assert "/articles/wanted/ is an old address of b.md" in told


FORMS = """{{< card old.md >}} {{< card "old" >}} {{< card '../posts/old.md' title="It" >}}

[a]({% post_url 2025-01-01-old %}) [b]({{ "/articles/old/" | url }}) [c]({{ site.baseurl }}/articles/old/)
[d]({{< ref "old.md" >}}) [e]({{< relref old.md >}})
"""


def test_short_forms_of_every_system_follow_a_renamed_text(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("old", date="2025-01-01", title="Old")
    folder.write("b", FORMS)
    app = make_app()
    client = reader(app)
    before = client.get("/articles/b/").text.count("/articles/old/")

    run(app, "rename", "old", "new", "--yes")

    after = read(folder, "b.md")
    assert re.findall(r"\bold\b", after) == []
    assert '{{< card new.md >}} {{< card "new" >}}' in after
    assert client.get("/articles/b/").text.count("/articles/new/") == before


def test_links_in_either_form_of_unicode_follow_a_renamed_text(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write(unicodedata.normalize("NFD", "café"), title="Coffee")
    folder.write("b", f"[x]({unicodedata.normalize('NFC', 'café')}.md) [[Café]] [y](caf%C3%A9.md)")

    run(make_app(), "rename", "cafe", "bistro", "--yes")

    assert "[x](bistro.md) [[bistro|Café]] [y](bistro.md)" in read(folder, "b.md")


def test_bios_and_pictures_of_others_follow_a_renamed_text(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("trip/index", title="Trip")
    folder.raw("trip/a.gif", PIXEL)
    folder.raw("_authors/ada.md", "---\nname: Ada\navatar: ../trip/a.gif\n---\nOn a [trip](../trip/index.md).\n")
    folder.raw("b.md", "---\ntitle: B\nauthor: ada\nimage: {path: trip/a.gif, alt: trip/a}\n---\nText.\n")
    app = make_app()

    run(app, "rename", "trip", "voyage", "--yes")

    assert "image: {path: voyage/a.gif, alt: trip/a}" in read(folder, "b.md")
    assert "avatar: ../voyage/a.gif\n---\nOn a [trip](../voyage/index.md)" in read(folder, "_authors/ada.md")
    told = make_app().test_cli_runner().invoke(args=["check"]).output
    assert "leads to nothing" not in told
    assert "is not there" not in told


def test_a_new_text_is_not_begun_where_nobody_looks(make_app: MakeApp, folder: PostsFolder) -> None:
    code, told = run(make_app(), "new", "Mars", "--folder", "_drafts", "--yes")

    assert code == 1
    assert "_drafts/mars.md would not be looked at" in told


def test_the_folder_of_templates_is_no_problem(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("_templates/default.md", "---\ntitle:\n---\n")

    assert " 0 warnings" in make_app().test_cli_runner().invoke(args=["check"]).output


def test_the_old_address_of_a_text_that_is_a_draft_again_is_not_gone_for_good(
    make_app: MakeApp, folder: PostsFolder
) -> None:
    folder.write("old")
    app = make_app()
    client = reader(app)
    client.get("/articles/old/")
    run(app, "rename", "old", "new", "--yes")
    client.get("/articles/new/")

    run(app, "unpublish", "new", "--yes")

    assert client.get("/articles/new/").status_code == 404
    assert client.get("/articles/old/").status_code == 404
