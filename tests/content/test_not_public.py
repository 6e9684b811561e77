"""What is not meant for the public never reaches it: unknown means not public."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.content.frontmatter.audience import RULES
from octavo.content.loading.loader import Loader
from tests.conftest import NOW, PostsFolder

MakeApp = Callable[..., Flask]

LISTS = (
    "/", "/articles/", "/archive/", "/archive/2025/", "/tags/news/", "/atom.xml", "/rss.xml", "/feed.json",
    "/sitemap.xml", "/sitemaps/articles-1.xml", "/search.json?q=secret", "/suggest.json?q=secret",
    "/search/?q=secret",
    "/ghost/api/content/posts/", "/articles/other/",
)  # fmt: skip

WITHHELD = [
    "draft: true", "draft: yes", "draft: 'true'", "draft: 1", "Draft: TRUE", "draft: [true]", "draft: y",
    "draft: perhaps",
    "draft: 'true # for now'", "is_draft: true", "status: draft", "status: pending", "status: trash", "status: sent",
    "status: private", "status: future", "status: auto-draft", "status: inherit", "status: scheduled", "status: skip",
    "status: Entwurf", "status: needs work", "Status: In Progress", "status: published, private", "status: [draft]",
    "status: false", "status: 0", "post_status: draft", "visibility: members", "visibility: paid",
    "visibility: private",
    "visibility: password", "visibility: tiers", "visibility: somebody", "published: false", "published: no",
    "publish: false", "publish: no", "dg-publish: false", "private: true", "private: yes", "private: on",
    "private: maybe",
    "public: false", "password: hunter2", "password: 1234", "post_password: x", "access: members", "access: paid",
    "access:\n  site.login: true", "permalink: false", "build:\n  render: never", "_build:\n  render: false",
    "build:\n  render: link", "render: false", "headless: true", "email_only: true", "members_only: true",
    "routable: false", "encrypted: true", "protected: true", "unpublished: true", "nopublish: true", "skip: true",
    "embargo: true", "embargo: 2099-01-01", "publish_on: 2099-01-01", "expiration_date: 2020-01-01",
    "darft: true", "drafft: true", "draf: true", "pubished: false", "privat: true", "vsibility: private",
    "extra:\n  draft: true", "params:\n  private: true", "audience: members", "state: draft", "wip: true",
    "live: false", "login_required: true", "access_level: members",
    "permissions: [private]", "contentStatus: draft",
    "draft: true\nimage: {path: [x]}", "draft: true\ncategory: [{x: y}]",
    "wp:status: private", "not_published: true", "hide_post: true", "skip_build: true", "patrons_only: true",
    "still_private: true", "scheduled: true", "scheduled: 2099-01-01", "publish_at: 2099-01-01",
    "publishedDate: 2099-01-01", "publishAfter: 2099-01-01",
    "date_published: 2099-01-01", "visible_from: 2099-01-01", "tier: paid", "flags: [draft]", "approved: false",
    "meta:\n  draft: true", "passcode: open",
    "workflow: {state: draft}", "workflow_state: needs work", "roles: [admin]", "role: members", "locked: true",
    "gated: members", "paywall: hard", "paywall: {enabled: true}", "draft: {enabled: true}", "encrypt: {password: x}",
    "member: true", "members: only", "is_premium: yes", "membership: required", "membership_level: gold",
    "requires_subscription: true", "login: required", "auth: {required: true}", "allowed_groups: [a]",
    "visible_to: [ann]", "who_can_read: friends", "restricted_to: [gold]", "restrict: true", "acl: {read: [admin]}",
    "permissions: {view: [members]}", "visible: logged in", "post_access: members", "content_access: paid",
    "state: pending review", "classification: for internal use only", "status: draft (v2)", "audience: only_paid",
    "review_status: rejected", "post_state: queued", "draft_mode: true", "private_page: yes", "only_draft: true",
    "hide_from_everyone: true", "not_for_publication: true", "not_ready: true", "is_active: false", "enable: false",
    "password_hash: abc", "embargoed_until: 2099-01-01", "post_date: 2099-01-01", "publication_date: 2099-01-01",
    "publish_date: 2024-01-01\nembargo: 2099-01-01", "scheduled_date: 2099-01-01", "unpublished_at: 2020-01-01",
    "deleted_at: 2024-05-05", "expired: true", "entwurf: ja", "brouillon: oui", "черновик: да", "draft: sí",
    "meta:\n  status: draft", "wordpress:\n  status: private", "page:\n  published: false", "header:\n  access: paid",
    "url: false", "publicOn: 2099-01-01", "valid_from: 2099-01-01", "pubDate: 2099-01-01",
    "eleventyComputed:\n  permalink: false", "unlock_at: 2099-01-01", "valid_to: 2020-01-01",
    "saveAsDraft: true", "excalidraw-plugin: parsed", "公開: false", "非公開: true",
    "\u00a0draft: true", "dr\u200baft: true", "draft\u00a0: true", '"draft ": true',
]  # fmt: skip
UNLISTED = [
    "unlisted: true", "hidden: true", "Status: hidden", "visibility: unlisted",
    "eleventyExcludeFromCollections: true",
    "eleventyExcludeFromCollections: [posts]", "build:\n  list: never", "_build:\n  list: false",
    "exclude_from_lists: true", "show_in_list: false", "dg-hide: true", "_discoverable: no",
    "build:\n  list: local", "list: false", "listed: false", "show: false", "hide: true", "visible: false",
]  # fmt: skip
PUBLIC = [
    "draft: false", "draft: no", "draft:", "published: true", "publish: true", "private: false", "public: true",
    "status: published", "status: publish", "status: Public", "status: new", "status: deprecated", "status: final",
    "status:", "visibility: public", "access: public", "hidden: false", "unlisted: false", "password:",
    "password: ''",
    "password: false", "build:\n  list: always\n  render: always", "render: true", "hide: [navigation, toc]",
    "eleventyExcludeFromCollections: false", "state: California", "scope: global", "list: [a, b]", "sitemap: true",
    "access: open", "mood: draft", "active: 2020 to 2024", "members: [Ann, Ben]", "index: 0",
    "members: 1", "classification: G2V", "extra:\n  hidden: true", "craft: true",
    "tier: [1, 2]", "plan: Apollo", "login: ann", "auth: oauth", "flags: [red, white]", "skip_intro: true",
    "read_only: true", "scheduled: false", "meta:\n  views: 3", "hide_toc: true", "post_image: a.png",
    "statue: private", "publisher: none",
    "role: Lead developer", "roles: [Design, Code]", "locked: [comments]", "gate: A12", "members: 12",
    "membership: European Union", "subscription: monthly", "auth: {kind: oauth}", "visible_to: everyone",
    "allowed_groups: []", "paywall: none", "acl: public", "permissions: [camera, microphone]", "stage: 0",
    "audience: administrators", "classification: Internal medicine", "workflow: {steps: [a, b]}", "phase: alpha",
    "post_state: live", "password_hint: x", "entwurf: nein", "draft: non", "meta:\n  status: 200",
    "data:\n  access: rw", "project:\n  status: draft", "cover:\n  hidden: true", "release_date: 2099-01-01",
    "schedule: weekly", "url: /a/", "output: html_document", "valid_from: 2020-01-01", "valid_to: 2099-01-01",
    "archived: true", "lang: ja", "private_key: abc", "not_draft: true",
]  # fmt: skip


def write(folder: PostsFolder, head: str, name: str = "text.md") -> None:
    folder.raw(
        name,
        f"---\ntitle: Secret text\ndate: 2025-01-02\ntags: [News]\n{head}\n---\n\nThe secret words.\n",
    )


def app_with(make_app: MakeApp, folder: PostsFolder) -> FlaskClient:
    folder.write("other", tags=["News"])
    return make_app(api_open=True).test_client()


def seen(client: FlaskClient) -> list[str]:
    """The lists in which the text stands."""
    answers = {path: client.get(path).text for path in LISTS}
    return [path for path, text in answers.items() if "Secret text" in text or "secret words" in text]


@pytest.mark.parametrize("name", ["drafts/a.md", "blog/Private/b/a.md", "Trash/a.md", "a.draft.md", "@eaDir/a.md"])
def test_names_that_keep_texts_from_readers_are_heeded_and_told(
    make_app: MakeApp, folder: PostsFolder, name: str
) -> None:
    write(folder, "", name)
    client = app_with(make_app, folder)

    told = make_app().test_cli_runner().invoke(args=["check", "--all"]).output

    assert seen(client) == []
    assert "keeps the text from readers" in told or "folder of a tool" in told


@pytest.mark.parametrize("name", ["drafting/a.md", "private-view/a.md", "the-draft.md", "draft.md", "trash.md"])
def test_names_that_only_resemble_those_keep_nothing_back(make_app: MakeApp, folder: PostsFolder, name: str) -> None:
    write(folder, "", name)

    assert "/articles/" in seen(app_with(make_app, folder))


@pytest.mark.parametrize("head", WITHHELD)
def test_what_its_writer_withholds_is_nowhere(
    make_loader: Callable[..., Loader], folder: PostsFolder, head: str
) -> None:
    write(folder, head)

    edition = make_loader().load().at(NOW.timestamp())

    assert [*edition.by_slug, *edition.posts] == []


@pytest.mark.parametrize("head", WITHHELD)
def test_what_was_public_goes_at_once_when_it_is_withheld(
    make_loader: Callable[..., Loader], folder: PostsFolder, head: str
) -> None:
    write(folder, "")
    loader = make_loader()
    before = [*loader.load().at(NOW.timestamp()).by_slug]

    write(folder, head)
    loader.refresh(settle=0)

    assert before == ["text"]
    assert [*loader.library.at(NOW.timestamp()).by_slug] == []


@pytest.mark.parametrize("head", PUBLIC)
def test_what_restricts_nothing_is_shown(make_loader: Callable[..., Loader], folder: PostsFolder, head: str) -> None:
    write(folder, head)

    library = make_loader().load()

    assert [post.slug for post in library.at(NOW.timestamp()).posts] == ["text"], library.problems


@pytest.mark.parametrize("head", UNLISTED)
def test_what_is_unlisted_is_at_its_address_and_in_no_list(
    make_loader: Callable[..., Loader], folder: PostsFolder, head: str
) -> None:
    write(folder, head)

    edition = make_loader().load().at(NOW.timestamp())

    assert edition.posts == ()
    assert edition.by_slug["text"].noindex


def test_a_withheld_text_is_in_no_answer(make_app: MakeApp, folder: PostsFolder) -> None:
    write(folder, "status: pending")
    client = app_with(make_app, folder)

    assert client.get("/articles/text/").status_code == 404
    assert seen(client) == []


def test_an_unlisted_text_is_in_no_list(make_app: MakeApp, folder: PostsFolder) -> None:
    write(folder, "unlisted: true")
    client = app_with(make_app, folder)

    answer = client.get("/articles/text/")

    assert "The secret words." in answer.text
    assert 'name="robots" content="noindex"' in answer.text
    assert seen(client) == []


def test_an_unlisted_page_is_in_no_list(make_app: MakeApp, folder: PostsFolder) -> None:
    write(folder, "unlisted: true", "_pages/hello.md")
    client = app_with(make_app, folder)

    assert "The secret words." in client.get("/hello/").text
    assert [path for path in (*LISTS, "/ghost/api/content/pages/") if "ecret text" in client.get(path).text] == []


def test_a_listed_text_becomes_unlisted_while_the_site_runs(client: FlaskClient, folder: PostsFolder) -> None:
    folder.write("other", tags=["News"])
    write(folder, "")
    assert "Secret text" in client.get("/articles/").text

    write(folder, "unlisted: true")

    assert "Secret text" not in client.get("/articles/").text
    assert "The secret words." in client.get("/articles/text/").text


@pytest.mark.parametrize(
    ("head", "noindex"),
    [
        ("sitemap: false", True),
        ("sitemap:\n  exclude: true", True),
        ("sitemap:\n  disable: true", True),
        ("robots: noindex, nofollow", True),
        ("metadata:\n  robots: noindex", True),
        ("meta_robots: noindex", True),
        ("seo_noindex: true", True),
        ("sitemap:\n  priority: 0.7", False),
        ("robots: index, follow", False),
        ("robots:\n  index: false", True),
        ("index: false", True),
    ],
)
def test_what_is_not_for_search_engines_stays_in_lists(
    make_loader: Callable[..., Loader], folder: PostsFolder, head: str, noindex: bool
) -> None:
    write(folder, head)

    [post] = make_loader().load().at(NOW.timestamp()).posts

    assert post.noindex == noindex


@pytest.mark.parametrize(
    "head",
    ["status: Idee", "draft: perhaps", "visibility: somebody", "private: maybe", "darft: true", "roles: [admin]"],
)
def test_a_restriction_that_is_not_understood_is_told(
    make_loader: Callable[..., Loader], folder: PostsFolder, head: str
) -> None:
    write(folder, head)

    [problem] = [found for found in make_loader().load().problems if found.severity == "error"]

    assert (problem.mark.path, problem.mark.line) == ("text.md", 5)
    assert head.partition(":")[0] in problem.cause


@pytest.mark.parametrize("name", RULES)
def test_no_value_of_a_restricting_field_stops_the_site(
    make_loader: Callable[..., Loader], folder: PostsFolder, name: str
) -> None:
    for number, value in enumerate(
        ("[]", "{}", "[[a]]", "{a: {b: c}}", "~", "''", "2025-01-01", "-1", "1e99", "|\n  a\n  b")
    ):
        folder.raw(f"{number}.md", f"---\ntitle: T\ndate: 2025-01-01\n{name}: {value}\n---\ntext\n")

    library = make_loader().load()

    assert not [found for found in library.problems if "fault of the program" in found.cause]


HEADS_OF_FOLDERS = [
    ("_index.md", "---\ntitle: Lab\ncascade:\n  draft: true\n---\n"),
    ("_index.md", "---\ntitle: Lab\ncascade:\n  build:\n    render: never\n---\n"),
    ("_index.md", "+++\ntitle = 'Lab'\n[[cascade]]\n[cascade.build]\nrender = 'never'\n+++\n"),
    ("_index.md", "---\ntitle: Lab\ncascade:\n  - draft: true\n    target: {path: '/lab/**'}\n---\n"),
    ("_metadata.yml", "draft: true\n"),
    (".meta.yml", "draft: true\n"),
    ("lab.json", '{"draft": true}'),
    ("lab.json", '{"permalink": false}'),
    ("lab.11tydata.js", "module.exports = {\n  permalink: false,\n};\n"),
]


@pytest.mark.parametrize(("name", "text"), HEADS_OF_FOLDERS)
def test_what_a_folder_keeps_from_readers_is_kept_and_told(
    make_loader: Callable[..., Loader], folder: PostsFolder, name: str, text: str
) -> None:
    write(folder, "", "lab/deep/text.md")
    folder.raw("other/seen.md", "---\ntitle: Seen\ndate: 2025-01-02\n---\nx\n")
    folder.raw(f"lab/{name}", text)

    library = make_loader().load()

    assert [*library.at(NOW.timestamp()).by_slug] == ["seen"]
    assert any(one.mark.path == f"lab/{name}" and "1 text" in one.cause for one in library.problems)


def test_folder_that_lists_nothing_has_its_texts_at_their_addresses(
    make_loader: Callable[..., Loader], folder: PostsFolder
) -> None:
    write(folder, "", "lab/text.md")
    folder.raw("lab/lab.json", '{"eleventyExcludeFromCollections": true}')

    edition = make_loader().load().at(NOW.timestamp())

    assert edition.by_slug["text"].unlisted


def test_what_a_folder_says_follows_its_file_while_the_site_runs(
    make_loader: Callable[..., Loader], folder: PostsFolder
) -> None:
    write(folder, "", "lab/text.md")
    loader = make_loader()
    before = [*loader.load().at(NOW.timestamp()).by_slug]

    folder.raw("lab/_metadata.yml", "draft: true\n")
    with_it = [*loader.refresh(settle=0).at(NOW.timestamp()).by_slug]
    (folder.path / "lab/_metadata.yml").unlink()
    without = [*loader.refresh(settle=0).at(NOW.timestamp()).by_slug]

    assert (before, with_it, without) == (["text"], [], ["text"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_index.md", "---\ntitle: Lab\ncascade:\n  type: docs\n---\n"),
        ("_index.md", "---\ntitle: Lab\ncascade:\n  - draft: true\n    target: {path: '/other/**'}\n---\n"),
        ("_metadata.yml", "draft: false\n"),
        ("lab.json", '{"layout": "post", "permalink": "/x/{{ page.fileSlug }}/"}'),
        ("data.json", '{"draft": true}'),
    ],
)
def test_what_a_folder_says_of_other_things_hides_nothing(
    make_loader: Callable[..., Loader], folder: PostsFolder, name: str, text: str
) -> None:
    write(folder, "", "lab/text.md")
    folder.raw(f"lab/{name}", text)

    assert "text" in make_loader().load().at(NOW.timestamp()).by_slug
