"""Markdown as readers, screen readers and search see it, and what writers must not be able to do with it."""

from __future__ import annotations

import re
import subprocess
import sys
from time import thread_time

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.content.markdown.cleaning import ATTRIBUTES
from octavo.content.markdown.openings import first_heading, first_paragraph, shorten
from octavo.content.markdown.render import Heading, Rendered, ResolvedPicture, render

FIGURE = ResolvedPicture("/media/1/photo.jpg", 800, 600, "/media/1/320/photo.jpg.webp 320w", "100vw")


class Folder:
    """A post's surroundings: one other post, one film, one picture."""

    def link(self, target: str) -> str | None:
        return {"other.md": "/articles/other/", "clip.mp4": "/media/2/clip.mp4"}.get(target)

    def picture(self, target: str) -> ResolvedPicture | None:
        return FIGURE if target in ("photo.jpg", "my photo.jpg") else None


def rendered(body: str, title: str = "") -> Rendered:
    return render(body, Folder(), title=title)


def html(body: str) -> str:
    return rendered(body).html.strip()


IMG = (
    '<img src="/media/1/photo.jpg" alt="A" srcset="/media/1/320/photo.jpg.webp 320w" sizes="100vw"'
    ' loading="lazy" decoding="async" width="800" height="600">'
)
TABLE = '<div class="table" role="region" aria-label="Table 1" tabindex="0"><table><thead><tr>'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("*a* **b** `c` ~~d~~", "<p><em>a</em> <strong>b</strong> <code>c</code> <del>d</del></p>"),
        ("a<br>b\\\nc", "<p>a<br>b<br>\nc</p>"),
        (
            "> [!NOTE]\n> a",
            '<div class="alert alert-note" role="note"><p class="alert-title">Note</p>\n<p>a</p>\n</div>',
        ),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        ("a\n: b", "<dl>\n<dt>a</dt>\n<dd>b</dd>\n</dl>"),
        (
            "- [x] a\n- [ ] b",
            '<ul>\n<li class="task"><input type="checkbox" disabled checked aria-label="Done">\na</li>\n'
            '<li class="task"><input type="checkbox" disabled aria-label="To do">\nb</li>\n</ul>',
        ),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        (
            "| a | |\n|--:|-|\n| 1 | 2 |",
            f'{TABLE}<th class="align-right" scope="col">a</th><td></td></tr></thead><tbody>\n'
            '<tr><td class="align-right">1</td><td>2</td></tr>\n</tbody></table></div>',
        ),
        ("![A](photo.jpg)", f"<figure>{IMG}</figure>"),
        ('![A](photo.jpg "On *one*")', f"<figure>{IMG}<figcaption>On *one*</figcaption></figure>"),
        ("[![A](photo.jpg)](other.md)", f'<figure><a href="/articles/other/">{IMG}</a></figure>'),
        ("![A](photo.jpg) a", f"<p>{IMG} a</p>"),
        ("![A](<my photo.jpg>)", f"<figure>{IMG}</figure>"),
        ("![A](/static/a.png)", '<figure><img src="/static/a.png" alt="A" loading="lazy" decoding="async"></figure>'),
        ("![A](https://x.org/a.png)", '<p><a href="https://x.org/a.png" rel="noopener">A</a></p>'),
        ("[![A](//x.org/a.png)](other.md)", '<p><a href="/articles/other/">A</a></p>'),
        ("![A](missing.jpg)", "<p>A</p>"),
        ("[a](other.md#b)", '<p><a href="/articles/other/#b">a</a></p>'),
        ("[a](missing.md)", "<p>a</p>"),
        ("[a](/about/?b#c)", '<p><a href="/about/?b#c">a</a></p>'),
        ("[a](/%5Cx.org/%20)", '<p><a href="/%5Cx.org/%20">a</a></p>'),
        (
            r"[a](</\\x.org>) <img src='/\x.org' alt=b>",
            '<p><a href="/%5Cx.org">a</a> <img src="/%5Cx.org" alt="b" loading="lazy" decoding="async"></p>',
        ),
        ("[a](#b)", '<p><a href="#b">a</a></p>'),
        ("<https://x.org>", '<p><a href="https://x.org" rel="noopener">https://x.org</a></p>'),
        ("<a@x.org>", '<p><a href="mailto:a@x.org">a@x.org</a></p>'),
        ("[](https://x.org)", '<p><a href="https://x.org" rel="noopener" aria-label="https://x.org"></a></p>'),
        ("costs $5 and $10", "<p>costs $5 and $10</p>"),
        ("$5-$10, US$5 or US$6, $HOME/$USER", "<p>$5-$10, US$5 or US$6, $HOME/$USER</p>"),
        ("$x$", "<p><math><mrow><mi>x</mi></mrow></math></p>"),
        ("$$\nx\n$$", '<p><math tabindex="0" display="block"><mrow><mi>x</mi></mrow></math></p>'),
        (r"$\left(x < 1$", r'<p><code class="math">\left(x &lt; 1</code></p>'),
        ("`$x$`", "<p><code>$x$</code></p>"),
        ("    a < b", '<div class="code"><pre tabindex="0"><code>a &lt; b</code></pre></div>'),
        (
            "```python title='x'\nif\n```",
            '<div class="code"><pre tabindex="0"><code class="language-python">'
            '<span class="k">if</span>\n</code></pre></div>',
        ),
        ("```nope\nif\n```", '<div class="code"><pre tabindex="0"><code class="language-nope">if\n</code></pre></div>'),
        ("<pre>a <b>b</b></pre>", '<div class="code"><pre tabindex="0">\na <b>b</b></pre></div>'),
        ("<details>a</details>", "<details><summary>Details</summary>a</details>"),
        ("<details open><summary>a</summary>b</details>", "<details open><summary>a</summary>b</details>"),
        ("<kbd>a</kbd><mark>b</mark><sub>c</sub>", "<p><kbd>a</kbd><mark>b</mark><sub>c</sub></p>"),
        (
            '<video src="clip.mp4"></video>',
            '<p><video controls preload="metadata" src="/media/2/clip.mp4"></video></p>',
        ),
        ('<video src="https://x.org/a.mp4"></video>', '<p><a href="https://x.org/a.mp4" rel="noopener">Video</a></p>'),
        (
            '<video title="Film">\n<source src="https://x.org/a.mp4\n" type="video/mp4" />\n</video>\n\nAfter',
            '<a href="https://x.org/a.mp4" rel="noopener">Film</a>\n<p>After</p>',
        ),
        ("<li>a</li>", "a"),
        (
            "<details>\n<summary><span><p>a</p></span></summary>\n<summary>b</summary></details>",
            "<details>\n<summary>a</summary>\nb</details>",
        ),
        ("<section>\n<small><div>a</div></small>\n</section>", "<div>a</div>"),
        ("<span>a</span> <span lang=fr class=x>b</span>", '<p>a <span lang="fr">b</span></p>'),
        ("[a](<https://x.org/a b?^#c#d%>)", '<p><a href="https://x.org/a%20b?%5E#c%23d%25" rel="noopener">a</a></p>'),
        ('<ol start=x type="a"><li value=2>a</ol>', '<ol type="a"><li value="2">a</li></ol>'),
        ("<p dir=up lang=x-1>a</p>", "<p>a</p>"),
        ('<p class="a" style="color:red" id="b" align="left">a</p>', '<p class="align-left" id="b">a</p>'),
        ('<a name="b"></a>', '<p><a id="b"></a></p>'),
        ("a\x01b&#1;c", "<p>abc</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_this_html(body, expected):
    assert html(body) == expected


def test_headings_have_anchors_that_github_would_give():
    body = "## Ünï *çode*, 火星 & हिन्दी!\n## a\n## a\n## b {#Own .class key=value}\n## !"

    headings = rendered(body).headings

    assert [h.id for h in headings] == ["ünï-çode-火星--हिन्दी", "a", "a-1", "Own", "section"]
    assert headings[0] == Heading(2, "ünï-çode-火星--हिन्दी", "Ünï çode, 火星 & हिन्दी!")
    anchor = '<a class="anchor" href="#a" aria-hidden="true" tabindex="-1"></a>'
    assert html("## a").startswith(f'<h2 id="a">a {anchor}</h2>')


def test_anchors_never_meet_those_of_footnotes_or_of_the_page():
    body = "## fn 1 {#fn:1}\n## fnref 1 {#fnref:1}\n## content {#page:content}\n## x\n## x-1\n## x"

    ids = [h.id for h in rendered(body).headings]

    assert ids == ["section-fn:1", "section-fnref:1", "section-page:content", "x", "x-1", "x-2"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ([1, 2, 1], [2, 3, 2]),
        ([2, 3, 2], [2, 3, 2]),
        ([3, 3, 5, 2], [2, 2, 3, 2]),
        ([1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 6]),
    ],
)
def test_headings_are_below_the_title_and_levels_do_not_jump(written, shown):
    result = rendered("\n".join(f"{'#' * level} a" for level in written))

    assert [h.level for h in result.headings] == shown
    assert re.findall(r"<h(\d)", result.html) == [str(level) for level in shown]


