"""One file becomes one post: what is missing is found where a person would look."""

from __future__ import annotations

from datetime import UTC, datetime
from time import thread_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.content.files.reading import decode, without_controls
from octavo.content.parse import Rules, body_of, count_words, parse
from octavo.content.posts import Author, Image, Post

RULES = Rules(UTC)


def post_of(text: str, path: str = "a.md", rules: Rules = RULES) -> Post:
    parsed = parse(path, text.encode("utf-8"), rules)
    assert isinstance(parsed.item, Post), parsed.problems
    return parsed.item


def test_a_whole_post_is_read() -> None:
    post = post_of(
        "---\ntitle: Hello\ndate: 2025-07-17T10:00:00+02:00\nupdated: 2025-07-18\nexpires: 2026-01-01\nslug: hi\n"
        "summary: Short.\ncategory: News\ntags: [A, B]\nauthor: Desk\nimage: {path: a.jpg, alt: Alt}\n"
        "featured: true\n"
        "aliases: [/old/]\nrelated: [other]\ncanonical: https://x.example/\nnoindex: true\n---\nOne two three.\n"
    )

    assert (post.title, post.slug) == ("Hello", "hi")
    assert post.published == datetime(2025, 7, 17, 8, tzinfo=UTC)
    assert post.updated == datetime(2025, 7, 18, tzinfo=UTC)
    assert post.expires == datetime(2026, 1, 1, tzinfo=UTC)
    assert (post.summary, post.category, post.tags, post.authors) == ("Short.", "News", ("A", "B"), ("Desk",))
    assert post.image == Image("a.jpg", "Alt")
    assert (post.featured, post.draft, post.noindex, post.words) == (True, False, True, 3)
    assert (post.aliases, post.related, post.canonical) == (("/old/",), ("other",), "https://x.example/")


@pytest.mark.parametrize(
    ("path", "text", "title"),
    [
        ("a.md", "# The heading\n\nText", "The heading"),
        ("a.md", "Text\n\n## Second *level*\n", "Second level"),
        ("2025-07-17-hello-world.md", "Text", "Hello world"),
        ("folder/my_post/index.md", "Text", "My post"),
        ("index.md", "Text", "Index"),
        ("2025-07-17.md", "Text", "2025-07-17"),
        ("2025/2025_07_17.md", "Text", "2025-07-17"),
        ("2025-w29.md", "Text", "2025-W29"),
        ("2025-07.md", "Text", "2025-07"),
        ("2025-07-odd.md", "Text", "2025 07 odd"),
        ("a.md", '---\ntitle: ""\n---\n# Heading', "Heading"),
    ],
)
def test_a_missing_title_is_the_first_heading_then_the_name(path: str, text: str, title: str) -> None:
    assert post_of(text, path).title == title


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("2025-07-17-a.md", ""),
        ("2025/07/17/a.md", ""),
        ("2025-07-17-a/index.md", ""),
        ("a.md", "permalink: /2025/07/17/a.html"),
    ],
)
def test_a_missing_date_is_found_in_the_path(path: str, head: str) -> None:
    assert post_of(f"---\ntitle: x\n{head}\n---\ntext", path).published == datetime(2025, 7, 17, tzinfo=UTC)


def test_a_post_without_any_date_is_warned_about() -> None:
    parsed = parse("a.md", b"# Title\n", RULES)

    assert isinstance(parsed.item, Post)
    assert parsed.item.published is None
    assert [(p.severity, "no date" in p.cause) for p in parsed.problems] == [("warning", True)]


def test_a_draft_or_page_without_a_date_is_no_problem() -> None:
    assert parse("a.md", b"---\ndraft: true\n---\nx", RULES).problems == ()
    assert parse("_pages/about.md", b"# About\n", RULES).problems == ()


@pytest.mark.parametrize("name", ["articles.md", "Tags.md", "search/index.md"])
def test_a_page_at_the_address_of_a_list_is_a_problem_with_its_cure(name: str) -> None:
    parsed = parse(f"_pages/{name}", b"# Lost\n", RULES)

    assert parsed.item is None
    assert str(parsed.problems[0]).startswith(f"_pages/{name}:1:1: The address /")
    assert "slug" in parsed.problems[0].cure


