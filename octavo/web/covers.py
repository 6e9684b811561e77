"""Generated covers: little sky charts, drawn by rule from a slug.

A cover is one list of shapes on a field of 1600 by 900, written twice: as inline SVG, whose classes take their
colours from the style sheet, and as PNG for social cards. Equal slugs give equal covers, on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from math import cos, hypot, pi, radians, sin, tau
from typing import Literal

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 900

Ink = Literal["a", "b", "c", "g"]  # main ink, second ink, pale ink of graticules, the ground
Point = tuple[int, int]

# For PNG, one row per hue: ground, main ink, second ink, pale ink. `static/css/site.css` holds the same for pages.
PALETTE = (
    ("#1d2f63", "#f4efe2", "#ee8d6c", "#52628f"),
    ("#6d3413", "#f6ecd9", "#efc15f", "#96664a"),
    ("#12453c", "#f1efdf", "#e9b44c", "#4a7369"),
    ("#681c2b", "#f6ebe0", "#efb37c", "#945560"),
    ("#3b2860", "#f2ecea", "#ee96a0", "#6b5c8b"),
    ("#0d4152", "#eff0e6", "#f2ad5b", "#47707d"),
    ("#514212", "#f6f0da", "#ec9a63", "#807448"),
    ("#27333f", "#f0eee6", "#e29a72", "#5c6874"),
)


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle."""

    x: int
    y: int
    r: int
    ink: Ink = "b"


