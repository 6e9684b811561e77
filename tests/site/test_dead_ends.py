"""What leads nowhere is told with the place, the cause and the cure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import PostsFolder
from tests.web.test_feeds import PIXEL

HEAD_LINES = 6


@pytest.fixture
def told(make_app: Callable[..., Flask], folder: PostsFolder) -> Callable[[str], list[str]]:
    """What `flask check` tells of an article with a text, a problem a line."""
    folder.write("other", "## Some heading\n\nText.\n", title="The other one")
    folder.write("secret", draft=True)
    folder.raw("images/photo.png", PIXEL)
    folder.raw("_pages/about.md", "# About\n\nText")

    def told_of(body: str) -> list[str]:
        folder.write("hello", body, title="Hello")
        result = make_app().test_cli_runner().invoke(args=["check", "--all"])
        return [line for line in result.output.splitlines() if "hello.md" in line]

    return told_of


DEAD = [
    ("[a](/articles/nope/)", 5),
    ("[a](/articles/othr/)", 5),
    ("A word. [a](/2024/01/none.html)", 13),
    ("![d](/images/d.png)", 6),
    ("![f](/static/images/x.png)", 6),
    ("[x](https://journal.example/articles/nope/)", 5),
    ("[x](nope.md)", 5),
    ("![x](nope.png)", 6),
    ('<a href="/nope/">x</a>', 10),
    ("[c](#none)", 5),
    ("[c](other.md#none)", 13),
    ("[c](/articles/other/#none)", 21),
    ("[r]\n\n[r]: /nope/", 6),
]


@pytest.mark.parametrize(("body", "column"), DEAD)
def test_every_dead_target_is_told_with_its_place(told: Callable[[str], list[str]], body: str, column: int) -> None:
    line = HEAD_LINES + (2 if body.startswith("[r]") else 0)

    (only,) = told(f"{body}\n")

    assert f"hello.md:{line}:{column}:" in only


@pytest.mark.parametrize(
    "body",
    [
        '[a](/articles/other/) [b](other.md#some-heading) [c](/about) [d](#here) <a id="here"></a>',
        "[a](/) [b](/feed.json) [c](/robots.txt) [d](/search/?q=x) [e](/static/css/site.css) [f](/feed/)",
        "[a](https://journal.example/articles/other/#some-heading) [b](https://elsewhere.example/nope/#x)",
        "![p](/images/photo.png) ![p](images/photo.png) [p](images/photo.png)",
        "Text[^1] and [mail](mailto:a@b.example).\n\n[^1]: A note.",
        "A pattern [^a-z] and \\[^2] `x[^3]`, one^[inline note], and x[^A].\n\n> [^a]: A note.",
        "`[a](/nope/)`\n\n```\n[a](nope.md)\n```",
        "`![a](Images\\Photo.PNG)`\n\n```\n![a](Photo.PNG)\n```\n\n    ![a](images/Photo.png)",
        "[top](#top) [empty](#)",
    ],
)
def test_nothing_is_told_of_what_leads_somewhere(told: Callable[[str], list[str]], body: str) -> None:
    assert told(f"{body}\n") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[a](othr.md)", "Did you mean `/articles/other/`?"),
        ("[a](other.md#some-headin)", "Did you mean `#some-heading`?"),
        ("![a](images/Photo.PNG)", "Write `images/photo.png`."),
        ("[a](Images\\photo.png)", "Write `images/photo.png`."),
        ("![a](Photo.png)", "images/photo.png"),
        ("![a](images\\photo.png)", "written otherwise"),
        ("![a](Images/photo.png)", "Write `images/photo.png`."),
        ("![a](/static/IMAGES/photo.png)", "Write `images/photo.png`."),
        ("[a](secret.md)", "cannot see now. Publish it first."),
        ("[a](/articles/secret/#x)", "cannot see now. Publish it first."),
        ("[a](secret)", "cannot see now. Publish it first."),
        ("[[secret|a]]", "hello.md:6:3: The link or picture `secret` leads to a text that readers cannot see now."),
        ("[a](page.html)", "not served"),
        ("![a](drawing.svg)", "declares entities"),
        ("![a](camera.heic)", "browsers do not show"),
        ("![a](data:image/png;base64,iVBORw0KGgo=)", "hello.md:6:6: The picture in `data:image/png;base64` is damaged"),
    ],
)
def test_the_true_cause_is_told(told: Callable[[str], list[str]], folder: PostsFolder, body: str, words: str) -> None:
    folder.raw("page.html", "<p>x")
    folder.raw("camera.heic", b"x")
    entity = '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>'
    folder.raw("drawing.svg", entity)

    found = told(f"{body}\n")

    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize("target", ["/static/images/other-picture.svg", "/the-blog-of-others/", "/x/"])
def test_no_guess_is_made_that_is_hardly_right(told: Callable[[str], list[str]], target: str) -> None:
    (only,) = told(f"[a]({target})\n")

    assert "Did you mean" not in only


def test_each_place_is_told(told: Callable[[str], list[str]]) -> None:
    found = told("[a](/nope/)\n\n[b](/nope/) and [c](/nope/more/)\n")

    assert [line.split(": ")[1] for line in found] == ["hello.md:6:5", "hello.md:8:5", "hello.md:8:21"]


def test_an_address_that_a_rule_leads_on_is_no_dead_end(told: Callable[[str], list[str]], tmp_path: Path) -> None:
    (tmp_path / "_redirects").write_text("/category/old/*  /articles/other/\n/gone/*  /x/  410\n")

    found = told("[a](/category/old/) [b](/category/old/page/2/) [c](/gone/x/)\n")

    assert [line.split(": ")[1] for line in found] == ["hello.md:6:52"]


def test_a_field_is_no_place_of_a_link(folder: PostsFolder, make_app: Callable[..., Flask]) -> None:
    folder.write("secret", draft=True)
    folder.raw("a.md", "---\ntitle: A\ndate: 2025-01-01\nrelated: [secret]\n---\nAs [[secret]] says.\n")

    found = make_app().test_cli_runner().invoke(args=["check"]).output

    assert "a.md:6:6: The link or picture `secret` leads to a text that readers cannot see now." in found
    assert "a.md:4:1: `related` names `secret`, which readers cannot see now. Publish it, or delete it here." in found
    assert "2 warnings" in found


def test_places_in_code_are_no_places_of_a_target(told: Callable[[str], list[str]]) -> None:
    targets = "[a](/nope/) ![p](images/Photo.PNG)"

    found = told(f"`[a](/nope/)`\n\n```md\n{targets}\n```\n\n{targets}\n")

    assert [line.split(": ")[1] for line in found] == ["hello.md:12:5", "hello.md:12:18"]


def test_same_name_in_another_form_is_no_dead_end(told: Callable[[str], list[str]], folder: PostsFolder) -> None:
    folder.raw(unicodedata.normalize("NFD", "café.gif"), PIXEL)

    assert told(f"![x]({unicodedata.normalize('NFC', 'café.gif')})\n") == []


@pytest.mark.parametrize(
    ("body", "place"),
    [("Text[^2].", "6:5"), ("A [^12] b", "6:3"), ("*a*[^note][^b]", "6:4"), ("x [^nope] y", "6:3")],
)
def test_marks_of_footnotes_that_are_not_there_are_told(
    told: Callable[[str], list[str]], body: str, place: str
) -> None:
    found = told(f"{body}\n\n[^b]: There.\n")

    assert f"hello.md:{place}: There is no footnote `[^" in found[0]
    assert len([line for line in found if "There is no footnote" in line]) == 1


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        ("Text.\n\n[^1]: Nobody refers to it.", "8:1", "Nothing in the text refers to the footnote `[^1]`"),
        ("`[^a]`\n\n> [^A]: Only code names it.", "8:3", "readers do not see it"),
        ("Text.\n\n[^me]: See[^me].", "8:1", "Write `[^me]` where it belongs"),
        ("Text.[^1]\n\n[^1]: One.\n\n[^1]: Two.", "10:1", "readers see only the first"),
        ("Text.\n\n[^ß.(]: Signs.", "8:1", "refers to the footnote"),
    ],
)
def test_footnotes_that_readers_do_not_see_are_told(
    told: Callable[[str], list[str]], body: str, place: str, words: str
) -> None:
    (only,) = told(f"{body}\n")

    assert f"hello.md:{place}: " in only
    assert words in only


@pytest.mark.parametrize(
    "body",
    [
        "Text[^Note].\n\n[^note]: Capitals do not count.",
        "Text[^1].\n\n[^1]: See[^2].\n\n[^2]: Shown.",
        "Text.^[Right here, in the text.]",
        "```\n[^1]: Code.\n```",
    ],
)
def test_nothing_is_told_of_footnotes_that_are_shown(told: Callable[[str], list[str]], body: str) -> None:
    assert told(f"{body}\n") == []


def test_wrong_rules_of_redirects_are_told(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    (folder.path.parent / "_redirects").write_text("/a /b 999\n", encoding="utf-8")

    result = make_app().test_cli_runner().invoke(args=["check"])

    assert "_redirects:1:1" in result.output


def test_below_a_path_links_from_the_root_of_the_site_are_told_only_where_they_lead_nowhere(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    links = "[a](/archive/) [b](/blog/archive/) [c](https://example.org/other/) [d](/nope/) [e](/blog/none/)"
    folder.write("hello", links, title="Hello")
    app = make_app(base_url="https://example.org/blog")

    output = app.test_cli_runner().invoke(args=["check", "--all"]).output

    told = [line for line in output.splitlines() if "hello.md" in line]
    column = {target: links.index(f"({target})") + 2 for target in ("/nope/", "/blog/none/")}
    assert len(told) == 2
    for line, (target, place) in zip(told, column.items(), strict=True):
        assert f"hello.md:{HEAD_LINES}:{place}: " in line
        assert f"`{target}` leads to nothing" in line


UNSEEN = [
    ("A [text] (other.md)", 3, "`](other.md)`"),
    ("![alt] (images/photo.png)", 1, "`](images/photo.png)`"),
    ("[text]\n(https://elsewhere.example/)", 1, "round brackets"),
    ("[text]（other.md）", 1, "round brackets"),
    ("【text】(/articles/other/)", 1, "round brackets"),
    ("[text]: (other.md) is", 1, "round brackets"),
    ("[text]{other.md}", 1, "round brackets"),
    ("See [text][ref].", 5, "`[ref]: `"),
    ("[the text][]", 1, "`[the text]: `"),
    ("![alt][img]", 1, "`[img]: `"),
    ("(text)[other.md]", 1, "`[words](other.md)`"),
    ('[a](other.md "unclosed)', 1, "Close the quotes"),
    ("![alt](images/photo.png", 1, "Close the bracket"),
    ("[a](other", 1, "Close the bracket"),
    ("![[images/photo.png]", 1, "`[[images/photo.png]]`"),
    ("[[other]", 1, "`[[other]]`"),
    ("[other]]", 1, "`[[other]]`"),
    ("[text](https://elsewhere.example/a b)", 1, "`](<https://elsewhere.example/a b>)`"),
    ("[text](other.md#Sec tion)", 1, "angle brackets"),
    ("<div>\n[text](other.md)\n</div>", 1, "empty line before it"),
    ("[a] b](other.md)", 1, "Mend its brackets"),
    ("[a](<other.md)", 1, "Mend its brackets"),
    ("Text\n[ref]: https://elsewhere.example/", 1, "empty line before it"),
    ('<img src="images/photo.png" alt="unclosed>', 1, "Close its quotes"),
    ('<div>\n<img src="images/photo.png" alt="unclosed>\nAll this\n</div>', 1, "Close the quotes"),
    ('<img class="x" alt="photo">', 1, "`src`"),
    ("[t](htps://elsewhere.example)", 5, "Did you mean `https://elsewhere.example`?"),
    ("[t](file:///home/ann/x.md)", 5, "beside the text"),
    ("[t](C:\\docs\\x.md)", 5, "beside the text"),
    ("![alt](C:/Users/x.png)", 8, "beside the text"),
    ("[t](javascript:void(0))", 5, "https://"),
    ("[t]()", 1, "Write where it leads"),
    ("![t](<>)", 1, "Write where it leads"),
    ("![t](attachment:x.png)", 6, "Save it as a file"),
    ("![t](cid:x)", 6, "Save it as a file"),
    ("![t](data:image/svg+xml;base64,PHN2Zy8+)", 6, "Save it as a file"),
    ('<a href="htp://elsewhere.example">t</a>', 10, "Did you mean"),
    ("<htps://elsewhere.example/>", 2, "Did you mean"),
    ("[t][r]\n\n[r]: ttps://elsewhere.example", 6, "Did you mean"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "column", "cure"), UNSEEN)
def test_what_markdown_does_not_see_as_link_or_picture_is_told(
    told: Callable[[str], list[str]], body: str, column: int, cure: str
) -> None:
    (only,) = told(f"{body}\n")

    assert f":{column}: " in only
    assert cure in only


PROSE = [
    "[sic] (2020), [km] (/h), [text] (page 3), [Nr] (#3), [^a] (b) and [1] (see above)",
    "matrix[a][b], [1][2], [a-z][0-9], [Ctrl][C], [Shift][Ctrl][Esc], f(x)[0], (a)[1], [[1, 2], [3]]",
    "- [ ] (optional) task\n- [x] (other.md) task",
    "Patterns [^aeiou], [^bcdf], [^word]+ and [^a-z]",
    "[note](see the appendix) and [Ann]: hello\n[Bob]: bye",
    "\\[text\\] (other.md), \\[text](other.md \"x), and \\![a](x.png",
    "`[text] (other.md)` ``[[other]``\n\n```\n![](x.png\n[t]()\n```\n\n    [t](htps://x.y)\n    [text] (other.md)",
    "<!-- [text] (other.md) [t]() [t](file:///x) -->Text",
    "A formula\n\n$$\n[a] (other.md)\n$$",
    "[t](mailto:a@b.example) [u](tel:+1) [v](obsidian://open) [w](geo:1,2) [z](#) <https://elsewhere.example>",
    "![t](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==)",
    "[text][ref] ![alt][img] [ref][]\n\n[ref]: other.md\n[img]: images/photo.png",
    '<img alt="a > b" src="images/photo.png"> <a href="/articles/other/" title="5 > 3">t</a>',
    "[a](</articles/other/>) [b](other.md 'title') [c](other.md (title)) [[other]]",
    "Write <xsl:template> and the time [10:30](other.md), set src=foo:bar",
]  # fmt: skip


@pytest.mark.parametrize("body", PROSE)
def test_prose_that_resembles_a_link_is_not_told(told: Callable[[str], list[str]], body: str) -> None:
    assert told(f"{body}\n") == []