def test_an_article_may_have_the_name_of_a_list() -> None:
    assert post_of("# Articles\n", "articles.md").slug == "articles"


@pytest.mark.parametrize(
    "address",
    [
        *("/posts/one/", "example.org", "javascript:alert(1)", "https://", "http:///x", "a b"),
        *("https://[your-domain]/post/", "http://[", "https://[::1/"),
    ],
)
def test_a_canonical_that_is_no_web_address_is_ignored_with_a_warning(address: str) -> None:
    parsed = parse("a.md", f"---\ndate: 2025-01-01\ncanonical: '{address}'\n---\ntext".encode(), RULES)

    assert isinstance(parsed.item, Post)
    assert parsed.item.canonical == ""
    assert [(p.severity, p.mark.line, "canonical" in p.cause) for p in parsed.problems] == [("warning", 3, True)]


@pytest.mark.parametrize(
    "line",
    [
        'image: "https://[your-domain]/a.jpg"',
        'banner: "http://["',
        'og_image: "//[host]/a.jpg"',
        'cover: {image: "https://[your-domain]/a.jpg"}',
    ],
)
def test_a_picture_at_an_address_that_cannot_be_read_is_ignored_with_a_warning(line: str) -> None:
    parsed = parse("a.md", f"---\ndate: 2025-01-01\n{line}\n---\ntext".encode(), RULES)

    assert isinstance(parsed.item, Post)
    assert parsed.item.image is None
    assert [(p.severity, p.mark.line, "is no address" in p.cause) for p in parsed.problems] == [("warning", 3, True)]


@pytest.mark.parametrize("address", ["https://[2001:db8::1]/a.jpg", "a[1].jpg", "img/[b].png"])
def test_a_picture_may_have_brackets_in_its_address(address: str) -> None:
    assert post_of(f"---\ndate: 2025-01-01\nimage: '{address}'\n---\ntext").image == Image(address)


def test_a_missing_summary_is_the_first_paragraph() -> None:
    assert post_of("# Title\n\nThe *first* [words](x.md).\n\nMore.").summary == "The first words."


@pytest.mark.parametrize(
    ("path", "category"),
    [
        ("space-history/a.md", "Space History"),
        ("Launches/2025/a.md", "Launches"),
        ("2025/07/a.md", ""),
        ("news/my-post/index.md", "News"),
        ("my-post/index.md", ""),
        ("_pages/about/index.md", ""),
    ],
)
def test_a_missing_category_is_the_folder(path: str, category: str) -> None:
    assert post_of("text", path).category == category


def test_further_categories_become_tags() -> None:
    post = post_of("---\ncategories: [One, Two]\ntags: [Three, Two]\n---\ntext")

    assert (post.category, post.tags) == ("One", ("Three", "Two"))


@pytest.mark.parametrize(
    ("path", "by_name", "by_path"),
    [
        ("hello.md", "hello", "hello"),
        ("2025-07-17-hello.md", "hello", "2025-07-17-hello"),
        ("news/Hello World.markdown", "hello-world", "news-hello-world"),
        ("news/hello/index.md", "hello", "news-hello"),
        ("index.md", "index", "index"),
        ("a/b/README.md", "b", "a-b"),
        ("_pages/about.md", "about", "about"),
        ("火星.md", "火星", "火星"),
    ],
)
def test_a_slug_comes_from_name_or_path(path: str, by_name: str, by_path: str) -> None:
    assert post_of("text", path).slug == by_name
    assert post_of("text", path, Rules(UTC, "path")).slug == by_path


def test_a_name_without_letters_still_gets_an_address() -> None:
    first, second = post_of("text", "🚀.md").slug, post_of("text", "!!.md").slug

    assert first.startswith("post-")
    assert first != second
    assert first == post_of("other text", "🚀.md").slug