@dataclass(frozen=True, slots=True)
class Orbit:
    """The outline of an ellipse turned by `turn` degrees, or its `near` half. Width 0 is a hairline at any size."""

    x: int
    y: int
    rx: int
    ry: int
    turn: int = 0
    width: int = 0
    ink: Ink = "a"
    near: bool = False

    def at(self, angle: float) -> Point:
        """The point at `angle` radians, clockwise from the long axis."""
        x, y, turn = self.rx * cos(angle), self.ry * sin(angle), radians(self.turn)
        return round(self.x + x * cos(turn) - y * sin(turn)), round(self.y + x * sin(turn) + y * cos(turn))


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight strokes, each through its points. Width 0 is a hairline at any size."""

    runs: tuple[tuple[Point, ...], ...]
    width: int = 0
    ink: Ink = "a"


@dataclass(frozen=True, slots=True)
class Stars:
    """Dots of one magnitude; `size` is their diameter."""

    at: tuple[Point, ...]
    size: int
    ink: Ink = "a"


Shape = Disc | Orbit | Lines | Stars


class Dice:
    """A stream of numbers that depends on the slug alone."""

    def __init__(self, slug: str) -> None:
        self._bytes = self._stream(slug)

    @staticmethod
    def _stream(slug: str) -> Iterator[int]:
        for block in range(1 << 16):
            yield from blake2b(f"{block}:{slug}".encode()).digest()

    def between(self, low: float, high: float) -> float:
        raw = next(self._bytes) << 16 | next(self._bytes) << 8 | next(self._bytes)
        return low + (high - low) * raw / (1 << 24)

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return min(high, int(self.between(low, high + 1)))


def scatter(dice: Dice, count: int, apart: int = 70) -> list[Point]:
    """Return about `count` points over the whole field, no two nearer than `apart`."""
    points: list[Point] = []
    for _ in range(count * 3):
        if len(points) == count:
            break
        x, y = dice.whole(20, WIDTH - 20), dice.whole(20, HEIGHT - 20)
        if all(hypot(x - px, y - py) >= apart for px, py in points):
            points.append((x, y))
    return points


def sky(points: list[Point], sizes: tuple[int, ...] = (13, 9, 6)) -> list[Shape]:
    """Return the points as stars: few bright ones, then twice and more as many of each fainter magnitude."""
    first, second = len(points) // 9, len(points) // 3
    groups = points[:first], points[first:second], points[second:]
    return [Stars(tuple(group), size) for group, size in zip(groups, sizes, strict=True) if group]


def clear(points: list[Point], x: int, y: int, r: int) -> list[Point]:
    """Return the points outside a circle."""
    return [(px, py) for px, py in points if hypot(px - x, py - y) > r]


def limb(dice: Dice) -> list[Shape]:
    """The limb of a planet with its thin air, a moon above it."""
    r = dice.whole(760, 1250)
    x, y = dice.whole(250, 1350), dice.whole(470, 640) + r
    moon_x = dice.whole(280, 620) if x > WIDTH / 2 else dice.whole(980, 1320)
    moon_y, moon_r = dice.whole(150, 290), dice.whole(26, 64)
    path = Orbit(x, y, r + 190, r + 190, ink="c")
    stars = clear(clear(scatter(dice, 62), x, y, r + 60), moon_x, moon_y, moon_r + 30)
    air = [Orbit(x, y, r + 22, r + 22), Orbit(x, y, r + 52, r + 52, ink="c")]
    return [path, *sky(stars), Disc(x, y, r), *air, Disc(moon_x, moon_y, moon_r, "a")]


def orbits(dice: Dice) -> list[Shape]:
    """A system seen at a slant: ellipses, their planets, the star in the middle."""
    x, y, turn = dice.whole(620, 980), dice.whole(400, 500), dice.whole(-24, 24)
    slant, shapes = dice.between(0.34, 0.6), sky(scatter(dice, 26, 110), (8, 6, 5))
    largest = dice.whole(2, 4)
    for n, rx in enumerate((170, 300, 450, 640, 880)):
        orbit = Orbit(x, y, rx, round(rx * slant), turn)
        px, py = orbit.at(dice.between(0, tau))
        shapes += [orbit, Disc(px, py, 30 if n == largest else 9 + 2 * n, "b" if n == largest else "a")]
    return [*shapes, Disc(x, y, 58)]


def chart(dice: Dice) -> list[Shape]:
    """A star atlas about the pole: graticule, stars, one figure joined by lines."""
    x, y = dice.whole(300, 1300), dice.whole(-160, 60)
    circles = [Orbit(x, y, r, r, ink="c") for r in range(240, 1300, 240)]
    first = dice.between(0, pi / 12)
    hours = [first + n * pi / 12 for n in range(1, 24, 2)]
    rays = tuple(
        ((round(x + 240 * cos(a)), round(y + 240 * sin(a))), (round(x + 1500 * cos(a)), round(y + 1500 * sin(a))))
        for a in hours
        if 0 < a < pi
    )
    step = dice.whole(150, 190)
    figure = [(260 + n * step, dice.whole(230, 700)) for n in range(dice.whole(5, 7))]
    branch = figure[dice.whole(1, 3)]
    end = branch[0] + dice.whole(-90, 90), min(820, branch[1] + dice.whole(150, 260))
    others = [p for p in scatter(dice, 60) if all(hypot(p[0] - q[0], p[1] - q[1]) > 60 for q in [*figure, end])]
    chief = figure[dice.whole(0, len(figure) - 1)]
    return [
        *circles,
        Lines(rays, ink="c"),
        *sky(others, (9, 7, 5)),
        Lines((tuple(figure), (branch, end)), ink="b"),
        Stars((*figure, end), 20),
        Orbit(*chief, 34, 34, ink="b", width=4),
    ]


def phases(dice: Dice) -> list[Shape]:
    """A month of moons along an arc."""
    count = dice.whole(2, 3) * 2 + 1
    gap, bend = 1360 // count, dice.whole(-130, 130)
    r, shapes = round(gap * 0.36), sky(scatter(dice, 34, 100), (9, 6, 5))
    for n in range(count):
        t = 2 * n / (count - 1) - 1
        x, y = round(800 + t * gap * (count - 1) / 2), round(450 + bend * (1 - 2 * t * t) / 2)
        shapes += [Disc(x, y, r + 16, "g"), Disc(x, y, r, "b" if n == count // 2 else "a")]
        if t:
            shapes.append(Disc(round(x + 2 * r * (1 - abs(t)) * (1 if t > 0 else -1) * -1.1), y, r + 2, "g"))
        shapes.append(Orbit(x, y, r, r, ink="c"))
    return shapes


def transit(dice: Dice) -> list[Shape]:
    """A small body timed across a large disc."""
    x, y, r = dice.whole(560, 1040), dice.whole(400, 500), dice.whole(300, 380)
    tilt, height = dice.between(-0.22, 0.22), dice.whole(-150, 150)

    def on(px: float) -> Point:
        return round(px), round(y + height + (px - x) * tilt)

    stops = [on(x + k * r * 0.42) for k in range(-5, 6)]
    within = {p for p in stops if hypot(p[0] - x, p[1] - y) < r}
    ticks = tuple(((px, py - 26), (px, py + 26)) for px, py in stops if (px, py) not in within)
    stars = clear(scatter(dice, 46), x, y, r + 40)
    return [
        *sky(stars),
        Disc(x, y, r),
        Orbit(x, y, r + 30, r + 30, ink="c"),
        Lines(((on(0), on(WIDTH)),)),
        Lines(ticks),
        Stars(tuple(p for p in stops if p not in within), 14),
        Stars(tuple(p for p in stops if p in within), 34, "g"),
    ]


def rings(dice: Dice) -> list[Shape]:
    """A ringed planet, its rings passing behind and before it."""
    x, y, r = dice.whole(600, 1000), dice.whole(400, 500), dice.whole(170, 220)
    turn, open_ = dice.whole(-28, 28), dice.between(0.14, 0.34)
    sizes = [(round(r * f), w) for f, w in ((1.45, 5), (1.68, 16), (1.86, 22), (2.14, 7), (2.3, 3))]
    far = [Orbit(x, y, rx, round(rx * open_), turn, w) for rx, w in sizes]
    near = [Orbit(x, y, rx, round(rx * open_), turn, w, near=True) for rx, w in sizes]
    path = Orbit(x, y, r * 4, round(r * 4 * open_), turn, ink="c")
    moon = path.at(dice.between(0, tau))
    return [*sky(clear(scatter(dice, 52), x, y, r * 2)), path, *far, Disc(x, y, r), *near, Disc(*moon, 15, "a")]


def transfer(dice: Dice) -> list[Shape]:
    """The way from one circular orbit to another, on a graduated circle."""
    x, y = dice.whole(640, 960), dice.whole(430, 470)
    inner, outer = dice.whole(130, 180), dice.whole(310, 360)
    turn = dice.whole(-60, 60)
    long, shift = (inner + outer) // 2, (outer - inner) / 2
    centre = round(x - shift * cos(radians(turn))), round(y - shift * sin(radians(turn)))
    way = Orbit(*centre, long, round((inner * outer) ** 0.5), turn, 7, "b", near=True)
    rim = [Orbit(x, y, r, r) for r in (outer + 24, outer + (44 if turn % 2 else 52))]
    ticks = tuple((rim[0].at(n * tau / 48), rim[1].at(n * tau / 48)) for n in range(48))
    stars = clear(scatter(dice, 44, 100), x, y, outer + 80)
    return [
        *sky(stars),
        Lines(ticks),
        rim[0],
        Orbit(x, y, outer, outer, ink="c"),
        Orbit(x, y, inner, inner, ink="c"),
        way,
        Disc(x, y, 46),
        Disc(*way.at(0), 16, "a"),
        Disc(*way.at(pi), 24, "a"),
    ]


def spectrum(dice: Dice) -> list[Shape]:
    """Absorption lines in the light of a star, with the plate's scale."""
    top, tall = dice.whole(420, 520), dice.whole(200, 260)
    middle = top + tall // 2
    dark = sorted({dice.whole(160, 1440) for _ in range(16)})
    thick, thin = tuple(dark[::4]), tuple(x for n, x in enumerate(dark) if n % 4)
    marks = tuple(
        ((x, top + tall + 24), (x, top + tall + (64 if n % 5 == 0 else 44))) for n, x in enumerate(range(120, 1481, 68))
    )
    star_x, star_y = dice.whole(240, 1360), dice.whole(140, 250)
    return [
        *sky([p for p in clear(scatter(dice, 56), star_x, star_y, 90) if p[1] < top - 50]),
        Orbit(star_x, star_y, 58, 58),
        Disc(star_x, star_y, 24),
        Lines((((120, middle), (1480, middle)),), tall, "b"),
        Lines(tuple(((x, top), (x, top + tall)) for x in thick), 14, "g"),
        Lines(tuple(((x, top), (x, top + tall)) for x in thin), 4, "g"),
        Lines(marks),
    ]