def test_opening_heading_that_repeats_the_title_is_left_out():
    assert "Mars" not in rendered("# *Mars* rising\n\na", title="Mars  Rising").html
    assert "Mars" in rendered("a\n\n# Mars", title="Mars").html
    assert "Mars" in rendered("# Mars", title="Venus").html
    assert "Moon" not in rendered('## The Moon\'s "dark" side -- lit', title='The Moon\'s "dark" side -- lit').html


def test_footnotes_are_numbered_as_cited_and_link_both_ways():
    body = "a[^z] b[^y] c[^z]\n\n[^y]: Why\n\n    More\n\n[^z]: Zed[^x]\n\n[^x]: Ex\n\n[^unused]: Never"

    result = rendered(body)

    assert '<sup class="footnote-ref"><a role="doc-noteref" id="fnref:1" href="#fn:1">1</a></sup> b' in result.html
    assert 'id="fnref:1:2" href="#fn:1">1<' in result.html
    notes = result.html.partition('<section class="footnotes" role="doc-endnotes" aria-label="Footnotes"><ol>')[2]
    assert re.findall(r'<li id="fn:\d">\n<p>(\w+)', notes) == ["Zed", "Why", "Ex"]
    assert '<p>More <a class="footnote-back" role="doc-backlink" href="#fnref:2"' in notes
    assert notes.count('href="#fnref:1"') == notes.count('href="#fnref:1:2"') == notes.count('href="#fnref:3"') == 1
    assert result.text == "a b c\nZed\nWhy\nMore\nEx"