@pytest.mark.parametrize("slug", ["../../etc/passwd", "/Etc/Passwd/", "etc\\passwd", "ETC%passwd", "etc?passwd#"])
def test_a_slug_is_never_a_path(slug: str) -> None:
    assert post_of(f"---\nslug: '{slug}'\n---\ntext").slug == "etc-passwd"


@pytest.mark.parametrize(
    "head",
    ["draft: true", "status: draft", "Status: Skip", "published: false", "permalink: false\ndraft: false"],
)
def test_what_its_writer_withholds_is_a_draft(head: str) -> None:
    assert post_of(f"---\ntitle: x\n{head}\n---\ntext").draft


@pytest.mark.parametrize(
    ("path", "head", "tags"),
    [
        ("2024-05-06-a.md", "layout: post\ntags: food slow travel", ("food", "slow", "travel")),
        ("2024-05-06-a.md", "layout: post\ntags: food, slow travel", ("food", "slow travel")),
        ("2024-05-06-a.md", "tags: Slow travel", ("Slow travel",)),
        ("a.md", "layout: post\ntags: Slow travel", ("Slow travel",)),
    ],
)
def test_words_are_several_tags_where_jekyll_says_so(path: str, head: str, tags: tuple[str, ...]) -> None:
    assert post_of(f"---\n{head}\n---\nText.", path).tags == tags


def test_an_mdx_file_is_read_without_what_a_program_would_run() -> None:
    text = (
        "---\ntitle: T\n---\nimport Tabs from './Tabs.astro'\nexport const x = {\n  a: 1,\n}\n\n{/* A\nnote */}\n"
        '<Tabs sync="a">\nSome **bold** text.\n</Tabs>\n\n```js\nimport a from "b"\n<Tabs>\n```\n'
    )

    body = body_of("a.mdx", text.encode())

    assert body.split() == ["Some", "**bold**", "text.", "```js", "import", "a", "from", '"b"', "<Tabs>", "```"]
    assert post_of(text, "a.mdx").summary == "Some bold text."


def test_an_old_address_in_permalink_becomes_an_alias() -> None:
    assert post_of("---\npermalink: /2020/old.html\n---\ntext").aliases == ("/2020/old.html",)
    assert post_of("---\npermalink: /:categories/:title/\n---\ntext").aliases == ()
    assert post_of("---\npermalink: '{{ page.date }}'\n---\ntext").aliases == ()
    assert post_of("---\npermalink: false\n---\ntext").aliases == ()


def test_an_empty_or_too_large_file_is_an_error() -> None:
    for data, cause in ((b"", "empty"), (b" \n\t\n", "empty"), (b"x" * 1001, "1,001 bytes; the limit is 1,000")):
        parsed = parse("a.md", data, Rules(UTC, max_bytes=1000))

        assert parsed.item is None
        assert cause in parsed.problems[0].cause


def test_a_byline_is_read() -> None:
    parsed = parse(
        "_authors/history-desk.md", b"---\nname: History Desk\nrole: Desk\navatar: d.png\n---\nThe bio.", RULES
    )

    author = parsed.item
    assert isinstance(author, Author)
    assert (author.slug, author.name, author.role) == ("history-desk", "History Desk", "Desk")
    assert (author.avatar, author.bio) == ("d.png", "The bio.")


def test_control_characters_are_never_shown() -> None:
    text = "# A\x07b\n\n\x1b[31mred\x1b[0m\ttab\x0c\ufffe\n"

    assert body_of("a.md", text.encode()) == "# Ab\n\n[31mred[0m\ttab\n"
    assert (post_of(text).title, post_of(text).summary) == ("Ab", "[31mred[0m tab")


def test_words_are_counted_in_every_script() -> None:
    assert count_words("one two\nthree") == 3
    assert count_words("火" * 160) == 101


@given(st.text(alphabet="ab \t\n\v\f\r\x1c\x1d\x1e\x1f\x00\x7f\x85\xa0é\u2003", max_size=60))
def test_words_are_what_stands_between_any_blanks(text: str) -> None:
    assert count_words(text) == len(text.split())