COMPOSITIONS = (limb, orbits, chart, phases, transit, rings, transfer, spectrum)


def shapes(slug: str) -> list[Shape]:
    """Return the cover of a slug, from back to front."""
    dice = Dice(slug)
    return COMPOSITIONS[dice.whole(0, len(COMPOSITIONS) - 1)](dice)


def _path(runs: tuple[tuple[Point, ...], ...]) -> str:
    return "".join("M" + "L".join(f"{x} {y}" for x, y in run) for run in runs)


def _stroke(ink: Ink, width: int) -> str:
    return f'class="s-{ink}" stroke-width="{width}"' if width else f'class="s-{ink} hair"'


def _svg(shape: Shape) -> str:
    match shape:
        case Disc(x, y, r, ink):
            return f'<circle class="f-{ink}" cx="{x}" cy="{y}" r="{r}"/>'
        case Stars(points, size, ink):
            return f'<path class="s-{ink}" stroke-width="{size}" d="{"".join(f"M{x} {y}h0" for x, y in points)}"/>'
        case Lines(runs, width, ink):
            return f'<path {_stroke(ink, width)} d="{_path(runs)}"/>'
        case Orbit(x, y, rx, ry, turn, width, ink, True):
            (x1, y1), (x2, y2) = shape.at(0), shape.at(pi)
            return f'<path {_stroke(ink, width)} d="M{x1} {y1}A{rx} {ry} {turn} 0 1 {x2} {y2}"/>'
        case Orbit(x, y, rx, ry, turn, width, ink) if rx == ry:
            return f'<circle {_stroke(ink, width)} cx="{x}" cy="{y}" r="{rx}"/>'
        case Orbit(x, y, rx, ry, turn, width, ink):
            place = f'cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" transform="rotate({turn} {x} {y})"'
            return f"<ellipse {_stroke(ink, width)} {place}/>"


