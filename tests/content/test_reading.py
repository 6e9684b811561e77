"""Markdown as its writers know it from elsewhere: bare addresses, quotes, ids, frames, places of pictures."""

from __future__ import annotations

import re
from base64 import b64encode
from io import BytesIO

import pytest
from PIL import Image

from octavo.content.markdown.render import Hosts, ResolvedPicture, Typography, render

HEADING_IDS = re.compile(r' id="([^"]*)"')


class Folder:
    """A post's surroundings: one other post, one picture."""

    def link(self, target: str) -> str | None:
        return {"other.md": "/articles/other/"}.get(target)

    def picture(self, target: str) -> ResolvedPicture | None:
        return ResolvedPicture("/media/1/photo.jpg", 800, 600) if target == "photo.jpg" else None


def html(body: str) -> str:
    return render(body, Folder()).html.strip()


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("See https://example.org/a_b for more,", ["https://example.org/a_b"]),
        ("www.example.org, or me@example.org.", ["http://www.example.org", "mailto:me@example.org"]),
        ("(https://x.org/a_(b)) and (see www.x.org/c).", ["https://x.org/a_(b)", "http://www.x.org/c"]),
        ("https://x.org/?q=a&b=c; ftp://x.org/d", ["https://x.org/?q=a&amp;b=c", "ftp://x.org/d"]),
        ("https://x.org/a--b/it's...", ["https://x.org/a--b/it&#x27;s"]),
        ("**https://x.org** 见https://x.org/。次", ["https://x.org", "https://x.org/"]),
        ("mailto:a@x.org", ["mailto:a@x.org"]),
        ("xhttps://x.org, a@b, a@b.c-, http://, www.", []),
        ("`https://x.org` <code>www.x.org</code>", []),
        ("[www.x.org](other.md)", ["/articles/other/"]),
        ("\"https://x.org/a\" or 'https://x.org/b'. ‹https://x.org/c›", [f"https://x.org/{at}" for at in "abc"]),
        ("https://münchen.example/ https://日本.example/x", ["https://münchen.example/", "https://日本.example/x"]),
        ("xmpp:a@x.org/b@c. d@x.org/e", ["xmpp:a@x.org/b@c", "mailto:d@x.org"]),
    ],
)
def test_bare_addresses_are_links_as_on_github(body, links):
    assert re.findall(r'href="([^"]*)"', html(body)) == links


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("これは**「強調」**です。", "これは<strong>「強調」</strong>です。"),
        ("**注意：**以下。", "<strong>注意：</strong>以下。"),
        ("他说**“你好”**吧。", "他说<strong>“你好”</strong>吧。"),
        ("太郎は*「花子」*と", "太郎は<em>「花子」</em>と"),
        ("これは~~「誤」~~です", "これは<del>「誤」</del>です"),
        ("a **b** 2 * 3 * 4 **(c)**d", "a <strong>b</strong> 2 * 3 * 4 **(c)**d"),
        ("データ\nベース、\n**強**\n調", "データベース、<strong>強</strong>調"),
        ("한국\n사람 データ\nbase", "한국\n사람 データ\nbase"),
    ],
)
def test_text_in_chinese_and_japanese_is_set_as_its_readers_know_it(body, expected):
    assert html(body) == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    ("language", "body", "expected"),
    [
        ("en", "\"a\" 'b' it's -- c...", "“a” ‘b’ it’s – c…"),
        ("de", "\"Hallo\" 'du' geht's", "„Hallo“ ‚du‘ geht’s"),
        ("de-CH", '"Hallo"', "«Hallo»"),
        ("fr", '"Bonjour" et l\'eau', "«\u202fBonjour\u202f» et l’eau"),
        ("de", "„Hallo“ und “so”", "„Hallo“ und “so”"),
        ("ru", '"Да"', "«Да»"),
        ("pl", '"Tak"', "„Tak”"),
        ("sv", '"Ja"', "”Ja”"),
        ("ja", '"はい"', "「はい」"),
        ("pt-BR", '"Sim"', "“Sim”"),
        ("he", 'צה"ל הודיע', 'צה"ל הודיע'),
        ("en", "He is 6'2\" tall, on a 27\" screen, 5' high.", "He is 6'2\" tall, on a 27\" screen, 5' high."),
        ("en", 'born "in 1999" there', "born “in 1999” there"),
        ("en", "Run it with --help or (--all).", "Run it with --help or (--all)."),
        ("en", r"a \"b\" c", 'a "b" c'),
        ("zh-CN", '他说"你好"吧，又"《书》好"吧', "他说“你好”吧，又“《书》好”吧"),
        ("zh-CN", "他说'你好'吧", "他说‘你好’吧"),
        ("ja", '彼は"はい"と言った。', "彼は「はい」と言った。"),
        ("ko", "\"책\"을 '펜'을 샀다.", "“책”을 ‘펜’을 샀다."),
        ("tr", '"Kitap"ta', "“Kitap”ta"),
        ("hu", '"Ház"ban', "„Ház”ban"),
        ("ar", 'قال "مرحبا". و "كتاب" هنا', "قال ”مرحبا“. و ”كتاب“ هنا"),
        ("ru", "Он 'да' \"нет\".", "Он „да“ «нет»."),
        ("en", 'two "expert"s, ("x") and "a"-"b"', "two “expert”s, (“x”) and “a”-“b”"),
        ("en", '"Apollo 11" and "Apollo 12" flew', "“Apollo 11” and “Apollo 12” flew"),
        ("en", "the dogs' 'bone' isn't", "the dogs’ ‘bone’ isn’t"),
        ("en", "Use \"--help\" or '--all'.", "Use “--help” or ‘--all’."),
        ("en", "10'x12' room, 5' 10'' tall", "10'x12' room, 5' 10'' tall"),
        ("en", '3.5"/2.5" disks, 5"x7" prints', '3.5"/2.5" disks, 5"x7" prints'),
        ("en", '8½" x 11" paper; 1/2" pipe; a 7.5" screen', '8½" x 11" paper; 1/2" pipe; a 7.5" screen'),
    ],
)
def test_quotes_and_dashes_follow_the_language(language, body, expected):
    result = render(body, Folder(), typography=Typography(language))

    assert result.text == " ".join(expected.split())
    assert result.html.strip() == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("**'강조'**입니다", "<strong>‘강조’</strong>입니다"),
        ('**"강조"**입니다', "<strong>“강조”</strong>입니다"),
        ('그는"**강조**"와', "그는“<strong>강조</strong>”와"),
        ('`f"가"나` "책"을', '<code>f"가"나</code> “책”을'),
        ('"책"을 [a](</a"b"c>)', '“책”을 <a href="/a%22b%22c">a</a>'),
    ],
)
def test_quotes_turn_the_right_way_beside_emphasis_code_and_links(body, expected):
    assert html(body) == f"<p>{expected}</p>"


