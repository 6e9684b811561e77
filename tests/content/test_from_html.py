"""HTML of other systems becomes Markdown: with its signs where it has them, and no word is lost."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from octavo.content.markdown.dialects import translate
from octavo.content.markdown.from_html import to_markdown
from octavo.content.markdown.render import Typography, render

PIECES = [
    *"abc1 .,:;!?'\"-+*_~=%$#@&<>()[]{}|\\/^`", "\n", ":smile:", "{{", "}}", "{%", "%}", "==", "%%", "!!! note", "> ",
    "1. ", "- ", "# ", "--", "https://example.org/", "&amp;", "<b>", "[^1]", "[x]", "](", "[[", "]]", ":::", "$$",
    "---", "===", "<!--", "{:", ".. ", "[TOC]", "++", "\\(", "é", "火",
]  # fmt: skip


class Nowhere:
    """A resolver for texts without links."""

    def link(self, target: str) -> str | None:
        return None

    def picture(self, target: str) -> None:
        return None


def shown(markdown: str) -> str:
    """What readers see of a Markdown text, without blanks."""
    plain = translate(markdown, is_mdx=False, kept=frozenset()).text
    return "".join(render(plain, Nowhere(), typography=Typography(smart=False)).text.split())


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12))
@example(["[^1]"])
@example(["%"])
@example(["]", "_", "_", "1"])
@settings(max_examples=60, deadline=None)
def test_plain_words_are_always_shown_as_they_are(pieces: list[str]) -> None:
    words = "".join(pieces)

    converted = to_markdown(f"<p>{escape(words)}</p>")

    assert shown(converted.text) == "".join(words.split())


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>a <b>bold </b>and <i>it</i></p>", "a **bold** and *it*"),
        ("<p>un<i>believ</i>able</p>", "un<i>believ</i>able"),
        ("<p>one<br>two<br></p>", "one\\\ntwo"),
        ("<p>H<sub>2</sub>O <code>a`b</code></p>", "H<sub>2</sub>O ``a`b``"),
        ('<h2 id="x">T <em>u</em></h2>', "## T *u* {#x}"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ('<ol start="3"><li><p>a</p><p>b</p></li></ol>', "3. a\n\n   b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ('<pre><code class="language-py">a\n  b &lt;</code></pre>', "```py\na\n  b <\n```"),
        ("<pre>```</pre>", "````\n```\n````"),
        ('<a href="/a b/" title="T">x ]</a>', '[x &#93;](</a b/> "T")'),
        ('<a href="/x"><div>a</div></a>', "[a](/x)"),
        ('<p><img src="data:image/gif;base64,x" data-src="/a.png" alt="A"></p>', "![A](/a.png)"),
        ('<figure><img src="/a.png" alt="A"><figcaption>Hi "you"</figcaption></figure>', '![A](/a.png "Hi \\"you\\"")'),
        (
            '<figure class="alignleft"><img src="/a.png"></figure>',
            '<figure class="alignleft"><img src="/a.png"></figure>',
        ),
        (
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>|</td></tr></table>",
            "| a | b |\n| --- | --- |\n| 1 | \\| |",
        ),
        ('<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ?x=1"></iframe>', "{{< youtube dQw4w9WgXcQ >}}"),
        (
            '<div class="kg-callout-card"><div class="kg-callout-emoji">!</div><div>Mind it</div></div>',
            "> [!NOTE]\n> Mind it",
        ),
        (
            '<figure class="kg-bookmark-card"><a href="https://example.org/x"><div class="kg-bookmark-title">T</div>'
            '<div class="kg-bookmark-description">D</div></a></figure>',
            "[T](https://example.org/x)\\\nD",
        ),
        (
            '<figure class="wp-block-gallery"><figure><img src="/a.png" alt="A"><figcaption>c</figcaption></figure>'
            '<figure><img src="/b.png" alt="B"></figure></figure>',
            '{{< gallery >}}\n\n![A](/a.png "c")\n\n![B](/b.png)\n\n{{< /gallery >}}',
        ),
        ("text<p>para</p>more", "text\n\npara\n\nmore"),
        ("<!-- wp:paragraph --><p>a</p><!-- /wp:paragraph -->", "a"),
        ("<p># no</p><p>1. no</p><p>- no</p>", "\\# no\n\n1\\. no\n\n\\- no"),
    ],
)  # fmt: skip
def test_what_markdown_has_a_sign_for_is_written_with_it(html: str, markdown: str) -> None:
    assert to_markdown(html).text == markdown


def test_what_a_text_may_not_hold_is_left_out_and_told() -> None:
    converted = to_markdown("<p>a</p><script>x()</script><form><input></form>")

    assert converted.text == "a"
    assert converted.left_out == ("script", "form")


def test_tables_that_markdown_cannot_say_stay_html_without_blank_lines() -> None:
    converted = to_markdown('<table><tr><td colspan="2">a\n\n\nb</td></tr></table>')

    assert converted.text.startswith("<table>")
    assert "\n\n" not in converted.text


def test_html_that_nests_too_deep_stays_as_it_is() -> None:
    deep = "<div>" * 3_000 + "x" + "</div>" * 3_000

    assert to_markdown(deep).text == deep
