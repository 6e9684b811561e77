"""Front matter that is almost recognised is an error and never a post; so is an unresolved conflict."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from octavo.content.loading.loader import Loader
from octavo.content.parse import Parsed, Rules, parse
from octavo.content.posts import Post
from tests.conftest import UTC, PostsFolder

FIELDS = "title: Secret\ndate: 2025-01-01\ndraft: true\n"
ALMOST = {
    "a zero-width space before": f"\u200b---\n{FIELDS}---\n\nbody",
    "a no-break space before": f"\u00a0---\n{FIELDS}---\n\nbody",
    "two byte order marks": f"\ufeff\ufeff---\n{FIELDS}---\n\nbody",
    "a byte order mark on the second line": f"\n\ufeff---\n{FIELDS}---\n\nbody",
    "a word joiner before": f"\u2060---\n{FIELDS}---\n\nbody",
    "a soft hyphen before": f"\u00ad---\n{FIELDS}---\n\nbody",
    "a left-to-right mark before": f"\u200e---\n{FIELDS}---\n\nbody",
    "an ideographic space before": f"\u3000---\n{FIELDS}---\n\nbody",
    "a Hangul filler before": f"\u3164---\n{FIELDS}---\n\nbody",
    "a line separator before": f"\u2028---\n{FIELDS}---\n\nbody",
    "a form feed before": f"\x0c---\n{FIELDS}---\n\nbody",
    "an invisible sign within": f"-\u200b--\n{FIELDS}---\n\nbody",
    "an invisible sign behind": f"---\u200b\n{FIELDS}---\n\nbody",
    "a no-break space behind": f"---\u00a0\n{FIELDS}---\n\nbody",
    "four hyphens": f"----\n{FIELDS}----\n\nbody",
    "two hyphens": f"--\n{FIELDS}--\n\nbody",
    "a long rule": f"----------\n{FIELDS}----------\n\nbody",
    "indented by two": f"  ---\n{FIELDS}  ---\n\nbody",
    "indented whole": "    ---\n    title: Secret\n    draft: true\n    ---\n\nbody",
    "indented by a tab": f"\t---\n{FIELDS}---\n\nbody",
    "em dashes": f"\u2014\n{FIELDS}\u2014\n\nbody".replace("\u2014\n", "\u2014\u2014\u2014\n"),
    "en dashes": f"\u2013\u2013\u2013\n{FIELDS}\u2013\u2013\u2013\n\nbody",
    "one em dash and a hyphen": f"\u2014-\n{FIELDS}\u2014-\n\nbody",
    "a single em dash": f"\u2014\n{FIELDS}---\n\nbody",
    "a single hyphen": f"-\n{FIELDS}---\n\nbody",
    "asterisks": f"* * *\n{FIELDS}---\n\nbody",
    "a comment above": f"<!-- note -->\n---\n{FIELDS}---\n\nbody",
    "a long comment above": f"<!--\nnote\nmore\n-->\n---\n{FIELDS}---\n\nbody",
    "a comment around": f"<!--\n---\n{FIELDS}---\n-->\n\nbody",
    "hashes before each line": "# ---\n# title: Secret\n# draft: true\n# ---\n\nbody",
    "slashes before each line": "// ---\n// title: Secret\n// draft: true\n// ---\n\nbody",
    "a comment of a template above": f"{{# note #}}\n---\n{FIELDS}---\n\nbody",
    "a block of code around": f"```yaml\n---\n{FIELDS}---\n```\n\nbody",
    "a block of Markdown around": f"```markdown\n---\n{FIELDS}---\n\nbody\n```\n",
    "a heading above": f"# Secret\n\n---\n{FIELDS}---\n\nbody",
    "a sentence above": f"Draft!\n---\n{FIELDS}---\n\nbody",
    "no fence at all": "draft: true\ntitle: Secret\n\nbody",
    "a single field": "draft: true\n\nbody",
    "a property of a note": "draft:: true\n\nbody",
    "tildes": f"~~~\n{FIELDS}~~~\n\nbody",
    "two plus signs": '++\ntitle = "Secret"\ndraft = true\n++\n\nbody',
    "four plus signs": '++++\ntitle = "Secret"\ndraft = true\n++++\n\nbody',
    "wide plus signs": '\uff0b\uff0b\uff0b\ntitle = "Secret"\ndraft = true\n\uff0b\uff0b\uff0b\n\nbody',
    "wide colons": "----\ntitle\uff1aSecret\ndraft\uff1atrue\n----\n\nbody",
    "a list": "- title: Secret\n- draft: true\n\nbody",
    "a table": "| title | Secret |\n|---|---|\n| draft | true |\n\nbody",
    "emphasis": "**Title**: Secret\n**Status:** *draft*\n\nbody",
    "Org": "#+TITLE: Secret\n#+DRAFT: true\n\nbody",
    "AsciiDoc": "= Secret\n:draft: true\n\nbody",
    "reStructuredText": "Secret\n######\n\n:status: draft\n\nbody",
    "a program": 'export const frontmatter = { title: "S", draft: true }\n\nbody',
    "JSON in a list": '[{"title": "Secret", "draft": true}]\n\nbody',
    "JSON in code": '```json\n{"title": "Secret", "draft": true}\n```\n\nbody',
    "semicolons": ';;;\n{"title": "Secret", "draft": true}\n;;;\n\nbody',
    "dots": f"...\n{FIELDS}...\n\nbody",
    "lines of a box": f"───\n{FIELDS}───\n\nbody",
    "a comment behind the fence": f"--- # note\n{FIELDS}---\n\nbody",
    "an escaped fence": f"\\---\n{FIELDS}\\---\n\nbody",
    "a second front matter": "---\ntitle: Secret\n---\n---\ndraft: true\n---\n\nbody",
    "a doubled fence": f"---\n---\n{FIELDS}---\n\nbody",
    "equal signs": f"===\n{FIELDS}===\n\nbody",
}  # fmt: skip


def parsed(text: str) -> Parsed:
    return parse("a.md", text.encode(), Rules(UTC))


@pytest.mark.parametrize("kind", ALMOST)
def test_front_matter_that_is_almost_recognised_is_an_error(kind: str) -> None:
    found = parsed(ALMOST[kind])

    assert found.item is None
    [problem] = found.problems
    assert problem.severity == "error"
    assert problem.mark.line >= 1
    assert "`---`" in problem.cure


@pytest.mark.parametrize("kind", ["a zero-width space before", "four hyphens", "a comment above"])
def test_readers_never_see_it(client: FlaskClient, folder: PostsFolder, kind: str) -> None:
    folder.raw("secret.md", ALMOST[kind])

    assert client.get("/articles/secret/").status_code == 404
    assert "Secret" not in client.get("/").text


@pytest.mark.parametrize(
    "text",
    [
        "# Title: the story\n\nText", "# Status: what we know\n\nText", "Note: this is prose.\n\nMore.",
        "Updated numbers: see below.\n\nMore.", "----\nfour hyphens\n", "***\n\nText: more\n",
        "> Title: a quote\n\nText", "A list:\n\n- title: one\n- date: two\n", "<!-- a note: with a colon -->\n\nText",
        "Some text.\n\n```yaml\n---\ntitle: Example\ndraft: true\n---\n```\n", "{{< note >}}\ntext: more\n",
        "Question: who?\nAnswer: nobody.\n\nMore", "https://example.org/\n\nText", "12:30 - lunch\n\nText",
        "One\n\nTwo\n\n---\n\nThree: four\n", "---\ntitle: Real\n---\n\n---\ntitle: shown\n---\n",
        "Author: the book\nis about her.\n", "tags:: #one, #two\nstatus:: growing\n\nA note.\n",
        "Write `draft: true` to hide it.\n\nMore", "- `draft: true` hides a text\n", "**Status:** Planned\n\nText",
        "| Draft | Metres |\n|---|---|\n| 3 | 4 |\n", "Set it.\n\n```yaml\ndraft: true\n```\n", "Private - no\n\nText",
        "The draft: true to life.\n", "---\ntitle: Real\n---\n\nText\n\n---\ndraft: true\n---\n",
        "if x == title:\n", "::: note\ntitle\n:::\n",
    ],
)  # fmt: skip
def test_prose_that_looks_a_little_like_it_is_prose(text: str) -> None:
    assert isinstance(parsed(text).item, Post)


@given(
    st.sampled_from([*"\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u180e\u3164\u00a0\u2003\u3000\x0b\x0c\x1c\x85"]),
    st.integers(0, 3),
)  # fmt: skip
def test_no_invisible_sign_in_the_fence_publishes_a_draft(sign: str, place: int) -> None:
    fence = "---"[:place] + sign + "---"[place:]

    item = parsed(f"{fence}\n{FIELDS}---\n\nbody").item

    assert item is None or (isinstance(item, Post) and item.draft)


@pytest.mark.parametrize(
    "head", ["Date: 2025-01-01\nTitle: T\nStatus: draft", "Author: A\nTitle: T\nSummary: S\nStatus: draft"]
)
def test_fields_of_pelican_may_stand_in_any_order(head: str) -> None:
    item = parsed(f"{head}\n\nBody\n").item

    assert isinstance(item, Post)
    assert (item.title, item.draft) == ("T", True)


CONFLICTS = {
    "git": "Hello\n\n<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> feature\n",
    "git with the base": "<<<<<<< HEAD\nmine\n||||||| 1234567\nold\n=======\ntheirs\n>>>>>>> feature\n",
    "in the front matter": "---\n<<<<<<< HEAD\ntitle: a\n=======\ntitle: b\n>>>>>>> feature\n---\ntext\n",
    "around the front matter": "<<<<<<< HEAD\n---\ntitle: a\n---\none\n=======\n---\ntitle: b\n---\n>>>>>>> x\n",
    "half mended": "mine\n=======\ntheirs\n>>>>>>> feature\n",
    "half mended otherwise": "<<<<<<< Updated upstream\nmine\n",
    "Subversion": "<<<<<<< .mine\nmine\n=======\ntheirs\n>>>>>>> .r42\n",
    "behind code": "```\ncode\n```\n\n<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> feature\n",
}


@pytest.mark.parametrize("kind", CONFLICTS)
def test_an_unresolved_conflict_is_an_error(kind: str) -> None:
    found = parsed(CONFLICTS[kind])

    assert found.item is None
    assert found.problems[0].mark.line >= 1


@pytest.mark.parametrize(
    "text",
    [
        "A heading\n=======\n\ntext", "```\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n```\n",
        "    <<<<<<< HEAD\n    a\n",
        "~~~~\n```\n<<<<<<< HEAD\n~~~~\n", ">>>>>>> a deep quote\n", "<<<<<<<<< nine\n",
        "`<<<<<<< HEAD` is a marker\n",
    ],
)  # fmt: skip
def test_markers_in_code_and_headings_are_none(text: str) -> None:
    assert isinstance(parsed(text).item, Post)


def test_the_last_good_version_stays_while_a_conflict_is_resolved(
    make_loader: Callable[..., Loader], folder: PostsFolder
) -> None:
    folder.write("a", "Good.\n", title="Good")
    loader = make_loader()
    loader.load()

    folder.raw("a.md", CONFLICTS["git"])
    library = loader.refresh(settle=0)

    assert [post.title for post in library.posts] == ["Good"]
    assert [(found.mark.path, found.mark.line) for found in library.problems] == [("a.md", 3)]
