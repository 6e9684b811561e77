"""What the settings say about a site's looks: facts for templates, and files for static/."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from markupsafe import Markup

from octavo.content.markdown.render import render
from octavo.content.markdown.targets import ResolvedPicture
from octavo.settings import Link, Settings, SettingsError, help_of
from octavo.site.addresses import Addresses
from octavo.web.theme.assets import Assets
from octavo.web.theme.colours import MIN_CONTRAST, contrast, readable

SHEET = "css/site.css"
ICON = "icons/favicon.svg"
# Where a site has none, a telephone draws the first letter of its title by itself.
TOUCH_ICON = "icons/apple-touch-icon.png"
# The ground of the letter that is the icon of a site without one and without an accent.
ICON_GROUND = "#27333f"
# A dark page's accent, where none is set, has this contrast to a dark grey.
NIGHT = "#202327"
NIGHT_CONTRAST = 7.0
SCHEMES = ("light", "dark")
# How bright drawings are shown, which mostly are dark lines on light paper; 1 is as they are made.
DRAWING_LIGHT = {"light": 1, "dark": 0.82}
# In the head, so that a page that a reader wants dark is never shown light.
REMEMBERED_SCHEME = (
    "<script>try{document.documentElement.dataset.scheme=localStorage.scheme||''}catch{}</script>"
)

_PAPERS = re.compile(r"--paper:light-dark\((#\w{6}),(#\w{6})\)")
_FACE = re.compile(r"@font-face\{([^}]*)\}")
_FAMILY = re.compile(r'font-family:"?([^;"]+)')
_FILE = re.compile(r"url\([^)]*?(fonts/[^)]+?)\.[0-9a-f]{10}(\.\w+)\)")


@dataclass(frozen=True, slots=True)
class Look:
    """The looks of a site for templates, where it is called `look`.

    `logo`, `icon` and `touch_icon` are names of static files, or ''. `fonts` are
    those of static files that every page needs, and `papers` the colour of the paper by scheme,
    light or dark.
    """

    logo: str
    icon: str
    touch_icon: str
    fonts: tuple[str, ...]
    papers: dict[str, str]
    scheme: str
    covers: str
    social: tuple[Link, ...]
    footer: Markup
    head_html: Markup
    foot_html: Markup

    @property
    def markup(self) -> str:
        """The operator's HTML in every page."""
        return self.head_html + self.foot_html


class _Paths:
    """Resolves what the setting `footer` names: paths from the site's root."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def link(self, target: str) -> str | None:
        return self._addresses.rooted(target)

    def picture(self, target: str) -> ResolvedPicture | None:
        return None

    def title_and_summary(self, target: str) -> tuple[str, str] | None:
        return None


def made_files(settings: Settings) -> dict[str, bytes]:
    """Return the static files that settings make, by name: style sheet, manifest and icon."""
    rules = ""
    if settings.accent:
        light = settings.accent[0]
        dark = readable(light, NIGHT, NIGHT_CONTRAST)
        if len(settings.accent) == 2:
            dark = settings.accent[1]
        rules += f":root{{--accent:light-dark({light},{dark})}}"
    if settings.scheme in SCHEMES:
        rules += f":root{{color-scheme:{settings.scheme}}}"
        rules += f":root{{--drawing-light:{DRAWING_LIGHT[settings.scheme]}}}"
    if settings.scheme == "switch":
        for scheme in SCHEMES:
            rules += f':root[data-scheme="{scheme}"]{{color-scheme:{scheme}}}'
            rules += f':root[data-scheme="{scheme}"]{{--drawing-light:{DRAWING_LIGHT[scheme]}}}'
    sheet = f'@import "type/{settings.typefaces}.css";@layer tokens{{{rules}}}'
    return {
        "css/settings.css": sheet.encode(),
        "manifest.webmanifest": _manifest(settings),
        ICON: _icon(settings),
    }


def _icon(settings: Settings) -> bytes:
    """Return the icon of a site without one: the first letter of its title, as an SVG."""
    letter = next(filter(str.isalnum, settings.title), "")
    ground = next(iter(settings.accent), ICON_GROUND)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="4" fill="{ground}"/>'
        '<text x="16" y="24" font-family="Georgia,serif" font-size="23" font-weight="700"'
        f' text-anchor="middle" fill="#fff">{letter.upper()}</text></svg>'
    ).encode()


def _manifest(settings: Settings) -> bytes:
    """Return the web app manifest: https://www.w3.org/TR/appmanifest/."""
    icon = settings.icon or ICON
    icons = [{"src": icon, "sizes": "any", "type": Assets.type_of(icon)}]
    described = {
        "name": settings.title,
        "description": settings.description or settings.tagline,
        "lang": settings.language,
        "start_url": "../",
        "display": "minimal-ui",
        "icons": icons,
    }
    return json.dumps(described, ensure_ascii=False, indent=2).encode()


