"""What is Cosmic Chronicles' own: covers that are little sky charts, drawn by rule from a slug.

A cover is one list of shapes on a field of 1600 by 900, written twice: as inline SVG, whose classes
take their colours from the style sheet, and as PNG for social cards. Equal slugs give equal covers,
on every machine.

Colours are inks, not values: SVG gets the classes `f-INK` (fill) and `s-INK` (stroke), a canvas
gets a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from io import BytesIO
from itertools import count
from math import cos, dist, hypot, pi, radians, sin, tau
from typing import Literal

from PIL import Image, ImageColor, ImageDraw

from octavo.hooks import hook

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
    """The lit part of a disc: `lit` is 1 for full, -1 for new.

    The light comes from the right, or from the left.
    """

    x: int
    y: int
    r: int
    lit: float
    left: bool = False
    ink: Ink = "a"


@dataclass(frozen=True, slots=True)
class Orbit:
    """The outline of an ellipse turned by `turn` degrees, or only its `near` half.

    Width 0 is a hairline.
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
    """A Pillow image that the field covers, as `xMidYMid slice` lets an SVG cover its box."""

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


Inking = Literal["day", "night", "dawn"]

# One row per hue: a deep, a pale and a bright ink. `static/css/site.css` holds the same for pages.
PALETTE = (
    ("#1d2f63", "#f4efe2", "#ee8d6c"),
    ("#6d3413", "#f6ecd9", "#e6ad4b"),
    ("#12453c", "#f1efdf", "#e9b44c"),
    ("#681c2b", "#f6ebe0", "#efb37c"),
    ("#3b2860", "#f2ecea", "#ee96a0"),
    ("#0d4152", "#eff0e6", "#f2ad5b"),
    ("#514212", "#f6f0da", "#ec9a63"),
    ("#27333f", "#f0eee6", "#e29a72"),
)
BLACK = "#05070d"
# Width and height of a social card in pixels.
CARD = (1200, 630)
# Of the first 1,500 salts, the one that lets neighbours in the sample magazine differ most.
SALT = 1244


# Stars keep off the edge and apart from one another; there are so many fields of them, each of so
# many.
EDGE, APART = 20, 70
ACROSS, DOWN = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
FIELDS, MOST_STARS = 8, 60

# Digests that are cut into numbers of three bytes at a time, without a rest.
_BLOCKS = 3


