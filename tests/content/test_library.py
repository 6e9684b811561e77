"""The library: a few changes give what a full look would, names are told apart, and time decides what is visible."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from octavo.content.catalogue import Catalogue
from octavo.content.library.library import Edition, Library
from octavo.content.loading.loader import Loader
from octavo.content.parse import Rules
from octavo.content.posts import Author, Post
from tests.conftest import NOW, PostsFolder


def post(slug: str, **values: Any) -> Post:
    path = values.pop("path", f"{slug}.md")
    return Post(path=path, digest=path, slug=slug, title=slug.title(), **values)


def day(number: int) -> datetime:
    return datetime(2025, 1, number, tzinfo=UTC)


def edition(*posts: Post, authors: tuple[Author, ...] = ()) -> Edition:
    return Library(posts, authors).at(NOW.timestamp())


def slugs(posts: Any) -> list[str]:
    return [found.slug for found in posts]


def test_lists_are_newest_first_and_undated_posts_last() -> None:
    found = edition(post("b", published=day(1)), post("none"), post("a", published=day(1)), post("c", published=day(2)))

    assert slugs(found.posts) == ["c", "a", "b", "none"]
    assert found.neighbours(found.by_slug["a"]) == (found.by_slug["b"], found.by_slug["c"])
    assert found.neighbours(found.by_slug["c"])[1] is None


def test_terms_gather_spellings_under_the_commonest() -> None:
    found = edition(
        post("a", tags=("Space History", "space-history")), post("b", tags=("space history",)),
        post("c", tags=("Space History", "🚀")), post("d", category="ÉTÉ"), post("e", category="été"),
    )  # fmt: skip

    assert list(found.tags) == ["space-history"]
    assert (found.tags["space-history"].name, found.tags["space-history"].count) == ("Space History", 3)
    assert found.categories["ete"].count == 2


def test_categories_have_colours_of_their_own_that_few_newcomers_change() -> None:
    names = ["Astronomy", "Earth from Space", "Launch", "Observing", "Planetary Science", "Space History"]

    def hues(*more: str) -> dict[str, int]:
        return dict(edition(*(post(name, category=name) for name in (*names, *more))).category_hues)

    before = hues()
    assert len(set(before.values())) == len(names)
    assert set(hues("A new one", "Another").values()) == set(range(8))
    many = [f"Section {number}" for number in range(9)]
    assert hues(*many).items() < hues(*many, "Another").items()
    newcomers = [hues(f"Section {number}") for number in range(40)]
    unchanged = [sum(found[slug] == hue for slug, hue in before.items()) for found in newcomers]
    assert sum(unchanged) > 0.9 * len(names) * len(newcomers)


def test_authors_are_known_by_file_name_or_by_name() -> None:
    desk = Author("history-desk", "The History Desk")
    found = edition(
        post("a", authors=("history-desk",)), post("b", authors=("The History Desk",)), post("c", authors=("Ada",)),
        authors=(desk,),
    )  # fmt: skip

    assert {slug: slugs(term.posts) for slug, term in found.authors.items()} == {
        "ada": ["c"],
        "history-desk": ["a", "b"],
    }
    assert found.author("history-desk") is desk
    assert found.author("ada").name == "Ada"


def test_related_posts_share_rare_tags_first() -> None:
    common = tuple(post(f"p{n}", tags=("common",), category="C") for n in range(5))
    found = edition(post("x", tags=("rare", "common"), category="C"), post("y", tags=("Rare",)), *common)

    related = found.related(found.by_slug["x"], 3)

    assert related[0].post.slug == "y"
    assert related[0].reason == "shares Rare" or related[0].reason == "shares rare"
    assert slugs([entry.post for entry in related[1:]]) == ["p0", "p1"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from("abcdefgh")), st.sampled_from(("", "news", "tests"))), min_size=2, max_size=25
    )
)
def test_related_posts_are_those_with_the_highest_sums(terms: list[tuple[set[str], str]]) -> None:
    texts = [post(f"p{n}", tags=tuple(sorted(tags)), category=kind) for n, (tags, kind) in enumerate(terms)]
    found = edition(*texts)
    own = texts[0]

    related = found.related(own, 3)

    def score(other: Post) -> float:
        shared = [found.tags[tag] for tag in set(other.tags) & set(own.tags)]
        category = [found.categories[own.category]] if own.category and own.category == other.category else []
        # What more than eight and a quarter of all have in common says nothing.
        says = {term.count: term.count <= max(8, len(texts) // 4) for term in (*shared, *category)}
        rarity = [says[term.count] * log(1 + len(texts) / term.count) for term in (*shared, *category)]
        return sum(rarity) - sum(rarity[len(shared) :]) / 2

    scores = sorted((score(other) for other in texts[1:]), reverse=True)
    assert [entry.score for entry in related] == pytest.approx([score for score in scores if score][:3])
    assert [score(entry.post) for entry in related] == pytest.approx([entry.score for entry in related])


def test_editors_choose_and_exclude_related_posts() -> None:
    found = edition(
        post("x", tags=("t",), related=("Chosen", "gone", "x"), related_exclude=("banned",)),
        post("chosen"), post("banned", tags=("t",)), post("other", tags=("t",)),
    )  # fmt: skip

    assert slugs([entry.post for entry in found.related(found.by_slug["x"])]) == ["chosen", "other"]


@pytest.mark.parametrize(
    "hidden", [{"draft": True}, {"published": NOW + timedelta(seconds=1)}, {"expires": NOW}], ids=str
)
def test_hidden_posts_are_in_no_view(hidden: dict[str, Any]) -> None:
    names: dict[str, Any] = {"tags": ("t",), "category": "c", "authors": ("a",)}
    secret = replace(post("secret", aliases=("/old/",), **names), **hidden)
    about = post("about", path="_pages/about.md", kind="page", **hidden)
    found = edition(post("open", related=("secret",), **names), secret, about)
    seen = found.by_slug["open"]

    assert slugs(found.posts) == ["open"]
    assert found.pages == {}
    for kind in ("category", "tag", "author"):
        assert [slugs(term.posts) for term in found.terms(kind).values()] == [["open"]]  # type: ignore[arg-type]
    assert found.related(seen) == ()
    assert found.neighbours(seen) == (None, None)
    assert found.redirects == {}
    assert found.near("secret") == ()
    assert found.named("secret") == ()
    assert [slugs(posts) for posts in found.years(UTC).values()] == [["open"]]


def test_edition_changes_at_the_instant_and_not_before() -> None:
    library = Library([post("a", published=NOW, expires=NOW + timedelta(seconds=2)), post("b", published=day(1))])
    now = NOW.timestamp()

    seen = [slugs(library.at(now + seconds).posts) for seconds in (-0.001, 0, 1.999, 2, -1)]

    assert seen == [["b"], ["a", "b"], ["a", "b"], ["b"], ["b"]]
    assert library.at(now) is library.at(now + 1.9)
    assert (library.at(now).since, library.at(now).until) == (now, now + 2)


@pytest.mark.parametrize("micro", [0, 1, 333_333, 499_999, 999_999])
def test_publication_instants_hold_to_the_microsecond(micro: int) -> None:
    moment = NOW.replace(microsecond=micro)
    library = Library([post("a", published=moment)])

    assert slugs(library.at(moment.timestamp()).posts) == ["a"]
    assert slugs(library.at(moment.timestamp() - 0.00001).posts) == []


def test_paths_name_posts_with_and_without_their_endings() -> None:
    found = edition(
        post("a", path="x/a.md"), post("b", path="y/b/index.md"), post("c", path="_pages/c.md", kind="page")
    ).library

    for path in ("y/b/index.md", "y/b/index", "y/b"):
        assert found.at_path(path) is found.by_slug["b"]
    assert found.at_path("_pages/c.md") is found.pages[0]
    assert found.at_path("../../../etc/passwd") is None
    assert found.at_path("") is None


def test_names_of_articles_follow_each_change() -> None:
    first = post("weeknotes", path="2024-01-05-weeknotes.md")
    second = post("weeknotes-2024-01-12", path="2024-01-12-weeknotes.md")
    library = Library([first])
    assert library.at(NOW.timestamp()).named("weeknotes") == (first,)

    after = library.replaced([], [second], (), {})

    assert after is not None
    assert after.at(NOW.timestamp()).named("weeknotes") == (first, second)
    assert after.at(NOW.timestamp()).named("weeknotes-2024-01-12") == (second,)


def test_series_come_and_go_with_their_articles() -> None:
    now = NOW.timestamp()
    plain, part = post("plain"), post("part", extra={"series": ("Venus",)})
    library = Library([plain])
    assert library.at(now).terms("series") == {}

    other = library.replaced([], [post("other")], (), {})
    assert other is not None
    assert other.at(now).terms("series") == {}
    begun = other.replaced([], [part], (), {})
    assert begun is not None
    assert slugs(begun.at(now).terms("series")["venus"].posts) == ["part"]
    ended = begun.replaced([part], [], (), {})

    assert ended is not None
    assert ended.at(now).terms("series") == {}


def views(library: Library, now: float) -> dict[str, Any]:
    """Everything that readers could see in a library."""
    later = [library.at(now + hours * 3600).posts for hours in (-30, 2, 30)]
    found = library.at(now)  # last: the next library is made from the edition that was asked for last
    return {
        "later": later,
        "problems": library.problems,
        "all": sorted(library.posts, key=lambda post: post.path),
        "by_path": dict(library.by_path),
        "by_slug": {kind.slug: kind for kind in library.posts},
        "authors": library.authors,
        "assets": library.assets,
        "posts": found.posts,
        "pages": found.pages,
        "span": (found.since, found.until),
        "terms": [list(found.terms(kind).items()) for kind in ("category", "tag", "author")],  # type: ignore[arg-type]
        "hues": found.category_hues,
        "years": found.years(UTC),
        "redirects": found.redirects,
        "neighbours": [found.neighbours(post) for post in found.posts],
        "related": [found.related(post) for post in found.posts],
        "near": found.near("a"),
        "names": [found.author(slug) for slug in found.authors],
    }


NAMES = [
    "a.md", "b.md", "c.md", "d.md", "sub/e.md", "sub/f/index.md", "sub/a.md", "_pages/p.md", "a - Copy.md", "a 2.md",
    "2025-01-05-e.md", "2025-01-12-e.md", "b.sync-conflict-20250102-101010-ABCDEFG.md",
]  # fmt: skip
BYLINES = ["_authors/desk.md", "_authors/u.md"]
THEN = st.sampled_from(["look", "hint", "hint", "wait"])
TERMS = st.sampled_from(["T", "t", "Té", "u", "Desk", "desk", "The Desk", "v"])
TEXTS = st.builds(
    lambda title, date, tags, category, author, more: (
        f"---\ntitle: {title}\n{date}tags: {list(tags)}\ncategory: {category}\nauthor: {author}\n"
        f"{more}---\ntext {title}\n"
    ),
    st.sampled_from(["One", "Two", "Three"]),
    st.sampled_from(["", "date: 2025-01-01\n", "date: 2025-07-20T13:00:00Z\n", "date: 2025-07-19\n"]),
    st.lists(TERMS, max_size=3),
    TERMS,
    TERMS,
    st.sampled_from(
        [
            "",
            "draft: true\n",
            "unlisted: true\n",
            "status: odd\n",
            "slug: b\n",
            "aliases: [/old/]\n",
            "expires: 2025-07-21\n",
            "odd: 1\n",
        ]
    ),
)
BAD = st.sampled_from(["---\ntitle: Half", "", "---\ndate: never\n---\n", "te\0xt"])


class ChangingFolder(RuleBasedStateMachine):
    """Files come, change, break, mend, move and go; the site follows after one or a few, by hints or a look at all."""

    @initialize()
    def start(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = PostsFolder(Path(self.temporary.name) / "posts")
        self.folder.raw("_authors/desk.md", "---\nname: The Desk\n---\nBio")
        self.catalogue = Catalogue(Path(self.temporary.name) / "index", "")
        self.loader = Loader(self.folder.path, Rules(UTC), self.catalogue)
        self.loader.load()
        self.touched: set[str] = set()

    def follow(self, then: str, *names: str) -> None:
        self.touched.update(names)
        if then != "wait":
            self.loader.refresh(self.touched if then == "hint" else None, settle=0)
            self.touched.clear()

    @rule(name=st.sampled_from(NAMES), text=st.one_of(TEXTS, TEXTS, TEXTS, BAD), then=THEN)
    def write(self, name: str, text: str, then: str) -> None:
        self.folder.raw(name, text)
        self.follow(then, name)

    @rule(name=st.sampled_from(BYLINES), title=st.sampled_from(["T", "V", "The Desk"]), then=THEN)
    def write_byline(self, name: str, title: str, then: str) -> None:
        self.folder.raw(name, f"---\nname: {title}\n---\nBio")
        self.follow(then, name)

    @rule(name=st.sampled_from(NAMES + BYLINES), then=THEN)
    def delete(self, name: str, then: str) -> None:
        (self.folder.path / name).unlink(missing_ok=True)
        self.follow(then, name)

    @rule(old=st.sampled_from(NAMES), new=st.sampled_from(NAMES), then=THEN)
    def rename(self, old: str, new: str, then: str) -> None:
        if (self.folder.path / old).exists():
            (self.folder.path / new).parent.mkdir(parents=True, exist_ok=True)
            (self.folder.path / old).replace(self.folder.path / new)
            self.follow(then, old, new)

    @rule()
    def save(self) -> None:
        self.loader.save()

    @invariant()
    def equals_what_a_new_process_sees(self) -> None:
        if self.touched or not hasattr(self, "loader"):
            return
        self.loader.save()
        again = Loader(self.folder.path, Rules(UTC), Catalogue(Path(self.temporary.name) / "index", ""))
        assert views(again.load(), NOW.timestamp()) == views(self.loader.library, NOW.timestamp())
        again.close()
        cold = Loader(self.folder.path, Rules(UTC), Catalogue(None, ""))
        good = cold.load().by_path
        assert {path: self.loader.library.by_path.get(path) for path in good} == good
        assert self.loader.differences() == set()
        cold.close()

    def teardown(self) -> None:
        if hasattr(self, "loader"):
            self.catalogue.close()
            self.temporary.cleanup()


OFTEN = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=30, stateful_step_count=25)


@pytest.mark.thorough
class TestChangingFolder(ChangingFolder.TestCase):
    settings = settings(OFTEN, derandomize=True)


@pytest.mark.long
class TestChangingFolderForLong(ChangingFolder.TestCase):
    settings = settings(OFTEN, max_examples=400, stateful_step_count=40)
