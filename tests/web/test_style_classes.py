"""The style sheet has every class that texts are written with."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo.content.markdown.tree import WIDTHS

SHEET = (Path(__file__).parents[2] / "octavo/theme/static/css/site.css").read_text("utf-8")


@pytest.mark.parametrize(
    "name", ["sized", "align-left", "align-right", "align-center", *(f"width-{w}" for w in WIDTHS)]
)
def test_style_sheet_knows_the_class(name: str) -> None:
    assert f".{name} " in SHEET or f".{name}," in SHEET or f".{name}:" in SHEET