def test_text_for_search_has_a_line_for_each_block():
    start = "# A *b*\n\nc\nd[^1] ![no](photo.jpg)\n\n- e\n- f\n\n|g|h|\n|-|-|\n|i|j|\n\n"
    body = start + "```\nk = 1\nl\n```\n\n$m^2$\n\n[^1]: n"

    assert rendered(body).text.split("\n") == ["A b", "c d", "e", "f", "g h", "i j", "k = 1", "l", "m^2", "n"]


def test_links_are_told_apart_into_resolved_and_broken_ones():
    result = rendered("[a](other.md) [b](other.md#c) [d](no%20where.md) ![e](gone.jpg) [f](https://x.org) [g](/about/)")

    assert result.links == ("/articles/other/",)
    assert result.broken_links == ("no where.md", "gone.jpg")


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"a \pm b", "<mi>a</mi><mo>±</mo><mi>b</mi>"),
        (r"a \implies b", "<mi>a</mi><mo>⟹</mo><mi>b</mi>"),
        (r"\langle a", "<mo>⟨</mo><mi>a</mi>"),
        (r"\infty + \ell", "<mo>∞</mo><mo>+</mo><mi>ℓ</mi>"),
        (r"\max_i a", '<munder><mo movablelimits="true">max</mo><mi>i</mi></munder><mi>a</mi>'),
        (r"\log_2 a", '<msub><mi mathvariant="normal">log</mi><mn>2</mn></msub><mi>a</mi>'),
    ],
)
def test_signs_of_a_formula_are_no_names_and_limits_stand_below_their_word(latex, shown):
    assert f"<math><mrow>{shown}</mrow></math>" in html(f"So ${latex}$ it is.")