@lru_cache(maxsize=4096)
def cover_svg(slug: str, hue: int) -> str:
    """Return the cover as an inline SVG element without ids; `hue` is 0 to 7."""
    drawn = "".join(_svg(shape) for shape in shapes(slug))
    return (
        f'<svg class="cover cover-{hue % len(PALETTE)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="xMidYMid slice" aria-hidden="true">{drawn}</svg>'
    )


class _Canvas:
    """Shapes on a Pillow image, whose centre shows the field's centre at `scale` pixels a unit."""

    def __init__(self, width: int, height: int, hue: int) -> None:
        ground, a, b, c = PALETTE[hue % len(PALETTE)]
        self.inks: dict[Ink, str] = {"a": a, "b": b, "c": c, "g": ground}
        self.scale = max(width / WIDTH, height / HEIGHT)
        self.left, self.top = (width - WIDTH * self.scale) / 2, (height - HEIGHT * self.scale) / 2
        self.image = Image.new("RGB", (width, height), ground)
        self.pen = ImageDraw.Draw(self.image)

    def place(self, x: float, y: float) -> tuple[float, float]:
        return self.left + x * self.scale, self.top + y * self.scale

    def dot(self, x: float, y: float, r: float, ink: Ink) -> None:
        px, py = self.place(x, y)
        r *= self.scale
        self.pen.ellipse((px - r, py - r, px + r, py + r), fill=self.inks[ink])

    def stroke(self, points: tuple[Point, ...] | list[Point], width: int, ink: Ink) -> None:
        pixels = max(1, round((width or 2.2) * self.scale))
        self.pen.line([self.place(*p) for p in points], fill=self.inks[ink], width=pixels, joint="curve")

    def draw(self, shape: Shape) -> None:
        match shape:
            case Disc(x, y, r, ink):
                self.dot(x, y, r, ink)
            case Stars(points, size, ink):
                for x, y in points:
                    self.dot(x, y, size / 2, ink)
            case Lines(runs, width, ink):
                for run in runs:
                    self.stroke(run, width, ink)
            case Orbit(width=width, ink=ink, near=near):
                steps = 360
                last = steps // 2 if near else steps
                self.stroke([shape.at(n * tau / steps) for n in range(last + 1)], width, ink)


def cover_png(slug: str, hue: int, width: int = 1200, height: int = 630) -> bytes:
    """Return the cover as a PNG of the given size, for social cards; drawn at three times the size, then reduced."""
    canvas = _Canvas(width * 3, height * 3, hue)
    for shape in shapes(slug):
        canvas.draw(shape)
    out = BytesIO()
    canvas.image.resize((width, height), Image.Resampling.LANCZOS).quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()
