"""Shapes of a drawing, on a field of 1600 by 900, and its two writers: inline SVG and Pillow.

Colours are inks, not values: SVG gets the classes `f-INK` (fill) and `s-INK` (stroke), a canvas
gets a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sin, tau
from typing import Literal

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 900

Ink = Literal["a", "b", "c", "g"]  # main ink, second ink, faint ink of graticules, the ground
Point = tuple[int, int]
Exact = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle."""

    x: int
    y: int
    r: int
    ink: Ink = "b"


@dataclass(frozen=True, slots=True)
class Moon:
    """The lit part of a disc: `lit` is 1 for full and -1 for new, light from the right, or from the
    left.
    """

    x: int
    y: int
    r: int
    lit: float
    left: bool = False
    ink: Ink = "a"


@dataclass(frozen=True, slots=True)
class Orbit:
    """The outline of an ellipse turned by `turn` degrees, or its `near` half. Width 0 is a
    hairline.
    """

    x: int
    y: int
    rx: int
    ry: int
    turn: int = 0
    width: int = 0
    ink: Ink = "a"
    near: bool = False

    def exactly(self, angle: float) -> Exact:
        """The point at `angle` radians, clockwise from the long axis."""
        x, y, turn = self.rx * cos(angle), self.ry * sin(angle), radians(self.turn)
        return self.x + x * cos(turn) - y * sin(turn), self.y + x * sin(turn) + y * cos(turn)

    def at(self, angle: float) -> Point:
        """The nearest whole point to `exactly(angle)`."""
        x, y = self.exactly(angle)
        return round(x), round(y)


@dataclass(frozen=True, slots=True)
class Ring:
    """The far or near half of a flat ring seen at a slant, between two turned ellipses."""

    outer: Orbit
    inner: Orbit
    near: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight strokes, each through its points. Width 0 is a hairline."""

    runs: tuple[tuple[Point, ...], ...]
    width: int = 0
    ink: Ink = "a"


@dataclass(frozen=True, slots=True)
class Stars:
    """Dots of one magnitude; `size` is their diameter."""

    at: tuple[Point, ...]
    size: int
    ink: Ink = "a"


Shape = Disc | Moon | Orbit | Ring | Lines | Stars


def svg(shape: Shape) -> str:
    """Return the SVG element of a shape."""
    match shape:
        case Disc(x, y, r, ink):
            return f'<circle class="f-{ink}" cx="{x}" cy="{y}" r="{r}"/>'
        case Moon(x, y, r, lit, left, ink):
            outer, inner = int(not left), int(left == (lit < 0))
            limb = f"M{x} {y - r}A{r} {r} 0 0 {outer} {x} {y + r}"
            return (
                f'<path class="f-{ink}" d="{limb}A{abs(lit) * r:.0f} {r} 0 0 {inner} {x} {y - r}"/>'
            )
        case Ring(outer, inner, near):
            return f'<path class="f-a" d="M{_arc(outer, near)}L{_arc(inner, near, back=True)}Z"/>'
        case Stars(points, size, ink):
            path = "".join(f"M{x} {y}h0" for x, y in points)
            return f'<path class="s-{ink} dots" stroke-width="{size}" d="{path}"/>'
        case Lines(runs, width, ink):
            path = "".join("M" + "L".join(f"{x} {y}" for x, y in run) for run in runs)
            return f'<path {_stroke(ink, width)} d="{path}"/>'
        case Orbit(width=width, ink=ink, near=True):
            return f'<path {_stroke(ink, width)} d="M{_arc(shape, near=True)}"/>'
        case Orbit(x, y, rx, ry, turn, width, ink):
            if rx == ry:
                return f'<circle {_stroke(ink, width)} cx="{x}" cy="{y}" r="{rx}"/>'
            place = f'cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" transform="rotate({turn} {x} {y})"'
            return f"<ellipse {_stroke(ink, width)} {place}/>"


def _arc(orbit: Orbit, near: bool, back: bool = False) -> str:
    """The near or far half of an orbit as SVG path data, without its first command."""
    (x1, y1), (x2, y2) = orbit.at(pi if back else 0), orbit.at(0 if back else pi)
    return f"{x1} {y1}A{orbit.rx} {orbit.ry} {orbit.turn} 0 {int(near != back)} {x2} {y2}"


def _stroke(ink: Ink, width: int) -> str:
    return f'class="s-{ink}" stroke-width="{width}"' if width else f'class="s-{ink} hair"'


class Canvas:
    """A Pillow image, covered by the field as `preserveAspectRatio="xMidYMid slice"` covers an SVG."""

    def __init__(self, width: int, height: int, colours: dict[Ink, str]) -> None:
        self.colours = colours
        self.scale = max(width / WIDTH, height / HEIGHT)
        self.left, self.top = (width - WIDTH * self.scale) / 2, (height - HEIGHT * self.scale) / 2
        self.image = Image.new("RGB", (width, height), colours["g"])
        self.pen = ImageDraw.Draw(self.image)

    def draw(self, shape: Shape) -> None:
        """Add a shape above the others."""
        match shape:
            case Disc(x, y, r, ink):
                self._dot(x, y, r, ink)
            case Moon(x, y, r, lit, left, ink):
                side = -1 if left else 1
                limb = [(x + side * r * sin(a), y - r * cos(a)) for a in _angles(0, pi)]
                shade = [(x - side * lit * r * sin(a), y + r * cos(a)) for a in _angles(0, pi)]
                self._fill([*limb, *shade], ink)
            case Ring(outer, inner, near):
                start, end = (0, pi) if near else (-pi, 0)
                there = [outer.exactly(a) for a in _angles(start, end)]
                back = [inner.exactly(a) for a in _angles(end, start)]
                self._fill([*there, *back], "a")
            case Stars(points, size, ink):
                for x, y in points:
                    self._dot(x, y, size / 2, ink)
            case Lines(runs, width, ink):
                for run in runs:
                    self._stroke(run, width, ink)
            case Orbit(width=width, ink=ink, near=near):
                self._stroke(
                    [shape.exactly(a) for a in _angles(0, pi if near else tau)], width, ink
                )

    def _place(self, x: float, y: float) -> Exact:
        return self.left + x * self.scale, self.top + y * self.scale

    def _dot(self, x: float, y: float, r: float, ink: Ink) -> None:
        px, py = self._place(x, y)
        r *= self.scale
        self.pen.ellipse((px - r, py - r, px + r, py + r), fill=self.colours[ink])

    def _fill(self, points: list[Exact], ink: Ink) -> None:
        self.pen.polygon([self._place(*point) for point in points], fill=self.colours[ink])

    def _stroke(self, points: tuple[Point, ...] | list[Exact], width: int, ink: Ink) -> None:
        pixels = max(1, round((width or 2.2) * self.scale))
        places = [self._place(*point) for point in points]
        self.pen.line(places, fill=self.colours[ink], width=pixels, joint="curve")


def _angles(start: float, end: float) -> list[float]:
    return [start + (end - start) * n / 240 for n in range(241)]