@pytest.mark.parametrize(
    ("body", "minutes"),
    [
        ("ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอน" * 80, range(4, 6)),
        ("ພາສາລາວ" * 800, range(5, 8)),
        ("བོད་ཡིག་" * 450, range(3, 6)),
        ("한국어는 띄어쓰기가 있다 " * 160, range(2, 3)),
        (f"<svg>{'1 2 3 4 ' * 1_000}</svg>\n\nShort.", range(1, 2)),
        (f"{'<b class=x title=y>word</b> ' * 230}", range(1, 2)),
        ("火" * 1_600, range(4, 5)),
    ],
)
def test_reading_time_is_of_what_readers_see_in_their_script(body: str, minutes: range) -> None:
    assert post_of(f"---\ntitle: T\n---\n{body}").minutes in minutes


def test_words_of_hostile_text_are_counted_in_time() -> None:
    start = thread_time()

    count_words("<svg " * 200_000)
    count_words("<svg></svg>" * 50_000 + "<script>" * 50_000)

    assert thread_time() - start < 2
    assert post_of("word " * 920).minutes == 4


def test_the_body_is_the_one_that_was_parsed() -> None:
    assert body_of("a.md", b"\xef\xbb\xbf---\r\ntitle: x\r\n---\r\nText\r\n") == "Text\n"


PARTS = ["---\n", "+++\n", "title: T\n", "title = 'T'\n", '{"title": "T"}\n', "\n", "\r\n", "Text\n", "\x07"]
OF_DIALECTS = ["==marked==", "{{< x >}}", "[[wiki]]"]


@given(st.text() | st.lists(st.sampled_from(PARTS + OF_DIALECTS)).map("".join), st.sampled_from(["a.md", "a.mdx"]))
def test_a_body_that_is_no_other_dialect_is_cut_from_its_file_at_the_place_that_was_noted(text: str, path: str) -> None:
    data = text.encode("utf-8", "replace")

    post = parse(path, data, RULES).item

    if isinstance(post, Post) and post.body_start is not None:
        assert without_controls(decode(data, path)[post.body_start :]) == body_of(path, data)