def look_of(settings: Settings, assets: Assets, addresses: Addresses) -> Look:
    """Return the look of a site; `assets` are its static files.

    Raises SettingsError where a setting names a file that is not there, or a colour that could not
    be read on the site's paper.
    """
    for name in ("logo", "icon"):
        file = getattr(settings, name)
        if file and file not in assets.by_name:
            raise SettingsError(
                f"{name} = {file!r}: there is no file static/{file}. {help_of(name)}"
            )
    kinds = re.findall(r"css/type/([^/]+)\.css(?:\n|$)", "\n".join(assets.by_name))
    if settings.typefaces not in kinds:
        raise SettingsError(
            f"typefaces = {settings.typefaces!r}: there is no file "
            f"static/css/type/{settings.typefaces}.css; there are {', '.join(kinds)}. "
            f"{help_of('typefaces')}"
        )
    papers = _papers(assets)
    sheet = assets.by_name["css/settings.css"].data.decode()
    _check_accent(settings, sheet, papers)
    if settings.scheme in SCHEMES:
        papers = {settings.scheme: papers[settings.scheme]}
    footer = render(settings.footer, _Paths(addresses)).html
    head_html = settings.head_html
    if settings.scheme == "switch":
        head_html += REMEMBERED_SCHEME
    return Look(
        logo=settings.logo,
        icon=settings.icon,
        touch_icon=TOUCH_ICON if TOUCH_ICON in assets.by_name else "",
        fonts=_fonts(assets.by_name[f"css/type/{settings.typefaces}.css"].data.decode()),
        papers=papers,
        scheme=settings.scheme,
        covers=settings.covers,
        social=tuple(settings.social),
        footer=Markup(footer),  # noqa: S704 - cleaned by render
        head_html=Markup(head_html),  # noqa: S704 - the operator's
        foot_html=Markup(settings.foot_html),  # noqa: S704 - the operator's
    )


def _papers(assets: Assets) -> dict[str, str]:
    """Return the colour of the paper in each scheme, as the style sheet has it in the end."""
    found = _PAPERS.findall(assets.by_name[SHEET].data.decode())
    if not found:
        return {}
    return dict(zip(SCHEMES, found[-1], strict=True))


def _check_accent(settings: Settings, sheet: str, papers: dict[str, str]) -> None:
    found = re.search(r"--accent:light-dark\((#\w{6}),(#\w{6})\)", sheet)
    if found is None:
        return
    for scheme, colour in zip(SCHEMES, found.groups(), strict=True):
        paper = papers.get(scheme, colour)
        measured = contrast(colour, paper)
        if paper != colour and measured < MIN_CONTRAST:
            raise SettingsError(
                f"accent = {settings.accent!r}: on {scheme} pages the contrast of {colour} to the "
                f"paper {paper} is {measured:.1f}; text needs {MIN_CONTRAST} (WCAG 2.2, 1.4.3). "
                f"{readable(colour, paper)} has it. {help_of('accent')}"
            )


def _fonts(sheet: str) -> tuple[str, ...]:
    """Return the files of a style sheet's first upright face of each family."""
    first: dict[str, str] = {}
    for face in _FACE.findall(sheet):
        family = _FAMILY.search(face)
        file = _FILE.search(face)
        if family and file and "italic" not in face:
            first.setdefault(family[1], file[1] + file[2])
    return tuple(first.values())