PAYLOADS = """
<script>alert(1)</script>
<script src=//x.org/a.js></script>
<ScRiPt>alert(1)</sCrIpT>
<script/x>alert(1)</script>
<scr<script>ipt>alert(1)</script>
<img src=x onerror=alert(1)>
<img src=x onerror = "alert(1)" >
<img/src=x/onerror=alert(1)>
<img src="x`<script>alert(1)</script>"`>
<svg onload=alert(1)>
<svg><script>alert(1)</script></svg>
<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>
<svg><animate attributeName=href values=javascript:alert(1) /></svg>
<svg><style><img src=x onerror=alert(1)></style></svg>
<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">
<math><mi xlink:href="javascript:alert(1)">x</mi></math>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">
<math><annotation-xml encoding="text/html"><style><img src=x onerror=alert(1)></style></annotation-xml></math>
<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>
<noscript><p title="</noscript><img src=x onerror=alert(1)>">
<template><img src=x onerror=alert(1)></template>
<style>@import 'javascript:alert(1)';</style>
<style><img src="</style><img src=x onerror=alert(1)//">
<xmp><p title="</xmp><img src=x onerror=alert(1)>">
<textarea><p title="</textarea><img src=x onerror=alert(1)>">
<title><p title="</title><img src=x onerror=alert(1)>">
<iframe src="javascript:alert(1)"></iframe>
<iframe srcdoc="<script>alert(1)</script>"></iframe>
<iframe src="data:text/html,<script>alert(1)</script>"></iframe>
<object data="javascript:alert(1)"></object>
<embed src="javascript:alert(1)">
<applet code=x></applet>
<base href="javascript:/a/">
<meta http-equiv="refresh" content="0;url=javascript:alert(1)">
<link rel=stylesheet href="javascript:alert(1)">
<form action="javascript:alert(1)"><button>x</button></form>
<button formaction="javascript:alert(1)">x</button>
<input type=image src=x onerror=alert(1)>
<input autofocus onfocus=alert(1)>
<select autofocus onfocus=alert(1)></select>
<details open ontoggle=alert(1)>x</details>
<video src=x onerror=alert(1)></video>
<video poster=javascript:alert(1)></video>
<video><source onerror=alert(1) src=x></video>
<audio src="javascript:alert(1)"></audio>
<body onload=alert(1)>
<marquee onstart=alert(1)>x</marquee>
<div style="background:url(javascript:alert(1))">x</div>
<div style="width:expression(alert(1))">x</div>
<table background="javascript:alert(1)"><tr><td>x</td></tr></table>
<td style="text-align: expression(alert(1)); background: url(//x.org)">x</td>
<a href="javascript:alert(1)">x</a>
<a href="JaVaScRiPt:alert(1)">x</a>
<a href=" &#14; javascript:alert(1)">x</a>
<a href="java&#9;script:alert(1)">x</a>
<a href="java&#10;script:alert(1)">x</a>
<a href="java&#0;script:alert(1)">x</a>
<a href="&#127; javascript:alert(1)">x</a>
<a href="java&#127;script:alert(1)">x</a>
<a href="&#1;javascript:alert(1)">x</a>
<a href="&#106;avascript&colon;alert(1)">x</a>
<a href="javascript&#58;alert(1)">x</a>
<a href="jav&Tab;ascript:alert(1)">x</a>
<a href="vbscript:msgbox(1)">x</a>
<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>
<a href="blob:https://x.org/1">x</a>
<a href="file:///etc/passwd">x</a>
<a href="view-source:javascript:alert(1)">x</a>
<a href="//x.org" target="_blank" ping="//x.org" onclick=alert(1)>x</a>
<img src="photo.jpg" srcset="javascript:alert(1) 1x" onload=alert(1)>
<img src="data:image/svg+xml,<svg onload=alert(1)>">
<img src="photo.jpg" usemap="#m"><map name=m><area href="javascript:alert(1)"></map>
<img name=getElementById src="photo.jpg"><form name=cookie><input name=x></form>
<a id=defaultView name=location href=x>x</a><a id=defaultView>y</a>
<p id=page-main class=alert role=alert aria-hidden=true tabindex=9 contenteditable accesskey=x>x</p>
<![CDATA[<img src=x onerror=alert(1)>]]>
<!--><img src=x onerror=alert(1)>-->
<!-- --!><img src=x onerror=alert(1)>
<? <img src=x onerror=alert(1)> ?>
[x](javascript:alert(1))
[x](<javascript:alert(1)>)
[x](java&#x0A;script:alert(1))
[x](data:text/html,<script>alert(1)</script>)
[x](\x01javascript:alert(1))
[x](https://x.org "\\" onmouseover=alert(1) x=\\"")
![x](javascript:alert(1))
![x](photo.jpg "\\"><script>alert(1)</script>")
![\\"><script>alert(1)</script>](photo.jpg)
<javascript:alert(1)>
[x][y]\n\n[y]: javascript:alert(1)
# x {#a"><script>alert(1)</script>}
# x {#a onclick=alert(1)}
# <img src=x onerror=alert(1)>
```"><script>alert(1)</script>\nx\n```
$\\href{javascript:alert(1)}{x}$
$\\text{<img src=x onerror=alert(1)>}$
$\\style{background:url(//x.org)}{x} \\class{alert}{x}$
$</math><script>alert(1)</script>$
x[^<script>]\n\n[^<script>]: <img src=x onerror=alert(1)>
x[^a" onclick=alert(1) b="]\n\n[^a" onclick=alert(1) b="]: y
<span class="math math-inline">\\href{javascript:alert(1)}{<script>}</span>
<div class="footnote-definition"><sup class="footnote-definition-label">1</sup><script>alert(1)</script></div>
""".strip().split("\n")

