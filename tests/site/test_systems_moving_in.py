"""Each system's source moves in as that system documents it: links, pictures, drafts and old addresses hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from octavo.site.checks import findings
from octavo.site.moving_in.systems import SYSTEMS
from octavo.site.site import Site
from tests.conftest import PostsFolder, Reader

MakeApp = Callable[..., Flask]
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


class Moved:
    """A site into which a source has moved: the report, and what readers find."""

    def __init__(self, app: Flask, system: str, source: Path, *options: str) -> None:
        app.test_client_class = Reader
        result = app.test_cli_runner().invoke(args=["import", system, str(source), "--yes", *options])
        self.code = result.exit_code
        self.told = result.output
        self.client = app.test_client()
        self.client.get("/")
        self._site: Site = app.extensions["octavo"]

    def leads(self, path: str) -> str:
        """Where an old address leads; '' where nothing is found."""
        answer = self.client.get(path)
        if answer.status_code == 200:
            return path
        return answer.headers.get("Location", "")

    @property
    def dead(self) -> list[str]:
        """The links and pictures that lead nowhere."""
        self._site.refresh(settle=0)
        told = (f"{problem.mark}: {problem.cause}" for problem in findings(self._site))
        return [line for line in told if "link or picture" in line]


Move = Callable[..., Moved]


@pytest.fixture
def source(tmp_path: Path) -> PostsFolder:
    """A folder of another system."""
    return PostsFolder(tmp_path / "old")


@pytest.fixture
def move(make_app: MakeApp, source: PostsFolder) -> Move:
    """Has the source move in."""

    def made(system: str, *options: str) -> Moved:
        return Moved(make_app(), system, source.path, *options)

    return made


def test_hugo_with_permalinks_languages_cascade_and_bundles(source: PostsFolder, move: Move) -> None:
    source.raw(
        "hugo.toml",
        "baseURL = 'https://example.org/sub/'\ntimeZone = 'Asia/Tokyo'\n[permalinks]\n"
        "posts = '/:year/:month/:slug/'\n[languages.en]\n[languages.de]\n",
    )
    source.raw("content/_index.md", "Welcome, all of you.")
    source.raw("content/posts/trip/index.md", "---\ntitle: Trip & Tour\ndate: 2024-01-02\n---\n![a](a.svg)\n")
    source.raw("content/posts/trip/index.de.md", "---\ntitle: Reise\ndate: 2024-01-02\n---\n![a](a.svg)\n")
    source.raw("content/posts/trip/a.svg", PICTURE)
    source.raw("content/posts/trip/notes.md", "Mine alone.")
    source.raw("content/secret/_index.md", "---\ncascade:\n  build:\n    render: never\n---\n")
    source.raw("content/secret/one.md", "---\ntitle: One\ndate: 2024-01-02\n---\nx\n")
    source.raw("content/posts/Two Words.md", '---\ntitle: "Two"\ndate: 2024-03-02\n---\n[t]({{< ref "trip" >}})\n')
    source.raw("static/readme.md", "Read me.")

    source.raw("content/posts/late.md", "---\ntitle: Late\ndate: 2024-03-31\npublishDate: 2024-05-15\n---\nx\n")

    moved = move("hugo")

    assert moved.leads("/2024/03/late/") == "/articles/late/"
    assert "/_index/" not in (source.path.parent / "posts/_pages/home.md").read_text("utf-8")
    assert moved.leads("/2024/01/trip-tour/") == "/articles/trip/"
    assert moved.leads("/sub/2024/01/trip-tour/") == "/articles/trip/"
    assert "Time zones that the setting `timezone` here does not name, as dates mean them: 1 (Asia/Tokyo)" in moved.told
    assert moved.leads("/de/2024/01/reise/") == "/articles/trip-de/"
    assert 'lang="de"' in moved.client.get("/articles/trip-de/").text
    assert moved.leads("/2024/03/two/") == "/articles/two-words/"
    assert moved.leads("/articles/one/") == ""
    assert moved.leads("/home/") == "/home/"
    assert "Texts within the folder of another text, which are no pages: 1 (content/posts/trip/notes.md)" in moved.told
    assert "Texts in a folder of files, which are no pages: 1 (static/readme.md)" in moved.told
    assert moved.dead == []


THREE = """<p>Hello   <b>you</b>, <a href="{{ site.baseurl }}/docs/install.html">install</a></p>

