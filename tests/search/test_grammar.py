"""What typed text means, and what is ignored with which words."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.search.query.grammar import (
    MAX_QUERY_CHARACTERS,
    MAX_QUERY_WORDS,
    Clause,
    DateRange,
    FacetFilter,
    WordSequence,
    loosen_query,
    parse,
    quote_labels,
)


def word(text: str, **options: bool) -> WordSequence:
    return WordSequence(((0, text),), **options)


def joined(text: str, *variants: str, **options: bool) -> WordSequence:
    written = tuple(WordSequence(tuple(enumerate(variant.split()))) for variant in variants)
    return WordSequence(tuple(enumerate(text.split())), joined=True, variants=written, **options)


def meaning(typed: str) -> list[tuple[str, tuple[object, ...]]]:
    return [(clause.occur, clause.alternatives) for clause in parse(typed).clauses]


def seconds(year: int, month: int = 1, day: int = 1) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Mars rover", [("should", (word("mars"),)), ("should", (word("rover"),))]),
        ("mars OR venus", [("should", (word("mars"), word("venus")))]),
        ("mars AND venus", [("must", (word("mars"),)), ("must", (word("venus"),))]),
        ("moon AND mars OR venus", [("must", (word("moon"),)), ("must", (word("mars"), word("venus")))]),
        ("mars or venus", [("should", (word("mars"),)), ("should", (word("or"),)), ("should", (word("venus"),))]),
        ("+mars -venus", [("must", (word("mars"),)), ("must_not", (word("venus"),))]),
        ("NOT venus", [("must_not", (word("venus"),))]),
        ('"cold war"', [("must", (WordSequence(((0, "cold"), (1, "war"))),))]),
        ("“cold war”", [("must", (WordSequence(((0, "cold"), (1, "war"))),))]),
        ('"cold war" OR "space race"', [
            ("must", (WordSequence(((0, "cold"), (1, "war"))), WordSequence(((0, "space"), (1, "race"))))),
        ]),
        ("teles*", [("should", (word("teles", prefix=True),))]),
        ("title:mars", [("must", (word("mars", title=True),))]),
        ("title:mar*", [("must", (word("mar", title=True, prefix=True),))]),
        ("tag:co* -author:ada-ok*", [
            ("must", (FacetFilter("tag", "co", prefix=True),)),
            ("must_not", (FacetFilter("author", "ada-ok", prefix=True),)),
        ]),
        ('tag:"cold w*"', [("must", (FacetFilter("tag", "cold-w", prefix=True),))]),
        ('tag:"Cold War', [("must", (FacetFilter("tag", "cold-war"),))]),
        ('tag:"Cold War"', [("must", (FacetFilter("tag", "cold-war"),))]),
        ("Category:Planets -author:okafor", [
            ("must", (FacetFilter("category", "planets"),)), ("must_not", (FacetFilter("author", "okafor"),)),
        ]),
        ("tag:mars OR tag:venus", [("must", (FacetFilter("tag", "mars"), FacetFilter("tag", "venus")))]),
        ("tag:mars OR venus", [("must", (FacetFilter("tag", "mars"), word("venus")))]),
        ("before:2020", [("must", (DateRange(stop=seconds(2020)),))]),
        ("after:2020-05-17", [("must", (DateRange(start=seconds(2020, 5, 17)),))]),
        ("X-ray boundary-layer", [
            ("should", (joined("x ray", "xray"),)), ("should", (joined("boundary layer", "boundarylayer"),)),
        ]),
        ("https://example.org", [("should", (joined("example org", "exampleorg"),))]),
        ("https://example.org/articles/golden-record/?page=2#top", [
            ("should", (joined("golden record", "goldenrecord"),)),
        ]),
        ("posts/history/hubble.md", [("should", (word("hubble"),))]),
        ("/wiki/G%C3%B6del", [("should", (word("godel"),))]),
        ("km/s", [("should", (joined("km s", "kms"),))]),
        ("N.A.S.A.", [("should", (joined("n a s a", "nasa"),))]),
        ("2025-07-17", [("should", (
            joined("2025 07 17", "17 july 2025", "july 17 2025", "17 july", "july 17"),
            DateRange(seconds(2025, 7, 17), seconds(2025, 7, 18)),
        ))]),
        ("eclipse Aug. 12th, 2026", [
            ("should", (word("eclipse"),)),
            ("should", (
                joined("aug 12th 2026", "2026 08 12", "12 august 2026", "august 12 2026", "12 august", "august 12"),
                DateRange(seconds(2026, 8, 12), seconds(2026, 8, 13)),
            )),
        ]),
        ("2026-02-30", [("should", (joined("2026 02 30"),))]),
        ("--dry-run", [("should", (joined("dry run", "dryrun"),))]),
        ("+mars --venus", [("must", (word("mars"),)), ("should", (word("venus"),))]),
        ("1.2", [("should", (joined("1 2", "v1 2"),))]),
        ("V1.2", [("should", (joined("v1 2", "v12", "1 2"),))]),
        ("NASA AND ESA", [("must", (word("nasa"),)), ("must", (word("esa"),))]),
        ("EFFECTS OF HEAT AND NOT LIGHT", [
            ("should", (word(w),)) for w in ("effects", "of", "heat", "and", "not", "light")
        ]),
        ("火星探査", [("should", (WordSequence(((0, "火星"), (1, "星探"), (2, "探査")), loose=True),))]),
        ("", []),
        ("?! … —", []),
    ],
)  # fmt: skip
def test_typed_text_means(typed: str, expected: list[object]) -> None:
    assert meaning(typed) == expected


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("ab*", "ab* was ignored"),
        ("*scope", "*scope was ignored"),
        ("a?b* c", "a?b* was ignored"),
        ("before:yesterday", "before:yesterday was ignored"),
        ("after:2026-02-30", "after:2026-02-30 was ignored"),
        ('mars "rover', "quotation mark"),
        ("tag:!!", "tag: was ignored"),
        ('title:"mars', "quotation mark"),
        ("🚀", "“🚀” was ignored: there is no word"),
        ("OR NOT", "“OR NOT” was ignored"),
        ('*"', '“*"” was ignored'),
        ("(" * 90, "“" + "(" * 40 + " …” was ignored"),
        ("word " * 300, f"first {MAX_QUERY_CHARACTERS} characters"),
        ("a b " * 40, f"first {MAX_QUERY_WORDS} words"),
        ('"a b c d e" ' * 4, "first 16 words in phrases"),
        ("abc* bcd* cde* def* efg*", "first 4 words with a *"),
    ],
)
def test_what_is_ignored_is_told(typed: str, note: str) -> None:
    assert any(note in text for text in parse(typed).notes), parse(typed).notes


def test_plain_queries_have_nothing_to_tell() -> None:
    assert parse('apollo "cold war" tag:moon teles* -mars before:2020').notes == ()


def test_dates_are_in_the_zone_of_the_site() -> None:
    from zoneinfo import ZoneInfo

    clause = parse("after:2020", ZoneInfo("Europe/Berlin")).clauses[0]

    assert clause.alternatives == (DateRange(start=seconds(2020) - 3600),)


@given(st.text(max_size=1_400))
def test_no_text_raises_or_grows_beyond_the_limits(typed: str) -> None:
    query = parse(typed)

    assert len(query.text) <= MAX_QUERY_CHARACTERS
    assert sum(len(text.words) for clause in query.clauses for text in clause.sequences) <= MAX_QUERY_WORDS + 20
    assert all(isinstance(clause, Clause) and clause.alternatives for clause in query.clauses)


@given(
    st.lists(
        st.sampled_from(
            [
                '"',
                "OR",
                "AND",
                "NOT",
                "-",
                "+",
                "tag:",
                "title:",
                "*",
                "(",
                ")",
                "mars",
                "a",
                "before:",
                "2020",
                "火星",
                "\x00",
            ]
        ),
        max_size=40,
    )
)
def test_no_mixture_of_operators_raises(items: list[str]) -> None:
    parse(" ".join(items))
    parse("".join(items))


def test_alternatives_to_what_is_excluded_are_excluded_too() -> None:
    for typed in ("space NOT moon OR mars", "space NOT (moon OR mars)", "space -moon OR mars"):
        assert [(c.occur, c.alternatives) for c in parse(typed).clauses] == [
            ("should", (word("space"),)), ("must_not", (word("moon"), word("mars")))
        ]  # fmt: skip
    assert parse("venus OR -mars").notes == ("OR before what is excluded was ignored.",)


def test_phrase_that_is_excluded_while_it_is_typed_is_not_searched_for() -> None:
    for typed in ('space -"deep space', 'space -title:"deep space'):
        excluded = parse(typed).clauses[-1]
        assert (excluded.occur, len(excluded.sequences), len(excluded.sequences[0].words)) == ("must_not", 1, 2)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Voyager: grand tour", "Voyager: grand tour"),
        ('"mars landed" -water', "mars landed"),
        ('tag:"cold war" +mars C++', "cold war mars C++"),
        ('-tag:"cold war" -"deep space" NOT moon title:sun', "sun"),
        ("before:2024 after:2020-01 year:2021 moon OR mars", "moon mars"),
        ("X-ray OR", "X-ray OR"),
        ("run --dry-run -moon", "run --dry-run"),
        ("Title:moon & TAG:zzz | sun", "moon zzz sun"),
        ("“moon cheese” „sun“ «star» -“the moon”", "moon cheese sun star"),
    ],
)
def test_query_without_what_narrows_it_has_its_words_left(typed: str, words: str) -> None:
    assert loosen_query(typed) == words


def test_brackets_beside_operators_are_told_of() -> None:
    told = ("Brackets were ignored: OR, AND and NOT hold for the words beside them.",)

    assert parse("(moon landing) OR mars").notes == parse("(moon OR mars) AND (clay OR ice)").notes == told
    assert parse("(moon landing) or :)").notes == parse("moon OR mars").notes == ()


@pytest.mark.parametrize("typed", ["moon OR -mars", "moon OR NOT mars", "moon | -(mars)"])
def test_or_before_what_is_excluded_is_told_of(typed: str) -> None:
    assert "OR before what is excluded was ignored." in parse(typed).notes


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("moon AND -mars", [("must", (word("moon"),)), ("must_not", (word("mars"),))]),
        ("-moon AND mars", [("must_not", (word("moon"),)), ("must", (word("mars"),))]),
        ("AND mars", [("should", (word("mars"),))]),
        ("OR mars", [("should", (word("mars"),))]),
        ("solar-system AND mars", [
            ("must", (joined("solar system", "solarsystem"),)), ("must", (word("mars"),)),
        ]),
        # Three words in capitals may have an operator, four are a sentence.
        ("ESA NASA AND", [("should", (word("esa"),)), ("should", (word("nasa"),))]),
        ("ESA AND NASA TOO", [("should", (word(w),)) for w in ("esa", "and", "nasa", "too")]),
        ('"火星 mars"', [("must", (WordSequence(((0, "火星"), (2, "mars"))),))]),
        ('"火 mars"', [("must", (WordSequence(((0, "火"), (1, "mars"))),))]),
        # Two characters begin many runs; of more, a row of pairs has any ending.
        ("火星*", [("should", (word("火星", prefix=True),))]),
        ("火星探*", [("should", (WordSequence(((0, "火星"), (1, "星探"))),))]),
        ("title:火星探*", [("must", (word("火星探", prefix=True, title=True),))]),
        ("火*", [("should", (word("火", prefix=True),))]),
        ("abc*", [("should", (word("abc", prefix=True),))]),
        ("+ab*", [("must", (word("ab"),))]),
        ("-solar-system", [
            ("must_not", (WordSequence(((0, "solar"), (1, "system")), variants=(word("solarsystem"),)),)),
        ]),
        ("NASA's", [("should", (WordSequence(((0, "nasa"), (1, "s")), loose=True),))]),
        ('"NASA\'s"', [("must", (WordSequence(((0, "nasa"), (1, "s"))),))]),
        ("before:2024-05", [("must", (DateRange(stop=seconds(2024, 5)),))]),
        # What follows a quotation mark directly is written so: „so“-Anfragen.
        ("„so“-Anfragen", [("must", (word("so"),)), ("should", (word("anfragen"),))]),
        ("NOT before:2020", [("must_not", (DateRange(stop=seconds(2020)),))]),
        ("title:", [("should", (word("title"),))]),
        ("Voyager:2", [("should", (joined("voyager 2", "voyager2"),))]),
    ],
)  # fmt: skip
def test_operators_runs_and_fields_mean(typed: str, expected: list[object]) -> None:
    assert meaning(typed) == expected


def test_query_of_as_many_characters_as_are_read_is_read_whole() -> None:
    whole = " ".join(["moons"] * 20 + ["m" * 880])

    assert len(whole) == 1_000
    assert parse(whole).notes == ()
    assert parse(f"{whole}s").notes == ("Only the first 1000 characters were read.",)
    assert parse(f"{whole}s").text == " ".join(["moons"] * 20)
    assert parse(f"{whole} moons").text == whole
    assert parse("m" * 1_100).text == "m" * 1_000


def test_limits_are_told_with_their_numbers() -> None:
    assert parse("a " * 64).notes == ()
    assert parse("a " * 65).notes == ("Only the first 64 words were searched for.",)
    assert parse("tag:a " * 64).notes == ()
    assert len(parse("tag:a " * 65).clauses) == 64
    assert parse("tag:a " * 65).notes == ("Only the first 64 words were searched for.",)
    assert parse('"a b c d" ' * 4).notes == ()
    assert parse('"a b c d" ' * 4 + '"e f"').notes == ("Only the first 16 words in phrases were searched for.",)
    assert parse("abc* " * 4).notes == ()
    assert parse("abc* " * 5).notes == ("Only the first 4 words with a * were searched for.",)


def test_note_on_what_has_no_word_repeats_forty_characters() -> None:
    assert parse("(" * 40).notes == (f"“{'(' * 40}” was ignored: there is no word to search for in it.",)
    assert parse("(" * 41).notes == (f"“{'(' * 40} …” was ignored: there is no word to search for in it.",)


def test_phrase_too_long_for_the_limit_keeps_its_beginning() -> None:
    phrase = " ".join(f"w{number}" for number in range(20))

    assert [len(sequence.words) for sequence in parse(f'"{phrase}"').positive] == [16]


def test_titles_of_exactly_what_was_typed_are_without_filters_and_exclusions() -> None:
    query = parse('Moon tag:mars -sun before:2020 "Cold War"')

    assert query.key == "moon cold war"
    assert query.literal == "moon tag mars sun before 2020 cold war"
    assert parse("Mars and Moon").key == parse("Mars and Moon").literal == "mars and moon"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("hubble NOT webb", "hubble"),
        ("hubble AND NOT webb", "hubble"),
        ("NOT solar-system hubble", "hubble"),
        ("NOT moon OR sun hubble", "hubble"),
        ("moon OR NOT sun", "moon"),
        ('title:"The Golden Record"', "the golden record"),
        ("Title:golden +title:record tag:x", "golden record"),
        ("NOT title:golden record", "record"),
        ("moon AND tag:x AND NOT sun", "moon"),
        ("tag:x AND after:2020 AND moon", "moon"),
        ("WHAT IS NOT THERE", "what is not there"),
    ],
)
def test_operators_of_exclusions_and_the_field_of_titles_are_no_words_of_a_title(typed: str, key: str) -> None:
    assert parse(typed).key == key


def test_query_is_true_where_it_has_clauses() -> None:
    assert parse("moon")
    assert not parse("?!")
    assert not parse("")


def test_clause_is_of_words_where_no_alternative_is_a_filter() -> None:
    assert [clause.is_words for clause in parse("moon OR mars tag:x OR venus year:2020").clauses] == [
        True,
        False,
        False,
    ]


def test_wanted_are_the_words_that_are_not_excluded() -> None:
    query = parse('moon -mars "cold war" tag:x')

    assert query.positive == (word("moon"), WordSequence(((0, "cold"), (1, "war"))))
    assert list(query.alternatives)[-1] == FacetFilter("tag", "x")


def test_spans_are_the_places_in_what_was_typed() -> None:
    query = parse("moon  solar-system OR tag:x")

    assert [query.text[slice(*clause.span)] for clause in query.clauses] == ["moon", "solar-system OR tag:x"]


def test_what_a_query_means_is_shared_between_threads_and_cannot_be_changed() -> None:
    query = parse("moon tag:mars before:2020")
    parts = [query, *query.clauses, *query.alternatives]

    for part in parts:
        for name in (*(field.name for field in fields(part)), "positive", "unheard_of"):
            with pytest.raises((FrozenInstanceError, TypeError)):
                setattr(part, name, None)
    assert parse("moon tag:mars before:2020") is query


def test_only_four_thousand_characters_are_cleaned() -> None:
    assert parse(" " * 3_999 + "moon").text == "m"


@pytest.mark.parametrize(
    ("typed", "quoted"),
    [
        ("tag:cold war", 'tag:"cold war"'),
        ("moon -TAG:Cold War apollo", 'moon -TAG:"Cold War" apollo'),
        ("tag:cold war tag:moon", 'tag:"cold war" tag:moon'),
        ("tag:cold warm", "tag:cold warm"),
        ('tag:"cold war" tag:cold -war', 'tag:"cold war" tag:cold -war'),
        ("category:cold war", "category:cold war"),
        ("tag:cold war years later", 'tag:"cold war years" later'),
        ("title:cold war", "title:cold war"),
    ],
)
def test_label_of_several_words_needs_no_quotation_marks_where_there_is_one(typed: str, quoted: str) -> None:
    assert quote_labels(typed, {"tag": {"cold-war": "Cold War", "cold-war-years": "Cold War Years"}}) == quoted