# `\n` in the table stands for a line break.
PAYLOADS = [payload.replace("\\n", "\n") for payload in PAYLOADS]
MATHML = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "msup", "msub", "mspace", "mfrac", "mstyle", "msubsup", "munder"),
    *("msqrt", "mover", "munderover", "mtable", "mtr", "mtd", "mpadded"),
}
WRITTEN = {"section"} | MATHML | set(ATTRIBUTES)
URL_ATTRIBUTES = {"href", "src", "srcset", "poster", "action", "formaction", "data", "cite", "ping", "background"}
SAFE_URL = re.compile(r"(?:https?:|mailto:|tel:|[^:]*(?:[/?#]|$))", re.IGNORECASE)


def assert_harmless(html: str) -> None:
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            pytest.fail(f"comment in {html}")
        if element is tree:
            continue
        assert element.tag.rpartition("}")[2] in WRITTEN, html
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), html
            assert name not in ("style", "name", "target", "srcdoc", "xlink:href"), html
            if name in URL_ATTRIBUTES:
                assert SAFE_URL.match(re.sub(r"[\x00-\x20]", "", value)), html


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("around", ["{}", "a {} b", "> - {}", "<div>\n{}\n</div>", "<table><td>{}"])
def test_no_payload_stays_active(payload, around):
    assert_harmless(html(around.format(payload)))


def test_there_are_at_least_sixty_payloads():
    assert len(PAYLOADS) >= 60


PIECES = st.sampled_from(
    "<script> </script> <style> </style> <svg> </svg> <math> <mtext> <table> <td> </table> <p> </p> <a href='x'> </a>"
    " <img src=x onerror=alert(1)> <!-- --> <![CDATA[ ]]> <noscript> <template> ' \" > < & &lt; &quot; &#39; ` ``` * _"
    " [x](javascript:x) [^1] [^1]:x | |- $ $$ # > - javascript: onclick=x \n \n\n <pre> <code> <form> <title> </div>"
    " <select> <option> <b> </b> <h1> {#x} <li> <details> <video> \\ \x00 \xa0 é".split(" ")
)


@pytest.mark.thorough
@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=30).map("".join))
def test_no_mixture_of_markup_stays_active_or_raises(body):
    result = rendered(body, title="x")

    assert_harmless(result.html)
    assert result.html.isascii() or result.html.encode()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=30).map("".join))
def test_html_is_what_a_browser_makes_of_it(body):
    """Parsing and writing once more changes nothing that an element could hide in."""
    written = html(body)

    first = html5lib.parseFragment(written, namespaceHTMLElements=False)

    reparsed = html5lib.parseFragment(html5lib.serialize(first, omit_optional_tags=False), namespaceHTMLElements=False)
    assert [e.tag for e in first.iter()] == [e.tag for e in reparsed.iter()]


