"""An archive of invented articles, the same on every machine: `python tests/benchmarks/corpus.py FOLDER N`.

Word frequencies follow Zipf's law over 60,000 words, so that stop words, common, medium and rare terms occur
as they do in writing; each category prefers its own words, and fixed pairs of words make phrases. Article
number i is the same whatever N is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np


def _listed(words: str) -> list[str]:
    return words.split()


SEED = 1969
YEARS = 15
FIRST_DAY = datetime(2010, 1, 1, tzinfo=UTC)
CATEGORIES = (
    "Spaceflight", "Astronomy", "Planets", "Engineering", "History", "Interviews",
    "Observing", "Physics", "Missions", "Opinion", "Books", "Earth",
)  # fmt: skip
GIVEN = ("Ada", "Björn", "Chidi", "Dana", "Elena", "Farid", "Grace", "Hiro", "Inès", "Jonas")
FAMILY = ("Ångström", "Okafor", "Lindqvist", "Moreau", "Tanaka", "Weiss", "Novák", "Silva", "Brandt", "Osei")
FUNCTION_WORDS = _listed("""
the of and to in a is that for it as was with be by on not he his but at are this have from or had an
they which one you were all her she there would their we him been has when who will no more if out so up
said what its about than into them can only other time new some could these two may first then do any
like my now over such our man me even most made after also did many off before must well back through
years where much your way down should because each just those people how too state good very make world
still see own work long here get both between life being under never day same another know while last
might us great old year come since against go came right used take three
""")
SUBJECTS = _listed("""
orbit rocket engine launch crew capsule lander rover crater regolith telescope mirror spectrum galaxy
nebula quasar pulsar comet asteroid meteor eclipse transit planet moon ring aurora magnetosphere plasma
solar wind radiation shield parachute docking hatch airlock suit propellant oxidizer hydrogen kerosene
thruster gimbal guidance computer telemetry antenna dish signal noise detector photon neutrino gravity
wave interferometer star cluster dwarf supernova remnant dust disk exoplanet atmosphere methane ice ocean
volcano geyser sample return probe flyby mission control trajectory apogee perigee inclination
constellation satellite station module laboratory experiment astronaut cosmonaut engineer scientist
astronomer observatory dome night sky season horizon altitude weather cloud map chart catalogue archive
plate photograph camera filter exposure image colour calibration survey budget program contract test
failure anomaly recovery landing splashdown recycle reuse booster stage fairing payload pad tower
countdown ignition liftoff abort vacuum temperature heat cryogenic tank valve pump turbine nozzle
combustion vibration alloy carbon
""")
ONSETS = _listed(
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr qu r s sc sh sl sp st str t th tr v w y z"
)
VOWELS = _listed("a a a e e e i i o o u ai ea ee oa ou io")
CODAS = ["", "", "", *_listed("l m n nd r rd rt s st x lk mp ng")]
SUFFIXES = ["", "", "", "", *_listed("s s ed ing ly er ation ment ness al ity ive ous")]
LANGUAGES = ("python", "sh", "json", "toml")


@dataclass(frozen=True)
class Article:
    """One invented article; `body` is Markdown."""

    slug: str
    title: str
    summary: str
    published: datetime
    category: str
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    body: str

    @property
    def path(self) -> str:
        return f"{self.published.year}/{self.slug}.md"

    def markdown(self) -> str:
        """The file as a writer would have typed it."""
        return (
            f"---\ntitle: {json.dumps(self.title)}\nsummary: {json.dumps(self.summary)}\n"
            f"date: {self.published:%Y-%m-%dT%H:%M:%SZ}\ncategory: {self.category}\n"
            f"tags: {json.dumps(self.tags, ensure_ascii=False)}\n"
            f"authors: {json.dumps(self.authors, ensure_ascii=False)}\n---\n\n{self.body}"
        )


class Language:
    """The words of the archive and how often each is used."""

    SIZE = 60_000

    def __init__(self) -> None:
        self._random = np.random.default_rng(SEED)

    @cached_property
    def words(self) -> list[str]:
        words = list(dict.fromkeys([*FUNCTION_WORDS, *SUBJECTS]))
        seen = set(words)
        while len(words) < self.SIZE:
            # Frequent words are short, as in English.
            for word in self._coined(8_192, brief=len(words) < self.SIZE // 4):
                if word not in seen:
                    seen.add(word)
                    words.append(word)
        return words[: self.SIZE]

    def _coined(self, count: int, brief: bool) -> list[str]:
        pick = self._random.integers
        syllables = [
            [table[i] for i in pick(0, len(table), count)]
            for table in (ONSETS, VOWELS, CODAS, ONSETS, VOWELS, CODAS, SUFFIXES)
        ]
        used = (*syllables[:3], syllables[6]) if brief else syllables
        return ["".join(parts) for parts in zip(*used, strict=True)]

    @cached_property
    def cumulative(self) -> np.ndarray:
        # Zipf-Mandelbrot: the head is flatter than 1/rank, as in English.
        weights = 1.0 / (np.arange(self.SIZE) + 2.7) ** 1.07
        return np.cumsum(weights / weights.sum())

    @cached_property
    def favourites(self) -> np.ndarray:
        """For each category, 400 content words that it prefers."""
        ranks = np.arange(len(FUNCTION_WORDS), 9_000)
        random = np.random.default_rng([SEED, 1])
        return np.stack([random.choice(ranks, 400, replace=False) for _ in CATEGORIES])

    @cached_property
    def pairs(self) -> np.ndarray:
        """3,000 fixed pairs of content words, used as phrases."""
        return np.random.default_rng([SEED, 2]).integers(len(FUNCTION_WORDS), 6_000, (3_000, 2))

    @cached_property
    def tags(self) -> list[str]:
        random = np.random.default_rng([SEED, 3])
        starts = random.permutation(np.arange(len(FUNCTION_WORDS), 4_000))[:300]
        seconds = random.integers(len(FUNCTION_WORDS), 4_000, 300)
        return [
            f"{self.words[a]} {self.words[b]}".title() if b % 3 == 0 else self.words[a].capitalize()
            for a, b in zip(starts, seconds, strict=True)
        ]


class Writer:
    """Writes article number i of the archive."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.slugs: set[str] = set()
        self.tag_weights = np.cumsum(1.0 / np.arange(1, len(language.tags) + 1))
        self.tag_weights /= self.tag_weights[-1]

    def article(self, number: int) -> Article:
        random = np.random.default_rng([SEED, 4, number])
        category = int(random.integers(len(CATEGORIES)))
        title, slug = self._title(random, category)
        chosen = np.searchsorted(self.tag_weights, random.random(int(random.integers(2, 6))))
        tags = tuple(dict.fromkeys(self.language.tags[i] for i in chosen))
        seconds = int(random.integers(YEARS * 365 * 86_400))
        return Article(
            slug=slug,
            title=title,
            summary=_sentence(self._prose(random, 22, category)),
            published=FIRST_DAY + timedelta(seconds=seconds),
            category=CATEGORIES[category],
            tags=tags,
            authors=self._authors(random),
            body=self._body(random, category, title, tags),
        )

    def _title(self, random: np.random.Generator, category: int) -> tuple[str, str]:
        words = self.language.words
        pool = self.language.favourites[category]
        chosen = [words[i] for i in random.choice(pool, int(random.integers(3, 6)), replace=False)]
        while "-".join(chosen) in self.slugs:
            chosen.append(words[int(random.integers(len(FUNCTION_WORDS), Language.SIZE))])
        self.slugs.add("-".join(chosen))
        return " ".join(chosen).capitalize(), "-".join(chosen)

    def _authors(self, random: np.random.Generator) -> tuple[str, ...]:
        numbers = random.integers(0, 20, 2 if random.random() < 0.1 else 1)
        names = (f"{GIVEN[n % 10]} {FAMILY[(n * 3 + n // 10) % 10]}" for n in numbers.tolist())
        return tuple(dict.fromkeys(names))

    def _prose(self, random: np.random.Generator, count: int, category: int) -> list[str]:
        language, draw = self.language, random.random(count)
        ranks = np.searchsorted(language.cumulative, random.random(count))
        own = draw < 0.12
        ranks[own] = random.choice(language.favourites[category], int(own.sum()))
        starts = np.flatnonzero((draw > 0.985)[:-1])
        pairs = language.pairs[(random.random(len(starts)) ** 2 * len(language.pairs)).astype(int)]
        ranks[starts], ranks[starts + 1] = pairs[:, 0], pairs[:, 1]
        return [language.words[i] for i in ranks.tolist()]

    def _body(self, random: np.random.Generator, category: int, title: str, tags: tuple[str, ...]) -> str:
        count = int(np.clip(random.lognormal(6.65, 0.22), 350, 2_000))
        words = self._prose(random, count, category)
        blocks: list[str] = []
        start = 0
        while start < count:
            end = start + int(random.integers(50, 130))
            blocks.append(_paragraph(words[start:end], random))
            start = end
            if random.random() < 0.3:
                blocks.append("## " + " ".join(self._prose(random, 4, category)).capitalize())
        named = title.split() if random.random() < 0.7 else []
        opening = [*self._prose(random, 9, category), *named, "and", *tags[0].lower().split()]
        blocks.insert(1, _sentence(opening))
        if random.random() < 0.25:
            blocks.insert(len(blocks) // 2, _code(words, random))
        return "\n\n".join(blocks) + "\n"


def _sentence(words: list[str]) -> str:
    return " ".join(words).capitalize() + "."


def _paragraph(words: list[str], random: np.random.Generator) -> str:
    sentences = []
    start = 0
    while start < len(words):
        end = start + int(random.integers(8, 24))
        sentences.append(_sentence(words[start:end]))
        start = end
    if random.random() < 0.35:
        shown = sentences[-1].split()
        at = len(shown) // 2
        link = f"[{shown[at]}](https://example.org/{shown[0].lower().strip('.')})"
        marked = link if at % 2 else f"*{shown[at]}*"
        sentences[-1] = " ".join([*shown[:at], marked, *shown[at + 1 :]])
    return " ".join(sentences)


def _code(words: list[str], random: np.random.Generator) -> str:
    names = words[:8]
    count = int(random.integers(3, 8))
    lines = [f"{name} = {names[-1]}({random.integers(1_000)})" for name in names[:count]]
    return "\n".join([f"```{LANGUAGES[len(lines) % len(LANGUAGES)]}", *lines, "```"])


def articles(count: int) -> Iterator[Article]:
    """The first `count` articles of the archive."""
    writer = Writer(Language())
    return (writer.article(number) for number in range(count))


def write(folder: Path, count: int) -> None:
    """Write `count` articles below `folder` as FOLDER/YEAR/SLUG.md."""
    for year in range(FIRST_DAY.year, FIRST_DAY.year + YEARS + 1):
        (folder / str(year)).mkdir(parents=True, exist_ok=True)
    for article in articles(count):
        (folder / article.path).write_text(article.markdown(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