SYSTEMS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Hugo in YAML": (
        "content/posts/first-light.md",
        "---\ntitle: First Light\ndate: 2025-07-17T00:00:00Z\nlastmod: 2025-07-18\ndraft: false\npublishDate:\n"
        'description: "The telescope opens."\nsummary: ""\ncategories: [Observing]\ntags:\n  - Telescopes\n'
        "aliases:\n  - /old/first-light/\nweight: 10\nShowToc: true\nparams:\n  hero: big\n"
        "cover:\n  image: light.jpg\n  alt: A dome\n  caption: Dusk\n  relative: true\n---\nText\n",
        {"title": "First Light", "summary": "The telescope opens.", "category": "Observing", "tags": ("Telescopes",),
         "aliases": ("/old/first-light/",), "image": Image("light.jpg", "A dome", "Dusk")},
    ),
    "Hugo in TOML": (
        "posts/first-light/index.md",
        "+++\ntitle = 'First Light'\ndate = 2025-07-17T00:00:00Z\ndraft = false\nexpiryDate = 2026-01-01\n"
        "tags = ['Telescopes']\ncategories = ['Observing']\n[params]\n  hero = 'big'\n[[resources]]\n"
        "  src = 'a.jpg'\n+++\n",
        {"title": "First Light", "expires": datetime(2026, 1, 1, tzinfo=UTC), "category": "Observing"},
    ),
    "Jekyll": (
        "2025-07-17-first-light.md",
        "---\nlayout: post\ntitle:  \"First Light\"\ndate:   2025-07-17 00:00:00 +0000\ncategories: observing\n"
        "published: true\nexcerpt_separator: <!--more-->\nredirect_from:\n  - /light/\nauthor:\n"
        "  name: Dome Desk\n---\nText\n",
        {"title": "First Light", "slug": "first-light", "aliases": ("/light/",), "authors": ("Dome Desk",)},
    ),
    "Eleventy": (
        "blog/first-light.md",
        "---\ntitle: First Light\ndescription: The telescope opens.\ndate: 2025-07-17\ntags:\n  - posts\n"
        "  - telescopes\n"
        "layout: layouts/post.njk\npermalink: /writing/first-light/\neleventyNavigation:\n  key: Light\n"
        "  order: 3\n---\nText\n",
        {"title": "First Light", "aliases": ("/writing/first-light/",), "tags": ("posts", "telescopes")},
    ),
    "Docusaurus": (
        "blog/2025-07-17-first-light.md",
        "---\nslug: first-light\ntitle: First Light\nauthors:\n  - name: Dome Desk\n    title: Observers\n"
        "    url: https://x.example\n"
        "tags: [{label: Telescopes, permalink: /t}]\nsidebar_position: 2\nhide_table_of_contents: false\n"
        "image: ./l.png\n"
        "last_update:\n  date: 2025-07-18\n---\nText\n",
        {"slug": "first-light", "authors": ("Dome Desk",), "tags": ("Telescopes",), "image": Image("./l.png")},
    ),
    "Zola": (
        "posts/2025-07-17-first-light.md",
        '+++\ntitle = "First Light"\npath = "2025/07/17/first-light"\n[taxonomies]\ntags = ["Telescopes"]\n'
        'authors = ["Dome Desk"]\n[extra]\nteam = "dome"\n+++\nText\n',
        {"title": "First Light", "tags": ("Telescopes",), "authors": ("Dome Desk",)},
    ),
    "Pelican": (
        "first-light.md",
        "Title: First Light\nDate: 2025-07-17 00:00\nModified: 2025-07-18\nCategory: Observing\n"
        "Tags: Telescopes, domes\n"
        "Slug: first-light\nAuthors: Dome Desk\nSummary: The telescope opens.\n\nText\n",
        {"title": "First Light", "category": "Observing", "tags": ("Telescopes", "domes"), "authors": ("Dome Desk",)},
    ),
    "Ghost export": (
        "first-light.md",
        "---\ntitle: First Light\nslug: first-light\ndate_published: 2025-07-17T00:00:00.000Z\nstatus: published\n"
        "custom_excerpt: The telescope opens.\nfeature_image: https://x.example/a.jpg\nfeature_image_alt: A dome\n"
        "visibility: public\nauthors:\n  - slug: dome\n    name: Dome Desk\n---\nText\n",
        {"summary": "The telescope opens.", "image": Image("https://x.example/a.jpg", "A dome"),
         "authors": ("Dome Desk",)},
    ),
    "Astro": (
        "first-light.md",
        "---\ntitle: 'First Light'\npubDate: 'Jul 17 2025'\nupdatedDate: 'Jul 18 2025'\n"
        "heroImage: '../../assets/a.jpg'\n---\nText\n",
        {"title": "First Light", "updated": datetime(2025, 7, 18, tzinfo=UTC), "image": Image("../../assets/a.jpg")},
    ),
    "plain documentation": (
        "guide/2025-07-17-start.md",
        "# First Light\n\nOpen the dome, then wait.\n\n## Next\n",
        {"title": "First Light", "summary": "Open the dome, then wait.", "category": "Guide"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("system", SYSTEMS)
def test_posts_of_other_systems_are_understood(system: str) -> None:
    path, text, expected = SYSTEMS[system]

    parsed = parse(path, text.encode("utf-8"), RULES)

    assert parsed.problems == ()
    assert isinstance(parsed.item, Post)
    assert parsed.item.published == datetime(2025, 7, 17, tzinfo=UTC)
    assert not parsed.item.draft
    for name, value in expected.items():
        assert getattr(parsed.item, name) == value, name


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for opening in (b"", b"---\n", b"+++\n", b'{"a": '):
        parsed = parse("a.md", opening + data, RULES)

        assert parsed.item is not None or any(p.severity == "error" and p.cause and p.cure for p in parsed.problems)


@pytest.mark.parametrize("field", ["tags: [Space, 🚀]", "category: 🚀", "author: 🚀"])
def test_name_without_letters_is_left_out_and_said(field: str) -> None:
    parsed = parse("a.md", f"---\ntitle: T\ndate: 2025-07-17\n{field}\n---\ntext".encode(), RULES)

    [problem] = parsed.problems

    assert isinstance(parsed.item, Post)
    assert (problem.severity, problem.mark.line) == ("warning", 4)
    assert "`🚀`" in problem.cause
    assert field.partition(":")[0].rstrip("s") in problem.cause


@pytest.mark.parametrize(
    ("path", "text", "title"),
    [
        ("Linking notes and files.md", "Text.\n\n## How\n\nMore", "Linking notes and files"),
        ("iPhone notes.md", "Text", "iPhone notes"),
        ("notes/On node.js & C++.md", "## Section\n", "On node.js & C++"),
        ("My note.md", "# A better title\n\nText", "A better title"),
        ("My note.md", "A better title\n====\n\nText", "A better title"),
        ("2025-07-17 Stand-up.md", "Text", "Stand-up"),
        ("Trip to Mars/index.md", "Text\n\n## Day one\n", "Trip to Mars"),
        ("01 - First steps.md", "Text", "First steps"),
        ("01-first-steps.md", "Text", "First steps"),
    ],
)
def test_a_note_is_titled_as_its_own_program_names_it(path: str, text: str, title: str) -> None:
    assert post_of(text, path).title == title


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Don&#8217;t &amp; stay", "Don\u2019t & stay"),
        ("AT&amp;T &#x2014; a history", "AT&T \u2014 a history"),
        ("The <em>Eagle</em> has <strong>landed</strong>", "The Eagle has landed"),
        ("A line<br>and another<br/>", "A line and another"),
        ("R&D, Q&A and copy&paste", "R&D, Q&A and copy&paste"),
        ("The &lt;canvas&gt; element", "The <canvas> element"),
        ("Vec<T> and 3 < 4 > 2", "Vec<T> and 3 < 4 > 2"),
        ("*args and **kwargs", "*args and **kwargs"),
    ],
)
def test_a_title_of_an_export_is_plain_text(title: str, shown: str) -> None:
    assert post_of(f"---\ntitle: '{title}'\n---\ntext").title == shown


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("See [link](https://x.example) and **bold** <p>", "See link and bold"),
        ("An *old* _story_ of `code` and ~~errors~~", "An old story of code and errors"),
        ('![A picture](a.jpg) [x](y "z")', "A picture x"),
        ("2 * 3 * 4 and snake_case_name and 5*6", "2 * 3 * 4 and snake_case_name and 5*6"),
        ("<p>It&rsquo;s here.</p>", "It\u2019s here."),
        ("[not a link] and a * b", "[not a link] and a * b"),
    ],
)
def test_a_summary_of_an_export_is_plain_text(summary: str, shown: str) -> None:
    assert post_of(f"---\ntitle: x\nsummary: '{summary}'\n---\ntext").summary == shown


