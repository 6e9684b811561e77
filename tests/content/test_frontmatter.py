"""Front matter as writers and other systems write it: every field arrives as written, or the writer is told where."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from octavo.content.errors import ContentError, Problem
from octavo.content.files.reading import decode
from octavo.content.frontmatter.head import Head, split
from octavo.content.parse import Rules, parse


def read(text: str | bytes) -> Head:
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    return split(decode(data, "a.md"), "a.md")


def problem(text: str | bytes) -> Problem:
    with pytest.raises(ContentError) as caught:
        read(text)
    found = caught.value.problem
    assert found.mark.path == "a.md"
    assert found.cause.endswith(".")
    assert found.cure.endswith((".", ")"))
    return found


def place(found: Problem) -> tuple[int, int]:
    return found.mark.line, found.mark.column


def test_yaml_fields_and_body_are_parted() -> None:
    head = read("---\ntitle: Hello\ntags: [a, b]\n---\nBody\n")

    assert head.fields == {"title": "Hello", "tags": ["a", "b"]}
    assert head.body == "Body\n"
    assert head.marks == {"title": (2, 1), "tags": (3, 1)}


def test_byte_order_mark_does_not_hide_the_front_matter() -> None:
    assert read(b"\xef\xbb\xbf---\ndraft: true\n---\nBody").fields == {"draft": "true"}


def test_blank_lines_before_the_front_matter_do_not_hide_it() -> None:
    head = read("\n\n---\ndraft: true\n---\nBody")

    assert head.fields == {"draft": "true"}
    assert head.marks == {"draft": (4, 1)}


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_every_kind_of_line_end_is_read(end: str) -> None:
    head = read(f"---{end}title: Hello{end}---{end}One{end}Two{end}")

    assert head.fields == {"title": "Hello"}
    assert head.body == "One\nTwo\n"


@pytest.mark.parametrize("text", ["---\ntitle: Half", "---\ntitle: Half\n\nThe text\n\n----\n", "---", "+++\na = 1\n"])
def test_unclosed_front_matter_is_an_error_in_its_first_line(text: str) -> None:
    found = problem(text)

    assert place(found) == (1, 1)
    assert "never closed" in found.cause


@pytest.mark.parametrize("text", ["---\n- a\n- b\n---\nBody", "---\njust words\n---\nBody", "---\nA rule.\n\n---\nB"])
def test_front_matter_without_fields_is_an_error_not_a_swallowed_text(text: str) -> None:
    found = problem(text)

    assert found.mark.line == 2
    assert "***" in found.cure


def test_empty_front_matter_has_no_fields() -> None:
    assert read("---\n---\nBody") == Head({}, {}, "Body")
    assert read("---\n# only a comment\n---\nBody").fields == {}


def test_text_without_front_matter_is_all_body() -> None:
    for text in ("# Title\n\nText", "----\nfour hyphens", "{not json} text", "Title without fields", "- - -\ntext"):
        assert read(text) == Head({}, {}, text)


@pytest.mark.parametrize(
    ("data", "line", "column", "named"),
    [
        ("---\ntitle: Caf\xe9\n---\n".encode("latin-1"), 2, 11, "offset 14"),
        ("---\ntitle: x\n---\n".encode("utf-16"), 1, 1, "UTF-16"),
        ("---\ntitle: x\n---\n".encode("utf-16-be"), 1, 1, "NUL"),
        (b"---\ntitle: x\n---\nte\0xt", 4, 3, "NUL"),
        (b"\xff\xd8\xff\xe0 a picture", 1, 1, "0xff at offset 0"),
    ],
)
def test_bytes_that_are_no_utf_8_text_are_an_error_with_their_place(
    data: bytes, line: int, column: int, named: str
) -> None:
    found = problem(data)

    assert place(found) == (line, column)
    assert named in found.cause
    assert "UTF-8" in found.cure


def test_delimiter_inside_a_block_scalar_does_not_end_the_front_matter() -> None:
    head = read("---\nsummary: |\n  one\n  ---\n  two\ndraft: true\n---\nBody")

    assert head.fields == {"summary": "one\n---\ntwo\n", "draft": "true"}


def test_indented_code_at_the_beginning_of_the_body_stays_indented() -> None:
    assert read("---\ntitle: x\n---\n\n    code\n    more\n").body == "\n    code\n    more\n"


def test_rules_and_fields_in_the_body_stay_there() -> None:
    assert read("---\ntitle: x\n---\nOne\n\n---\n\ntwo: three\n\n---\n").body == "One\n\n---\n\ntwo: three\n\n---\n"


@pytest.mark.parametrize("name", ["content", "handler", "metadata", "1", "null", "2024-01-01", "true"])
def test_a_field_may_have_any_name(name: str) -> None:
    assert read(f"---\n{name}: x\n---\nBody").fields == {name: "x"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("---\ntitle: a\ndate: 2025-01-01\ntitle: b\n---\n", "lines 2 and 4"),
        ("---\nextra:\n  a: 1\n  a: 2\n---\n", "lines 3 and 4"),
    ],
)
def test_field_that_stands_twice_is_an_error_with_both_lines(text: str, lines: str) -> None:
    assert lines in problem(text).cause


def test_field_that_stands_twice_is_an_error_in_toml_json_and_pelican_too() -> None:
    assert problem("+++\na = 1\na = 2\n+++\n").mark.line == 3
    assert "`a` stands twice" in problem('{"a": 1,\n "a": 2}\n').cause
    assert problem("Title: a\nDate: 2025-01-01\nTitle: b\n\ntext").mark.line == 3


def test_unquoted_colon_is_explained_with_its_place() -> None:
    found = problem("---\nlayout: post\ntitle: Mars: the sequel\n---\n")

    assert place(found) == (3, 12)
    assert "colon" in found.cure


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("title: [a, b", "bracket"),
        ('title: "half', "quot"),
        ("title: @handle", "quotes"),
        ("title: `code`", "quotes"),
        ("\ttitle: x", "tabs"),
        ("title: x\n bad: indent\n- y", "quotes"),
        ('title: "C:\\dir"', "backslash"),
        ("title: x\nno colon here\nmore: y", "name: value"),
        ("title: a\x07b", "invisible"),
    ],
)
def test_yaml_mistakes_name_a_line_and_a_cure(line: str, cure: str) -> None:
    found = problem(f"---\n{line}\n---\nBody")

    assert found.mark.line >= 2
    assert cure.lower() in found.cure.lower()


def test_values_stay_as_written() -> None:
    head = read("---\ntitle: On\nslug: 2024-01-02\ntime: 12:30\nversion: 1.10\nocts: 010\nempty:\n---\n")

    assert head.fields == {
        "title": "On", "slug": "2024-01-02", "time": "12:30", "version": "1.10", "octs": "010", "empty": "",
    }  # fmt: skip


def test_toml_fields_are_read_with_their_types() -> None:
    head = read('+++\ntitle = "Hello"\ndraft = true\n[extra]\nrank = 3\n+++\nBody')

    assert head.fields == {"title": "Hello", "draft": True, "extra": {"rank": 3}}
    assert head.body == "Body"
    assert head.marks["draft"] == (3, 1)


def test_toml_delimiter_inside_a_multi_line_text_does_not_end_the_front_matter() -> None:
    head = read('+++\nsummary = """\n+++\n"""\ndraft = true\n+++\nBody')

    assert head.fields == {"summary": "+++\n", "draft": True}
    assert head.body == "Body"


def test_toml_mistakes_name_line_and_column() -> None:
    assert place(problem("+++\ntitle = Hello\n+++\n")) == (2, 9)


def test_json_front_matter_is_read() -> None:
    head = read('{\n  "title": "Hello",\n  "draft": true\n}\n\nBody')

    assert head.fields == {"title": "Hello", "draft": True}
    assert head.body == "\nBody"
    assert head.marks["draft"] == (3, 4)


@pytest.mark.parametrize("text", ["{% include x %}\ntext", "{{< figure >}}\ntext", "{ braces } text", "{1: 2}\ntext"])
def test_text_that_begins_with_a_brace_is_no_json(text: str) -> None:
    assert read(text).body == text


def test_json_mistakes_name_line_and_column() -> None:
    assert place(problem('{\n  "title": "a"\n  "draft": true\n}\ntext')) == (3, 3)


def test_languages_named_behind_the_hyphens_are_read_as_eleventy_does() -> None:
    assert read('---json\n{"title": "Hello", "draft": true}\n---\nBody').fields == {"title": "Hello", "draft": True}
    assert read('---toml\ntitle = "Hello"\n---\nBody').fields == {"title": "Hello"}
    assert read("---yaml\ntitle: Hello\n---\nBody").body == "Body"
    assert "JavaScript" in problem("---js\n{ title: 'Hello' }\n---\nBody").cause


def test_pelican_fields_are_read_up_to_the_blank_line() -> None:
    head = read("Title: Hello: again\nDate: 2025-01-01 10:00\nStatus: draft\n\nBody: text\n")

    assert head.fields == {"Title": "Hello: again", "Date": "2025-01-01 10:00", "Status": "draft"}
    assert head.body == "Body: text\n"


def test_an_indented_line_goes_on_with_pelicans_value_above() -> None:
    head = read("Title: Hello\nDate: 2025-01-01\nSummary: One\n    and two\n\nText\n")

    assert head.fields["Summary"] == "One and two"


@pytest.mark.parametrize(
    "text",
    [
        "<!--\n.. title: Hello: again\n.. date: 2025-01-01 10:00\n.. status: draft\n.. link: \n-->\n\nText\n",
        "<!-- \n.. title: Hello: again\n.. date: 2025-01-01 10:00:00 UTC+02:00\n.. status: draft\n-->\n\nText\n",
        ".. title: Hello: again\n.. date: 2025-01-01 10:00:00 UTC+02:00\n.. status: draft\n\nText\n",
    ],
)
def test_fields_of_nikola_are_read(text: str) -> None:
    head = read(text)

    assert (head.fields["title"], head.fields["status"]) == ("Hello: again", "draft")
    assert head.body.strip() == "Text"
    assert head.marks["title"] in ((1, 4), (2, 4))


def test_comment_of_nikola_that_is_not_closed_is_an_error() -> None:
    assert "never closed" in problem("<!--\n.. title: Hello\n.. status: draft\n\nText\n").cause


@pytest.mark.parametrize("text", ["title: Hello\ndate: 2025-01-01\n---\nText\n", "title: Hello\n---\nText\n"])
def test_fields_of_hexo_need_no_opening_line(text: str) -> None:
    head = read(text)

    assert head.fields["title"] == "Hello"
    assert head.body == "Text\n"
    assert head.marks["title"] == (1, 1)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "<!--\ntitle: Hello\ntags:\n  - One\n\nlayout: Doc\n-->\n\nText\n",
            {"title": "Hello", "tags": ["One"], "layout": "Doc"},
        ),
        ("<!--\ntitle: Hello\ndraft: true\n-->\nText\n", {"title": "Hello", "draft": "true"}),
        ("Title: Hello\n\nText\n", {"Title": "Hello"}),
        ("category: One\nauthor: Ada\n  Lovelace\n\nText\n", {"category": "One", "author": "Ada Lovelace"}),
        ("Title: Hello", {"Title": "Hello"}),
    ],
)
def test_a_head_in_a_comment_and_one_of_a_single_line_are_read(text: str, fields: dict[str, object]) -> None:
    head = read(text)

    assert head.fields == fields
    assert head.body.strip() in ("Text", "")


@pytest.mark.parametrize("text", ["A heading\n---\nText\n", "Note: a heading\n---\nText\n", "<!-- a note -->\nText\n"])
def test_headings_and_comments_are_no_front_matter(text: str) -> None:
    assert read(text) == Head({}, {}, text)


HOSTILE = {
    "brackets": "---\na: " + "[" * 50_000 + "\n---\n",
    "closed brackets": "---\na: " + "[" * 40_000 + "]" * 40_000 + "\n---\n",
    "braces": "---\na: " + "{a: " * 20_000 + "\n---\n",
    "indentation": "---\n" + "".join(" " * i + "a:\n" for i in range(400)) + "---\n",
    "block lists": "---\na:\n  " + "- " * 40_000 + "\n---\n",
    "aliases": "---\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n",
    "recursive alias": "---\na: &a [*a]\n---\n",
    "merge keys": "---\na: {b: 1}\nc:\n  <<: {d: 2}\n---\n",
    "many values": "---\na: [" + "x," * 6_000 + "]\n---\n",
    "long head": "---\na: " + "x" * 200_000 + "\n---\n",
    "toml arrays": "+++\na = " + "[" * 40_000 + "]" * 40_000 + "\n+++\n",
    "toml dotted": "+++\n" + ".".join("a" * 20_000) + " = 1\n+++\n",
    "toml tables": "+++\na = " + "{a=" * 20_000 + "1" + "}" * 20_000 + "\n+++\n",
    "json arrays": '{"a": ' + "[" * 50_000 + "]" * 40_000 + "}",
    "json shallow": '{"a": ' + "[" * 600 + "]" * 600 + "}",
    "toml shallow": "+++\na = " + "[" * 300 + "]" * 300 + "\n+++\n",
    "json number": '{"a": ' + "9" * 50_000 + "}",
    "json surrogate": '{"title": "\\ud800"}\ntext',
    "closers": "+++\na = '''\n" + "+++\n" * 20_000,
    "anchors": "---\n" + "".join(f"k{i}: &a{i} x\n" for i in range(6000)) + "---\n",
    "json many": '{"a": [' + "1," * 6000 + "1]}",
    "yaml surrogate": '---\ntitle: "\\ud800"\n---\n',
    "yaml beyond": '---\ntitle: "\\U00110000"\n---\n',
    "toml surrogate": '+++\ntitle = "\\ud800"\n+++\n',
    "json number in fence": "---json\n5\n---\n",
    "json list in fence": "---json\n[1]\n---\n",
    "json fence alone": "---json",
    "json fence unclosed": '---json\n{"a": 1}\ntext',
    "pelican": "title: x\ndate: 2020-01-01\n" + "a: b\n" * 100,
}


READER = """
import json, sys, time
from datetime import UTC
from octavo.content.parse import Rules, parse
for name, text in json.load(sys.stdin).items():
    print(name, end=": ", flush=True)
    begin = time.process_time()
    parsed = parse("a.md", text.encode(), Rules(UTC))
    slow = "slow" if time.process_time() - begin > 1 else "quick"
    print(slow, "kept" if parsed.item else "refused", all(p.mark.line for p in parsed.problems), flush=True)