def mix(first: str, second: str, share: float) -> str:
    """Return `share` of the first colour in the second, as CSS's `color-mix(in srgb, ...)` does."""
    pairs = zip(ImageColor.getrgb(first)[:3], ImageColor.getrgb(second)[:3], strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def inks(hue: int, inking: Inking) -> dict[Ink, str]:
    """Return the colours of a cover."""
    deep, pale, bright = PALETTE[hue % len(PALETTE)]
    ground, main, second = {
        "day": (deep, pale, bright),
        "night": (mix(deep, BLACK, 0.45), pale, bright),
        "dawn": (bright, deep, pale),
    }[inking]
    return {"g": ground, "a": main, "b": second, "c": mix(main, ground, 0.28)}


class Dice:
    """A stream of numbers that depends on the slug alone."""

    def __init__(self, slug: str) -> None:
        # The next share of a whole, from 0 up to 1.
        self.share = self._stream(slug).__next__

    @staticmethod
    def _stream(slug: str) -> Iterator[float]:
        for block in count(step=_BLOCKS):
            names = (f"{SALT}-{number}:{slug}" for number in range(block, block + _BLOCKS))
            data = b"".join(
                blake2b(name.encode("utf-8", "surrogatepass")).digest() for name in names
            )
            for high, middle, low in zip(data[::3], data[1::3], data[2::3], strict=True):
                yield (high << 16 | middle << 8 | low) / (1 << 24)

    def between(self, low: float, high: float) -> float:
        """A number from low up to high."""
        return low + (high - low) * self.share()

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return int(low + (high + 1 - low) * self.share())


@cache
def field_of_stars(number: int) -> tuple[Point, ...]:
    """Return points all over a field of ACROSS by DOWN, no two of them nearer than APART.

    Distances count across the edges too.
    """
    dice, points = Dice(f"field {number}"), list[Point]()
    for _ in range(MOST_STARS * 3):
        x, y = dice.whole(0, ACROSS - 1), dice.whole(0, DOWN - 1)
        ways = ((abs(x - px), abs(y - py)) for px, py in points)
        if all(
            min(dx, ACROSS - dx) ** 2 + min(dy, DOWN - dy) ** 2 >= APART * APART for dx, dy in ways
        ):
            points.append((x, y))
    return tuple(points[:MOST_STARS])


def scatter(dice: Dice, wanted: int) -> list[Point]:
    """Return `wanted` points over the whole field, no two nearer than APART.

    They are cut out of one of a few fields, which have no edges: that takes a tenth of the time of
    finding new ones.
    """
    stars = field_of_stars(dice.whole(1, FIELDS))[:wanted]
    right, down = dice.whole(0, ACROSS - 1), dice.whole(0, DOWN - 1)
    return [(EDGE + (x + right) % ACROSS, EDGE + (y + down) % DOWN) for x, y in stars]


def sky(points: list[Point], sizes: tuple[int, int, int] = (14, 10, 7)) -> list[Shape]:
    """Return the points as stars, most of them of the third magnitude."""
    first, second = len(points) // 9, len(points) // 3
    groups = points[:first], points[first:second], points[second:]
    return [Stars(tuple(group), size) for group, size in zip(groups, sizes, strict=True) if group]


def clear(points: list[Point], x: int, y: int, r: int) -> list[Point]:
    """Return the points outside a circle."""
    return [point for point in points if dist(point, (x, y)) > r]


def limb(dice: Dice) -> list[Shape]:
    """The limb of a planet with its thin air, a moon above it."""
    r = dice.whole(760, 1250)
    x, y = dice.whole(250, 1350), dice.whole(470, 640) + r
    moon_x = dice.whole(280, 620) if x > WIDTH / 2 else dice.whole(980, 1320)
    moon_y, moon_r, lit = dice.whole(150, 260), dice.whole(40, 84), dice.between(-0.6, 0.8)
    stars = clear(clear(scatter(dice, 58), x, y, r + 70), moon_x, moon_y, moon_r + 40)
    air = [
        Orbit(x, y, r + high, r + high, ink="a" if high == 22 else "c") for high in (22, 52, 190)
    ]
    moon = Moon(moon_x, moon_y, moon_r, lit, left=moon_x > x)
    return [*sky(stars), *air, Disc(x, y, r), moon, Orbit(moon_x, moon_y, moon_r, moon_r, ink="c")]


def orbits(dice: Dice) -> list[Shape]:
    """A system seen at a slant: ellipses, their planets, the star in the middle."""
    x, y, turn = dice.whole(620, 980), dice.whole(400, 500), dice.whole(-24, 24)
    slant, shapes = dice.between(0.34, 0.6), sky(scatter(dice, 26), (9, 8, 6))
    largest = dice.whole(2, 4)
    for n, rx in enumerate((170, 300, 450, 640, 880)):
        orbit = Orbit(x, y, rx, round(rx * slant), turn)
        px, py = orbit.at(dice.between(0, tau))
        body = Disc(px, py, 42, "b") if n == largest else Disc(px, py, 12 + 3 * n, "a")
        shapes += [orbit, body]
    return [*shapes, Disc(x, y, 62)]


def chart(dice: Dice) -> list[Shape]:
    """A star atlas about the pole: graticule, stars, one figure joined by lines."""
    x, y = dice.whole(300, 1300), dice.whole(-160, 60)
    circles = [Orbit(x, y, r, r, ink="c") for r in range(240, 1300, 240)]
    first = dice.between(0.05, 0.2)
    hours = [first + n * pi / 11 for n in range(11)]
    rays = tuple((Orbit(x, y, 240, 240).at(a), Orbit(x, y, 1500, 1500).at(a)) for a in hours)
    step = dice.whole(150, 190)
    figure = [(260 + n * step, dice.whole(230, 680)) for n in range(dice.whole(5, 7))]
    branch = figure[dice.whole(1, 3)]
    end = branch[0] + dice.whole(-90, 90), min(800, branch[1] + dice.whole(150, 260))
    others = scatter(dice, 54)
    for star in (*figure, end):
        others = clear(others, *star, 60)
    chief = figure[dice.whole(0, len(figure) - 1)]
    return [
        *circles, Lines(rays, ink="c"), *sky(others, (10, 8, 6)),
        Lines((tuple(figure), (branch, end)), 3, "b"),
        Stars((*figure, end), 24), Orbit(*chief, 36, 36, 0, 4, "b"),
    ]  # fmt: skip


def phases(dice: Dice) -> list[Shape]:
    """A month of moons along an arc."""
    count = dice.whole(2, 3) * 2 + 1
    gap, bend = 1400 // count, dice.whole(-160, 160)
    r, moons = round(gap * 0.37), list[Shape]()
    stars = scatter(dice, 40)
    for n in range(count):
        t = 2 * n / (count - 1) - 1
        x, y = round(800 + t * gap * (count - 1) / 2), round(450 + bend * (1 - 2 * t * t) / 2)
        stars = clear(stars, x, y, r + 20)
        lit = Moon(x, y, r, 1 - 2 * abs(t), left=t > 0, ink="a" if t else "b")
        moons += [Orbit(x, y, r, r, ink="c"), lit]
    return [*sky(stars, (10, 8, 6)), *moons]


def transit(dice: Dice) -> list[Shape]:
    """A small body timed across a large disc."""
    x, y, r = dice.whole(560, 1040), dice.whole(400, 500), dice.whole(300, 370)
    tilt, height = dice.between(-0.22, 0.22), dice.whole(-150, 150)

    def on(px: float) -> Point:
        return round(px), round(y + height + (px - x) * tilt)

    stops = [on(x + k * r * 0.42) for k in range(-5, 6)]
    within = tuple(p for p in stops if hypot(p[0] - x, p[1] - y) < r)
    outside = tuple(p for p in stops if p not in within)
    stars = clear(scatter(dice, 46), x, y, r + 40)
    return [
        *sky(stars), Disc(x, y, r), Orbit(x, y, r + 30, r + 30, ink="c"),
        Lines(((on(0), within[0]), (within[-1], on(WIDTH)))),
        Lines(((within[0], within[-1]),), ink="g"),
        Lines(tuple(((px, py - 26), (px, py + 26)) for px, py in outside)),
        Stars(outside, 14), Stars(within, 40, "g"),
    ]  # fmt: skip


def rings(dice: Dice) -> list[Shape]:
    """A ringed planet, its rings passing behind and before it."""
    x, y, r = dice.whole(600, 1000), dice.whole(400, 500), dice.whole(180, 230)
    turn, slant = dice.whole(-28, 28), dice.between(0.16, 0.34)

    def ellipse(factor: float) -> Orbit:
        return Orbit(x, y, round(r * factor), round(r * factor * slant), turn, ink="c")

    bands = [
        (ellipse(outer), ellipse(inner))
        for outer, inner in ((1.62, 1.36), (2.04, 1.7), (2.26, 2.2))
    ]
    far, near = ([Ring(outer, inner, half) for outer, inner in bands] for half in (False, True))
    path = ellipse(3.9)
    moon = Disc(*path.at(dice.between(0, tau)), 18, "a")
    return [*sky(clear(scatter(dice, 52), x, y, r * 2)), path, *far, Disc(x, y, r), *near, moon]


def transfer(dice: Dice) -> list[Shape]:
    """The way from one circular orbit to another, on a graduated circle."""
    x, y = dice.whole(640, 960), dice.whole(430, 470)
    inner, outer = dice.whole(130, 180), dice.whole(300, 345)
    turn = dice.whole(-70, 70)
    long, shift = (inner + outer) // 2, (outer - inner) / 2
    centre = round(x - shift * cos(radians(turn))), round(y - shift * sin(radians(turn)))
    way = Orbit(*centre, long, round((inner * outer) ** 0.5), turn, 9, "b", near=True)
    rim = [Orbit(x, y, outer + far, outer + far) for far in (24, 48)]
    ticks = tuple((rim[0].at(n * tau / 36), rim[1].at(n * tau / 36)) for n in range(36))
    stars = clear(scatter(dice, 40), x, y, outer + 80)
    return [
        *sky(stars), Lines(ticks), rim[0],
        Orbit(x, y, outer, outer, ink="c"), Orbit(x, y, inner, inner, ink="c"), way,
        Disc(x, y, 54), Disc(*way.at(0), 18, "a"), Disc(*way.at(pi), 30, "a"),
    ]  # fmt: skip


def spectrum(dice: Dice) -> list[Shape]:
    """Absorption lines in the light of a star, with the plate's scale."""
    top, tall = dice.whole(400, 470), dice.whole(200, 260)
    middle, foot = top + tall // 2, top + tall
    dark = sorted({dice.whole(160, 1440) for _ in range(16)})
    marks = tuple(
        ((x, foot + 26), (x, foot + (70 if n % 5 == 0 else 48)))
        for n, x in enumerate(range(120, 1481, 68))
    )
    star_x, star_y = dice.whole(240, 1360), dice.whole(150, 240)
    stars = [p for p in clear(scatter(dice, 60), star_x, star_y, 100) if p[1] < top - 50]

    def upright(places: list[int], width: int) -> Lines:
        return Lines(tuple(((x, top), (x, foot)) for x in places), width, "g")

    return [
        *sky(stars), Orbit(star_x, star_y, 64, 64), Disc(star_x, star_y, 30),
        Lines((((120, middle), (1480, middle)),), tall, "b"),
        upright(dark[::4], 16), upright([x for n, x in enumerate(dark) if n % 4], 5), Lines(marks),
    ]  # fmt: skip


def eclipse(dice: Dice) -> list[Shape]:
    """The corona about a covered sun."""
    x, y, r = dice.whole(560, 1040), dice.whole(400, 500), dice.whole(190, 240)
    long = r + dice.whole(130, 190)
    rays = []
    for n in range(36):
        angle = n * tau / 36 + dice.between(-0.04, 0.04)
        reach = r + round((long - r) * dice.between(0.3, 1))
        rays.append(
            (Orbit(x, y, r + 26, r + 26).at(angle), Orbit(x, y, reach + 26, reach + 26).at(angle))
        )
    bead = Orbit(x, y, r, r).at(dice.between(-1.2, -0.3))
    return [
        *sky(clear(scatter(dice, 44), x, y, long + 40)),
        Lines(tuple(rays), 4), Disc(x, y, r, "g"), Orbit(x, y, r, r, 0, 7, "b"), Disc(*bead, 26),
    ]  # fmt: skip


def trails(dice: Dice) -> list[Shape]:
    """Half a night of stars turning about the pole, over the dome of an observatory."""
    x, y, shapes = dice.whole(500, 1100), dice.whole(180, 320), list[Shape]()
    for r in range(60, 1000, 62):
        r, turn = r + dice.whole(-14, 14), dice.whole(0, 359)
        shapes.append(Orbit(x, y, r, r, turn, 5 if r % 3 == 0 else 0, near=True))
    dome = dice.whole(220, 420) if x > WIDTH / 2 else dice.whole(1180, 1380)
    ground, slit = HEIGHT - 110, dome + dice.whole(-50, 50)
    return [
        *shapes, Disc(x, y, 9, "a"),
        Disc(dome, ground - 60, 120),
        Lines((((slit, ground - 190), (slit, ground - 70)),), 26, "g"),
        Lines((((dome, ground - 70), (dome, HEIGHT)),), 240, "b"),
        Lines((((0, HEIGHT - 45), (WIDTH, HEIGHT - 45)),), 90, "b"),
    ]  # fmt: skip


def comet(dice: Dice) -> list[Shape]:
    """A comet on its way about the sun, its tails turned away from it."""
    x, y = dice.whole(420, 700), dice.whole(330, 600)
    lean = dice.between(-0.35, 0.1)
    long, fan = dice.whole(760, 900), dice.between(0.18, 0.3)
    tail = []
    for n in range(9):
        side = n / 4 - 1
        far = round(long * (1 - 0.45 * side * side))
        begin = Orbit(x, y, 40, 40).at(lean + side * 1.1)
        tail.append((begin, Orbit(x, y, far, far).at(lean + side * fan)))
    path = Orbit(x, y + 520, 1100, 520, dice.whole(-6, 6), ink="c")
    return [
        *sky(clear(scatter(dice, 50), x, y, 130)), path,
        Lines(tuple(tail[::2]), 6), Lines(tuple(tail[1::2])), Disc(x, y, 58, "a"), Disc(x, y, 40),
    ]  # fmt: skip


def analemma(dice: Dice) -> list[Shape]:
    """A year of noons: where the sun stood at the same hour, week by week."""
    x, y, turn = dice.whole(620, 980), dice.whole(430, 470), dice.between(-0.3, 0.3)
    tall, wide = dice.whole(310, 345), dice.whole(90, 130)
    suns = []
    for n in range(26):
        angle = n * tau / 26
        across = wide * sin(2 * angle) * (1.25 - 0.45 * cos(angle))
        up = -tall * cos(angle)
        suns.append((
            round(x + across * cos(turn) - up * sin(turn)),
            round(y + across * sin(turn) + up * cos(turn)),
        ))  # fmt: skip
    first = dice.whole(0, 25)
    axis = tuple((round(x - end * sin(turn)), round(y + end * cos(turn))) for end in (-430, 430))
    rule = ((x - 520, y), (x + 520, y))
    ticks = tuple(((px, y - 12), (px, y + 12)) for px in range(x - 480, x + 481, 80))
    return [
        Lines((axis, rule), ink="c"), Lines(ticks),
        Stars(tuple(suns), 26), Disc(*suns[first], 34), Orbit(*suns[first], 56, 56),
    ]  # fmt: skip


COMPOSITIONS: tuple[Callable[[Dice], list[Shape]], ...] = (
    limb, orbits, chart, phases, transit, rings, transfer, spectrum,
    eclipse, trails, comet, analemma,
)  # fmt: skip
INKINGS: tuple[Inking, ...] = ("day", "day", "night", "night", "dawn")


def design(slug: str) -> tuple[Inking, list[Shape]]:
    """Return the inking of a slug's cover and its shapes, from back to front."""
    dice = Dice(slug)
    inking = INKINGS[dice.whole(0, len(INKINGS) - 1)]
    return inking, COMPOSITIONS[dice.whole(0, len(COMPOSITIONS) - 1)](dice)


@hook
def cover_svg(slug: str, hue: int) -> str:
    """Return the cover as an inline SVG element without ids; `hue` is 0 to 7."""
    return drawn(slug, hue)


@lru_cache(maxsize=4096)
def drawn(slug: str, hue: int) -> str:
    """Return the SVG element of a cover; drawing it takes longer than finding the article."""
    inking, shapes = design(slug)
    return (
        f'<svg class="cover cover-{hue % len(PALETTE)} cover-{inking}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="xMidYMid slice" aria-hidden="true">{"".join(map(svg, shapes))}</svg>'
    )


@hook
def cover_png(slug: str, hue: int) -> bytes:
    """Return the cover as a PNG for social cards; it is drawn three times as large."""
    width, height = CARD
    inking, shapes = design(slug)
    canvas = Canvas(width * 3, height * 3, inks(hue, inking))
    for shape in shapes:
        canvas.draw(shape)
    out = BytesIO()
    image = canvas.image.resize((width, height), Image.Resampling.LANCZOS)
    image.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()