def test_names_of_one_slug_are_one_name() -> None:
    post = post_of("---\ntags: [.NET, Net, net, C, C++, 'Space history', space-history]\nauthors: [Ann, ann]\n---\nx")

    assert post.tags == (".NET", "Net", "C", "C++", "Space history")
    assert post.authors == ("Ann",)


@pytest.mark.parametrize(
    "head",
    [
        "date:\n  created: 2025-07-17\n  updated: 2025-07-18",
        "date: 17.07.2025\nlast_update:\n  date: 2025-07-18\n  author: Ann",
        "date: 2025-07-17 00:00:00 2025 +0000\nmodified_at: 2025-07-18",
    ],
)
def test_dates_of_documented_forms_are_read(head: str) -> None:
    parsed = parse("a.md", f"---\ntitle: x\n{head}\n---\ntext".encode(), RULES)

    assert isinstance(parsed.item, Post)
    assert parsed.problems == ()
    assert parsed.item.published == datetime(2025, 7, 17, tzinfo=UTC)
    assert parsed.item.updated == datetime(2025, 7, 18, tzinfo=UTC)


def test_a_date_in_the_name_stands_where_the_field_cannot_be_read() -> None:
    parsed = parse("2025-07-17-a.md", b"---\ntitle: x\ndate: the other day\n---\ntext", RULES)

    assert isinstance(parsed.item, Post)
    assert parsed.item.published == datetime(2025, 7, 17, tzinfo=UTC)
    [problem] = parsed.problems
    assert (problem.severity, problem.mark.line) == ("warning", 3)
    assert "the other day" in problem.cause