{% highlight py %}
if a < b:
    pass
{% endhighlight %}
<script>x()</script>
"""


def test_jekyll_with_categories_defaults_collections_and_authors(
    source: PostsFolder, move: Move, folder: PostsFolder
) -> None:
    source.raw(
        "_config.yml",
        "baseurl: /blog\ncollections: {recipes: {output: true}, hidden: {}}\nexclude: [old]\n"
        "defaults:\n- scope: {path: news}\n  values: {author: ada, layout: x}\n"
        "- scope: {path: '', type: recipes}\n  values: {published: false}\n",
    )
    source.raw("_posts/2024-01-02-Big-News.md", "---\ntags: mars moon\ncategories: [Space Flight]\n---\n# Big\n")
    source.raw("news/_posts/2024-01-03-two.md", "---\ntitle: Two\n---\n[one]({% post_url 2024-01-02-Big-News %})\n")
    source.raw("news/_posts/2024-01-04-three.html", "---\ntitle: Three\n---\n" + THREE)
    source.raw("_recipes/soup.md", "---\ntitle: Soup\n---\nx\n")
    source.raw("_hidden/plan.md", "---\ntitle: Plan\n---\nx\n")
    source.raw("_data/authors.yml", "ada:\n  name: Ada Lovelace\n  bio: 'Counts: engines'\n")
    source.raw("docs/install.md", "---\ntitle: Install\n---\n![a](/assets/a.svg)\n")
    source.raw("old/x.md", "---\ntitle: X\n---\n")
    source.raw("README.md", "Read me.")
    source.raw("feed.xml", "---\n---\n<rss/>")
    source.raw("package-lock.json", "{}")
    source.raw("assets/a.svg", PICTURE)

    moved = move("jekyll")

    assert moved.leads("/blog/space%20flight/2024/01/02/Big-News.html") == "/articles/big-news/"
    assert moved.leads("/blog/news/2024/01/03/two.html") == "/articles/two/"
    assert "Ada Lovelace" in moved.client.get("/articles/two/").text
    assert moved.client.get("/tags/mars/").status_code == 200
    three = (folder.path / "news/2024-01-04-three.md").read_text("utf-8")
    assert "\nHello **you**, [install]({{ site.baseurl }}/docs/install.html)\n" in three
    assert "\n{% highlight py %}\nif a < b:\n    pass\n{% endhighlight %}\n" in three
    assert "Parts of texts that a page may not hold: 1 (news/_posts/2024-01-04-three.html (<script>))" in moved.told
    assert moved.leads("/articles/soup/") == ""
    assert moved.leads("/blog/docs/install.html") == "/docs/install/"
    assert "Texts of a collection that is not published: 1 (_hidden/plan.md)" in moved.told
    assert "Files that Jekyll makes of a template: 1 (feed.xml)" in moved.told
    assert "package-lock" not in moved.told
    assert moved.dead == []


def test_hexo_with_folders_of_files_and_its_permalink(source: PostsFolder, move: Move) -> None:
    source.raw("_config.yml", "permalink: :category/:year/:title.html\npost_asset_folder: true\nroot: /\n")
    source.raw("source/_posts/Hello.md", "title: Hello\ndate: 2024-01-02\ncategories: News\n---\n![a](a.svg)\n")
    source.raw("source/_posts/Hello/a.svg", PICTURE)
    source.raw("source/_posts/Other.md", "---\ntitle: Other\ndate: 2024-01-02\n---\n{% asset_img a.svg %}\n")
    source.raw("source/_posts/Other/a.svg", PICTURE)
    source.raw("source/_drafts/idea.md", "---\ntitle: Idea\n---\nx\n")
    source.raw("source/about/index.md", "---\ntitle: About\n---\nWe\n")
    source.raw("source/tags/index.md", "---\ntitle: Tags\ntype: tags\n---\n")

    moved = move("hexo")

    assert moved.leads("/news/2024/Hello.html") == "/articles/hello/"
    assert moved.leads("/uncategorized/2024/Other.html") == "/articles/other/"
    assert moved.client.get("/articles/hello/").text.count("/media/") >= 1
    assert moved.leads("/articles/idea/") == ""
    assert moved.leads("/about/") == "/about/"
    assert "Pages that this site makes itself: 1 (source/tags/index.md)" in moved.told
    assert moved.dead == []


def test_pelican_whose_settings_are_read_and_never_run(source: PostsFolder, move: Move, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    source.raw(
        "pelicanconf.py",
        f"open({str(ran)!r}, 'w')\nAUTHOR = 'Ada'\nARTICLE_URL = '{{date:%Y}}/{{slug}}/'\nPLUGINS = [f()]\n"
        "EXTRA_PATH_METADATA = {'extra/paper.pdf': {'path': 'paper.pdf'}}\nSTATIC_PATHS = ['images', 'extra']\n",
    )
    source.raw("content/one.md", "Title: The First: One\nDate: 2024-01-02\n\n[b]({filename}/sub/two.md)\n")
    source.raw("content/sub/two.md", "Title: Two\nDate: 2024-01-03\nAuthor: Bo\n\n![a]({static}/images/a.svg)\n")
    source.raw("content/sub/idea.md", "Title: Idea\nDate: 2024-01-03\nStatus: draft\n\nx\n")
    source.raw("content/pages/about.md", "Title: About\n\n[paper](/paper.pdf) [d]({attach}d.csv)\n")
    source.raw("content/images/a.svg", PICTURE)
    source.raw("content/extra/paper.pdf", b"%PDF-1.4")
    source.raw("content/pages/d.csv", "a,b\n")
    source.raw("content/secret.csv", "a,b\n")
    source.raw("content/three.rst", "Three\n#####\n")

    moved = move("pelican")

    assert not ran.exists()
    assert moved.leads("/2024/the-first-one/") == "/articles/one/"
    assert "Bo" in moved.client.get("/articles/two/").text
    assert "Ada" in moved.client.get("/articles/one/").text
    assert moved.leads("/pages/about.html") == "/about/"
    assert moved.leads("/articles/idea/") == ""
    assert "Files that no text names, and that its system may not publish: 1 (content/secret.csv)" in moved.told
    assert "Settings that are computed by a program, which is not run: 1 (pelicanconf.py (PLUGINS))" in moved.told
    assert "Texts that are no Markdown, to be converted first: 1 (content/three.rst)" in moved.told
    assert moved.dead == []


def test_eleventy_with_data_of_folders_and_files_that_pass_through(source: PostsFolder, move: Move) -> None:
    source.raw(
        "eleventy.config.js",
        'export default (c) => { c.addPassthroughCopy({"./public/": "/"}); return { dir: { input: "src" } } }',
    )
    source.raw("src/blog/blog.json", '{"tags": ["post"], "permalink": "/b/{{ title | slugify }}/"}')
    source.raw("src/blog/one.md", "---\ntitle: Big One\ndate: 2024-01-02\n---\n![a](/img/a.svg)\n")
    source.raw(
        "src/blog/two.md", "---\ntitle: Two\ndate: 2024-01-03\npermalink: '{{ x | y }}'\n---\n[b](/b/big-one/)\n"
    )
    source.raw("src/notes/notes.json", '{"permalink": false}')
    source.raw("src/notes/plan.md", "---\ntitle: Plan\ndate: 2024-01-03\n---\nx\n")
    source.raw("src/about.md", "---\ntitle: About\n---\nWe\n")
    source.raw("src/index.njk", "x")
    source.raw("src/_includes/x.md", "x")
    source.raw("public/img/a.svg", PICTURE)

    moved = move("eleventy")

    assert moved.leads("/b/big-one/") == "/articles/one/"
    assert moved.leads("/articles/plan/") == ""
    assert moved.leads("/about/") == "/about/"
    assert "Old addresses that cannot be computed: `{{ x | y }}` of `{{ x | y }}` is not known: 1" in moved.told
    assert "Pages that Eleventy makes of a template: 1 (src/index.njk)" in moved.told
    assert moved.dead == []


def test_zola_with_sections_dates_and_paths(source: PostsFolder, move: Move) -> None:
    source.raw("config.toml", "base_url = 'https://example.org'\n[languages.fr]\n")
    source.raw("content/blog/_index.md", "+++\ntitle = 'Blog'\n+++\n")
    source.raw("content/blog/2024-01-02-Été.md", "+++\ntitle = 'Summer'\n+++\n[n](@/blog/news/index.md)\n")
    source.raw("content/blog/news/index.md", "+++\ndate = 2024-01-02\npath = '/n/1'\n+++\n# News\n![a](a.svg)\n")
    source.raw("content/blog/news/index.fr.md", "+++\ntitle = 'Nouvelles'\ndate = 2024-01-02\n+++\n![a](a.svg)\n")
    source.raw("content/blog/news/a.svg", PICTURE)

    moved = move("zola")

    assert moved.leads("/blog/ete/") == "/articles/ete/"
    assert moved.leads("/n/1/") == "/articles/news/"
    assert moved.leads("/fr/blog/news/") == "/articles/news-fr/"
    assert moved.dead == []


def test_a_vault_of_obsidian_without_its_templates(source: PostsFolder, move: Move) -> None:
    source.raw(".obsidian/templates.json", '{"folder": "Templates"}')
    source.raw("Templates/daily.md", "x")
    source.raw("Deep Space/Voyager 1.md", "It flies. ![[a.svg]] [[Pioneer 10|Pioneer]] [[paper.pdf]]\n")
    source.raw("Pioneer 10.md", "---\ndate: 2024-01-02\n---\nIt flew.\n```dataview\nlist\n```\n")
    source.raw("Private.md", "---\npublish: false\n---\nx\n")
    source.raw("files/a.svg", PICTURE)
    source.raw("files/paper.pdf", b"%PDF-1.4")
    source.raw("files/tax.pdf", b"%PDF-1.4")
    source.raw("board.canvas", "{}")

    moved = move("obsidian")

    assert moved.leads("/Deep+Space/Voyager+1") == "/articles/voyager-1/"
    assert moved.leads("/articles/private/") == ""
    assert "Templates of notes: 1 (Templates/daily.md)" in moved.told
    assert "Canvases: 1 (board.canvas)" in moved.told
    assert "Notes with a query of Dataview, whose answer they do not hold: 1 (Pioneer 10.md)" in moved.told
    assert "Files that no text names, and that its system may not publish: 1 (files/tax.pdf)" in moved.told
    assert moved.dead == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_folder_that_is_no_source_is_told(source: PostsFolder, move: Move, system: str) -> None:
    source.raw("x.txt", "x")

    moved = move(system)

    assert moved.code == 1
    assert "this is no" in moved.told


def test_settings_that_cannot_be_read_are_told_and_do_no_harm(source: PostsFolder, move: Move) -> None:
    source.raw("_config.yml", "a: [\n")
    source.raw("_posts/2024-01-02-one.md", "---\ntitle: One\n---\nx\n")

    moved = move("jekyll")

    assert moved.code == 0
    assert "Settings that cannot be read, so that their defaults count: 1 (_config.yml)" in moved.told