def test_quote_that_is_never_closed_turns_none_of_the_next_block():
    assert html('"one\n\n"two"s') == "<p>“one</p>\n<p>“two”s</p>"
    assert html('- "one\n- a 27" screen').endswith('<li>a 27" screen</li>\n</ul>')


def test_quotes_and_dashes_stay_as_typed_where_the_site_wants_it():
    result = render('"a" -- it\'s...', Folder(), typography=Typography(smart=False))

    assert result.text == '"a" -- it\'s...'


@pytest.mark.parametrize(
    "body",
    ["[a]({})", "<{}>", "[a]\n\n[a]: {}", "[a]: {}\n\n[a][]", "{}", '<a href="{}">a</a>', "## [a]({}) -- b"],
)
@pytest.mark.parametrize("path", ["a--b", "it's", "a...b", "a---b--c", "--all"])
def test_targets_of_links_stay_as_typed(body, path):
    result = html(body.format(f"https://x.org/{path}"))

    assert f'href="https://x.org/{path}"' in result.replace("&#x27;", "'")


def test_bare_address_in_french_quotes_ends_before_the_blank():
    result = render('"https://x.org/a"', Folder(), typography=Typography("fr")).html

    assert 'href="https://x.org/a"' in result


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("What's new in 2.0?", "whats-new-in-20"),
        ("🚀 Launch", "-launch"),
        ("A & B", "a--b"),
        ("snake_case and-hyphen", "snake_case-and-hyphen"),
        ("x² and ½", "x-and-"),
        ("Ⅷ Ⓐ", "ⅷ-ⓐ"),
        ("Trailing -", "trailing--"),
        ("`code` *and* [link](other.md)", "code-and-link"),
        ("Content", "content"),
        ("A -- B", "a----b"),
        ("A --- B---C", "a-----b---c"),
        ("a – b", "a--b"),
        ("a  b", "a--b"),
        ("![alt](photo.jpg) pic", "-pic"),
        ("![alt](photo.jpg)", "alt"),
        ("[1.0](other.md) -- now", "10----now"),
        ("[a--b](other.md#c--d) {#e--f}", "e--f"),
        ("Use `--all` -- or --help", "use---all----or---help"),
        ('Where\'s "it"...', "wheres-it"),
    ],
)
def test_ids_of_headings_are_githubs(heading, anchor):
    assert [h.id for h in render(f"## {heading}", Folder()).headings] == [anchor]


@pytest.mark.parametrize(
    "body",
    [
        '<p id="a">x</p>',
        '<span id="a">x</span>',
        '<dl><dt id="a">x</dt></dl>',
        '<ul><li id="a">x</li></ul>',
        '<div id="a">x</div>',
        '<table><tr><td id="a">x</td></tr></table>',
        '<figure id="a">x</figure>',
        '<code id="a">x</code>',
    ],
)
def test_ids_of_all_elements_stay(body):
    assert html(body).count(' id="a"') == 1


def test_no_id_stands_twice_and_none_is_the_pages():
    result = html('## a\n<p id="a">x</p>\n\n<p id="page:content">y</p>')

    assert HEADING_IDS.findall(result) == ["a", "a-1", "section-page:content"]