def test_an_update_that_cannot_be_read_costs_the_update_alone() -> None:
    parsed = parse("a.md", b"---\ntitle: x\ndate: 2025-07-17\nupdated: lately\n---\ntext", RULES)

    assert isinstance(parsed.item, Post)
    assert [problem.severity for problem in parsed.problems] == ["warning"]


def test_an_expiry_that_cannot_be_read_is_an_error() -> None:
    parsed = parse("a.md", b"---\ntitle: x\ndate: 2025-07-17\nexpires: soon\n---\ntext", RULES)

    assert parsed.item is None


def test_an_update_before_the_publication_is_ignored() -> None:
    post = post_of("---\ntitle: x\ndate: 2025-03-01\nupdated: 2025-02-01\n---\ntext")

    assert post.updated is None


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("date: 2024-01-01\nexpires: 2023-01-01", "`expires` (2023-01-01) is before the date (2024-01-01)."),
        ("date: 2024-01-02\nupdated: 2024-01-01", "`updated` (2024-01-01) is before the date (2024-01-02)."),
        ("date: 07/08/2025", "`date`: '07/08/2025' is read as 08 July 2025."),
    ],
)
def test_days_are_told_as_they_are_in_the_sites_time_zone(fields: str, told: str) -> None:
    rules = Rules(ZoneInfo("Asia/Tokyo"))

    parsed = parse("a.md", f"---\ntitle: x\n{fields}\n---\ntext".encode(), rules)

    assert [problem.cause for problem in parsed.problems] == [told]


def test_a_time_zone_beyond_a_day_is_refused_in_plain_words() -> None:
    (problem,) = parse("a.md", b"---\ntitle: x\ndate: 2024-01-01T10:00+99:00\n---\ntext", RULES).problems

    assert "is not a date (time zones are less than 24 hours apart from UTC)" in problem.cause


@pytest.mark.parametrize(("kind", "organization"), [("organization", True), ("Organisation", True), ("person", False)])
def test_a_byline_is_of_a_person_or_an_organization(kind: str, organization: bool) -> None:
    author = parse("_authors/desk.md", f"---\nname: Desk\ntype: {kind}\n---\n".encode(), RULES).item

    assert isinstance(author, Author)
    assert author.organization == organization


def test_comments_of_dialects_in_title_and_summary_are_hidden_and_told() -> None:
    head = 'title: "T {/* PRIVATE */}"\nsummary: "Shown %%PRIVATE%%<!-- PRIVATE -->"\ndate: 2025-01-01'

    parsed = parse("a.md", f"---\n{head}\n---\nx".encode(), RULES)

    assert isinstance(parsed.item, Post)
    assert (parsed.item.title, parsed.item.summary) == ("T", "Shown")
    assert [str(problem.mark) for problem in parsed.problems] == ["a.md:2:1", "a.md:3:1"]


@pytest.mark.parametrize("name", ["canonical", "image"])
@pytest.mark.parametrize("address", ["https://[your-domain]/post/", "http://["])
def test_addresses_that_cannot_be_taken_apart_are_ignored_and_told(name: str, address: str) -> None:
    parsed = parse("a.md", f'---\ntitle: T\ndate: 2025-01-01\n{name}: "{address}"\n---\nx'.encode(), RULES)

    assert isinstance(parsed.item, Post)
    assert not getattr(parsed.item, name)
    assert [(str(one.mark), one.severity) for one in parsed.problems] == [("a.md:4:1", "warning")]


@pytest.mark.parametrize("mark", [">>>>>>> feature/x", ">>>>>>> ab12cd3 (Mend it)", ">>>>>>> Stashed changes"])
def test_end_of_a_conflict_that_was_left_alone_is_an_error(mark: str) -> None:
    assert parse("a.md", f"---\ntitle: T\n---\ntheirs\n{mark}\nmore".encode(), RULES).item is None