"""


@pytest.fixture(scope="module")
def hostile_results() -> dict[str, str]:
    """What became of each hostile text, in a process of its own, which may die or hang."""
    done = subprocess.run(
        [sys.executable, "-c", READER],
        input=json.dumps(HOSTILE),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_front_matter_is_refused_in_little_time(name: str, hostile_results: dict[str, str]) -> None:
    assert hostile_results.get(name) == "quick refused True"


def test_the_fast_yaml_parser_is_there() -> None:
    assert yaml.__with_libyaml__


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_cure(text: str) -> None:
    for opening in ("---\n", "+++\n", "{", "title: x\ndate: y\n", ""):
        parsed = parse("a.md", (opening + text).encode("utf-8", "surrogatepass"), Rules(UTC))

        assert parsed.item or all(found.severity != "error" or found.cure for found in parsed.problems)


# YAML forbids the two last characters of the first plane: https://yaml.org/spec/1.2.2/#51-character-set
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=60))
def test_any_quoted_title_arrives_as_written(title: str) -> None:
    escaped = title.replace("\\", "\\\\").replace('"', '\\"')

    head = read(f'---\ntitle: "{escaped}"\n---\nBody')

    assert head.body == "Body"
    assert " ".join(str(head.fields["title"]).split()) == " ".join(title.split())