@pytest.mark.parametrize("scheme", ["irc", "xmpp", "magnet", "geo", "sms", "matrix", "ftp", "obsidian"])
def test_links_of_harmless_schemes_stay(scheme):
    assert f'<a href="{scheme}:x">' in html(f"[a]({scheme}:x)")


def picture() -> bytes:
    data = BytesIO()
    Image.new("RGB", (1, 1)).save(data, "PNG")
    return data.getvalue()


def test_own_bytes_of_pictures_are_shown_and_lead_nowhere():
    address = f"data:image/png;base64,{b64encode(picture()).decode()}"

    assert f'src="{address}"' in html(f"![a]({address})")
    assert "href" not in html(f"[a]({address})")
    assert "src" not in html("![a](data:image/svg+xml;base64,AAAA)")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<img src="photo.jpg" align="right">', 'class="align-right"'),
        ('<img src="photo.jpg" class="aligncenter size-full">', 'class="align-center"'),
        ('<img src="photo.jpg" style="float:left">', 'class="align-left"'),
        ('<div align="center"><img src="photo.jpg" width="50%"></div>', '<div class="align-center">'),
        ('<div align="center"><img src="photo.jpg" width="50%"></div>', 'class="width-50"'),
        ('<img src="photo.jpg" style="width: 33%">', 'class="width-33"'),
        ('<img src="photo.jpg" width="400">', 'class="sized"'),
        ('<img src="photo.jpg" width="400">', 'width="400" height="300"'),
        ("<center>a</center>", '<div class="align-center">a</div>'),
        ('<p style="text-align:center">a</p>', '<p class="align-center">a</p>'),
        ('<figure class="alignright"><img src="photo.jpg"></figure>', '<figure class="align-right">'),
        ('<img src="photo.jpg" width="100%">', 'width="800" height="600"'),
    ],
)
def test_place_and_width_of_pictures_survive_as_classes(body, expected):
    assert expected in html(body)


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ('<iframe src="https://www.youtube.com/embed/abc"></iframe>', "https://www.youtube.com/watch?v=abc"),
        ('<iframe src="https://player.vimeo.com/video/12345"></iframe>', "https://vimeo.com/12345"),
        ('<iframe src="https://maps.example.org/?a=b" title="Map"></iframe>', "https://maps.example.org/?a=b"),
        ('<object data="https://x.org/a.swf"></object>', "https://x.org/a.swf"),
        ('<embed src="https://x.org/a.swf">', "https://x.org/a.swf"),
        ("<embed src='https://x.org/a.swf'>", "https://x.org/a.swf"),
        ('<iframe src="//www.example.org/a"></iframe>', "//www.example.org/a"),
    ],
)
def test_what_other_hosts_would_show_in_a_frame_is_a_link(body, link):
    result = html(body)

    assert f'href="{link}"' in result
    assert "<iframe" not in result


def test_hosts_of_the_setting_show_frames_and_pictures_and_no_other():
    hosts = Hosts(frozenset({"www.youtube-nocookie.com"}), frozenset({"img.example.org"}))

    def shown(body: str) -> str:
        return render(body, Folder(), hosts=hosts).html

    frame = shown('<iframe src="https://www.youtube-nocookie.com/embed/abc" title="A"></iframe>')
    assert '<iframe src="https://www.youtube-nocookie.com/embed/abc" title="A" loading="lazy"' in frame
    assert "<iframe" not in shown('<iframe src="https://www.youtube-nocookie.com.evil.org/embed/abc"></iframe>')
    assert "<iframe" not in shown('<iframe src="https://www.youtube-nocookie.com@evil.org/embed/abc"></iframe>')
    assert "<iframe" not in shown('<iframe src="http://www.youtube-nocookie.com/embed/abc"></iframe>')
    assert '<img src="https://img.example.org/a.png"' in shown("![a](https://img.example.org/a.png)")
    assert "<img" not in shown("![a](https://other.example.org/a.png)")


@pytest.mark.parametrize("name", ["aligned", "gathered", "dcases", "eqnarray", "alignedat", "cases", "split"])
def test_formulas_of_several_lines_have_rows(name):
    columns = "{2}" if name == "alignedat" else ""

    result = html(f"$$\n\\begin{{{name}}}{columns} a &= b \\\\ c &= d \\end{{{name}}}\n$$")

    assert result.count("<mtr>") == 2
    assert "&amp;" not in result


@pytest.mark.parametrize("latex", [r"\SI{5}{km}", r"\ce{H2O}", r"\begin{tikzcd} a \end{tikzcd}", r"\unknown x"])
def test_formula_that_is_not_understood_is_shown_as_its_source(latex):
    assert html(f"${latex}$") == f'<p><code class="math">{latex}</code></p>'


def test_pictures_within_a_line_stay_within_it():
    result = html("An ![icon](photo.jpg) in a line.")

    assert result.startswith("<p>An <img")
    assert "<figure" not in result


def test_what_other_hosts_would_show_is_counted():
    body = "![a](https://x.org/a.png) ![a](https://x.org/a.png) <video src='https://y.org/a.mp4'></video>"

    assert render(body, Folder()).outside == ("https://x.org/a.png", "https://y.org/a.mp4")
