"""Files of static/: hashed addresses, and style sheets without what only their author reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo.web.theme import assets as module
from octavo.web.theme.assets import Assets, slim_css
from octavo.web.theme.layers import Layers


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("a { color: red; }\n\nb > c , d { margin: 0 auto }", "a{color:red;}b > c,d{margin:0 auto}"),
        ("/* Why */\n\na { color: red } /* x */ b { top: 0 }", "a{color:red} b{top:0}"),
        ("a { width: calc(1px + 2 * (3px - 1em)) }", "a{width:calc(1px + 2 * (3px - 1em))}"),
        ("a :hover, a:hover { top: 0 }", "a :hover,a:hover{top:0}"),
        ("a/*'*/:hover { top: 0 } /* ' */ b { top: 0 }", "a/*'*/:hover{top:0} b{top:0}"),
        ('a::after { content: " /* , : */  " }', 'a::after{content:" /* , : */  "}'),
        (r"""a { content: '\'  "  ; ' }""", r"""a{content:'\'  "  ; '}"""),
        ("a { mask: url(data:image/svg+xml,%3Csvg; ,a) }", "a{mask:url(data:image/svg+xml,%3Csvg; ,a)}"),
        (
            "@media (width >= 48rem) and (height > 1px) { a { top: 0 } }",
            "@media (width >= 48rem) and (height > 1px){a{top:0}}",
        ),
        ("@page :first { margin: 1cm }", "@page :first{margin:1cm}"),
    ],
)
def test_style_sheet_loses_comments_and_white_space_but_no_meaning(written: str, sent: str) -> None:
    assert slim_css(written.encode()).decode() == sent


def test_references_in_a_style_sheet_become_hashed_addresses(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    (tmp_path / "css").mkdir()
    (tmp_path / "fonts" / "a.woff2").write_bytes(b"letters")
    (tmp_path / "css" / "site.css").write_text('@font-face { src: url("../fonts/a.woff2") } b { mask: url("data:,x") }')

    assets = Assets(Layers([tmp_path]))

    assert assets.by_name["css/site.css"].data.decode() == (
        f'@font-face{{src:url({assets.url("fonts/a.woff2").replace("/static", "..")})}}b{{mask:url("data:,x")}}'
    )


def test_changed_font_changes_the_address_of_the_style_sheet(tmp_path: Path) -> None:
    (tmp_path / "a.woff2").write_bytes(b"letters")
    (tmp_path / "site.css").write_text("@font-face { src: url(a.woff2) }")
    before = Assets(Layers([tmp_path])).url("site.css")

    (tmp_path / "a.woff2").write_bytes(b"other letters")

    assert Assets(Layers([tmp_path])).url("site.css") != before


def test_small_picture_stands_in_its_own_address(tmp_path: Path) -> None:
    (tmp_path / "dot.svg").write_text('<svg a="1"/>\n')

    assert Assets(Layers([tmp_path])).data_url("dot.svg") == "data:image/svg+xml,%3Csvg%20a=%221%22/%3E"


def test_replaced_files_keep_their_addresses_for_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    urls = []
    for number in range(4):
        (tmp_path / "site.css").write_text("a{}" * (number + 1))
        if number == 0:
            assets = Assets(Layers([tmp_path]))
        else:
            assert assets.changed()
            assets.reload()
        urls.append(assets.url("site.css"))
        now += 1_000

    assert [len(assets.by_url[url].data) for url in urls] == [3, 6, 9, 12]

    now += 2_000
    (tmp_path / "other.css").write_text("b{}")
    assets.reload()
    assert [url in assets.by_url for url in urls] == [False, False, True, True]


def test_files_that_are_replaced_every_second_take_up_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT_BYTES", 200)
    for name in range(10):
        (tmp_path / f"{name}.css").write_text("b{}")
    (tmp_path / "site.css").write_text("a{}")
    assets = Assets(Layers([tmp_path]))
    urls = [assets.url("site.css")]
    for number in range(20):
        (tmp_path / "site.css").write_text("a{}" * (number + 2))
        assets.reload()
        urls.append(assets.url("site.css"))

    assert [url in assets.by_url for url in urls] == [False] * 17 + [True] * 4


def test_folder_that_is_gone_for_a_moment_is_no_change(tmp_path: Path) -> None:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "site.css").write_text("a{}")
    assets = Assets(Layers([folder]))
    url = assets.url("site.css")

    folder.rename(tmp_path / "away")
    assert not assets.changed()
    assets.reload()
    assert assets.url("site.css") == url

    folder.mkdir()
    (folder / "site.css").write_text("b {}")
    assert assets.changed()
    assets.reload()
    assert assets.url("site.css") != url


def test_style_sheet_holds_what_it_imports_with_its_references(tmp_path: Path) -> None:
    for name, text in {
        "css/site.css": '@import "parts/type.css"; a { top: 0 }',
        "css/parts/type.css": '/* Faces */ @font-face { src: url("../../a.woff2") }',
        "a.woff2": "letters",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assets = Assets(Layers([tmp_path]))

    sheet = assets.by_name["css/site.css"].data.decode()
    assert sheet == f"@font-face{{src:url(..{assets.url('a.woff2').removeprefix('/static')})}}a{{top:0}}"


@pytest.mark.parametrize("target", ["site.css", "other.css", "nothing.css", "https://elsewhere.example/a.css"])
def test_import_that_cannot_be_put_in_stays_as_it_is(tmp_path: Path, target: str) -> None:
    (tmp_path / "site.css").write_text(f'@import "{target}";a{{}}')
    (tmp_path / "other.css").write_text('@import "site.css";b{}')

    sheet = Assets(Layers([tmp_path])).by_name["site.css"].data.decode()

    assert sheet in (f'@import "{target}";a{{}}', '@import "site.css";b{}a{}')