HOSTILE = {
    "brackets": "[" * 50_000,
    "quotes": ">" * 50_000,
    "quotes and lists": ">- " * 50_000,
    "numbered lists": "1. " * 50_000,
    "stars": "*a_ " * 250_000,
    "divs": "<div>" * 200_000,
    "divs with hidden ends": "<div><!-- </div> -->" * 50_000,
    "divs with ends in attributes": '<div><a title="</div>">x</a>' * 30_000,
    "formatting": "".join(f"<b class={n}>" for n in range(90)) + "<p>x" * 200_000,
    "links": "<a href=x>" * 100_000,
    "unclosed tags": "<div\n" + '<a b="' * 150_000,
    "unclosed comments": "<div>\n" + "<!--" * 200_000,
    "ampersands": "a & b " * 160_000,
    "no-break spaces": "\xa0" * 500_000,
    "headings": "# a\n" * 30_000,
    "footnotes": "".join(f"[^{n}]: x [^{n + 1}]\n\n" for n in range(10_000)) + "[^0]",
    "formulas": "".join(f"$a_{{{n}}}$ " for n in range(20_000)),
    "deep formula": "$" + "{" * 450 + "a" + "}" * 450 + "$",
    "macros": "$"
    + "".join(rf"\newcommand{{\{a}}}{{\{b}\{b}}}" for a, b in zip("abcdefghijkl", "bcdefghijklm", strict=True))
    + r"\a$",
    "long code": "```python\n" + "x = 1\n" * 150_000 + "```",
    "much code": ("```python\n" + "x = 1\n" * 3_000 + "```\n") * 20,
    "slow lexer": "```ng2\n" + "\n".join(["(" * 990] * 19) + "\n```",
    "wide table": "|".join("a" * 1500) + "\n" + "|".join("-" * 1500) + "\n" + "a\n" * 1500,
    "addresses in addresses": "http://" * 140_000,
    "halved surrogates": "\ud800" * 100_000,
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_body_renders_in_time(name):
    start = thread_time()

    result = rendered(HOSTILE[name])
    first_heading(HOSTILE[name])
    first_paragraph(HOSTILE[name])

    assert isinstance(result.html, str)
    assert thread_time() - start < 4


@pytest.mark.thorough
def test_hostile_body_does_not_kill_the_process():
    script = """
from octavo.content.markdown.render import render
class Nothing:
    def link(self, target): return None
    def picture(self, target): return None
for unit in "<div> >_ -_ 1._ [ * <b> <table><tr><td> <svg> <math> <!-- { $$ <li>".split():
    unit = unit.replace("_", " ")
    render(unit * 40_000, Nothing())
    render("$" + unit * 300 + "$", Nothing())
"""

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_too_costly_body_is_shown_as_it_was_written():
    body = "<div>" * 2000 + "a & b"

    result = rendered(body)

    assert result.html.startswith('<div class="code"><pre tabindex="0"><code>&lt;div&gt;&lt;div&gt;')
    assert "a &amp; b" in result.html


def test_unclosed_paragraphs_and_items_of_old_pages_are_no_attack():
    body = "<ul>\n" + "<li><p>a <b>b</b>\n" * 500 + "</ul>\n\n<p>c" * 500

    assert rendered(body).html.count("<li>") == 500


@pytest.mark.parametrize(
    ("body", "heading", "paragraph"),
    [
        ("# A *b* `c`\n\nd", "A b c", "d"),
        ("A\n=\n\nb", "A", "b"),
        ("a\n\n## B\n\nc", "B", "a"),
        ("a", None, "a"),
        ("```\n# no\n```\n\na", None, "a"),
        (
            "![a](b.jpg)\n\n<div>\n\n> a\n\n- b\n\n|c|\n|-|\n\n> [!NOTE]\n> d\n\n[e *f*](g.md) [h][i][^1]\nj",
            None,
            "e f h j",
        ),
        ("{{< toc >}}\n\n[TOC]\n\n{% include a %}\n\na [sic] $x$ costs $5", None, "a [sic] x costs $5"),
        ("```\n" + "x\n" * 2000 + "```\n\na", None, "a"),
        ("#\n\n## a", "a", ""),
        ("", None, ""),
        ("\ud800 a", None, "? a"),
    ],
)
def test_openings_are_plain_text(body, heading, paragraph):
    assert first_heading(body) == heading
    assert first_paragraph(body) == paragraph


def test_summary_ends_at_a_sentence_or_a_word():
    sentence = "Word after word. " * 40

    assert first_paragraph(sentence).endswith("word.")
    assert 100 <= len(first_paragraph(sentence)) <= 200
    assert shorten("one two, three four", 9) == "one two…"
    assert shorten("火" * 300, 200) == "火" * 199 + "…"
    assert shorten("short", 200) == "short"


@pytest.mark.parametrize(
    "body",
    [
        '<img data-src="photo.jpg" alt="A">',
        '<img srcset="small.png 1x, photo.jpg 2x" alt="A">',
        '<img src="data:image/gif;base64,R0lG" data-lazy-src="photo.jpg" alt="A">',
        '<img data-src="photo.jpg" class="lazy"> <img src="photo.jpg" alt="A">',
    ],
)
def test_a_picture_that_a_script_would_load_late_is_shown_once(body: str) -> None:
    assert html(body).removeprefix("<p>").removesuffix("</p>").strip() == IMG


def test_a_frame_that_a_script_would_load_late_is_a_link() -> None:
    shown = html('<iframe data-src="https://x.example/talk"></iframe>')

    assert '<a href="https://x.example/talk"' in shown


def test_what_a_script_would_load_late_obeys_the_list_of_schemes() -> None:
    assert html('<img data-src="javascript:alert(1)" alt="A">') == "A"
