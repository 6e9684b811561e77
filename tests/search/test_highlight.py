"""What is marked in titles and snippets, and which place of an article a snippet shows."""

from __future__ import annotations

import re
import time
from html import escape
from itertools import accumulate

import pytest
from archive import Archive
from hypothesis import example, given
from hypothesis import strategies as st

from octavo.search.analysis import Language, token_matches
from octavo.search.folding import compose, fold, fold_origins, script_runs
from octavo.search.query.grammar import parse
from octavo.search.query.highlight import Highlighter, StemCache

ENGLISH, GERMAN = Language("english"), Language("german")
WORDS = (
    "Moon moons MOONS rover Rovers étage Étages etage naïve Straße strasse STRASSE straßen æther Aether Œuvre oeuvre "
    "ﬁnal final ﬂight x² ½ Ørsted Łódź ıstanbul İstanbul café cafe\u0301 mo\u0304on q\u0303x ΑΛΦΑ ά Луна луны Ёлка "
    "ёлки й Überall ueberall uberall Köln Koeln dying die died lies lying tie ＭＯＯＮ Ångström C++ C++17 C# c 12 A B+ "
    "می\u200cروم میروم سَلام سلام שָׁלוֹם שלום "
    "月 火星 宇宙 宇宙開発 火星探査機 ロケット ﾛｹｯﾄ ｶﾞｽ ガス 12月 NASA "
).split()
GAPS = [" ", " ", " ", ", ", "’", "”", " “", " – ", "—", "… ", "\n", "_", "-", "/", " 😀 ", "、", "", "\u200d"]
TYPED = (
    "moon rover etage étage strasse Straße aether æther oeuvre final fi* x2 orsted lodz istanbul cafe αλφα луна ёлка й "
    "überall ueber* köln die lie tie C++ C# c 12 میروم سلام שלום 月 火星 宇宙開発 ロケ* ガス nasa na* moo* m*"
).split()
texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS)), max_size=12).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)


def marked_one_by_one(text: str, typed: str, language: Language) -> set[int]:
    """Which characters of a composed text are marked: looks at every word, as the index does."""
    sought = [text.words[0][1] for c in parse(typed).clauses for text in c.sequences if not text.prefix]
    # "die" says nothing in German, unless it is all that was typed.
    telling = [word for word in sought if not language.is_stop_word(word)]
    stems = {language.stem(word) for word in (telling if telling or "*" in typed else sought)}
    begun = [text.words[0][1] for c in parse(typed).clauses for text in c.sequences if text.prefix]
    begun = [form for word in begun for form in language.prefix_variants(word)]
    runs = [word for c in parse(typed).clauses for text in c.sequences for _, word in text.words]
    found: set[int] = set()
    for match in token_matches(text):
        folded = fold(match.group())
        places = [match.start() + place for place in fold_origins(match.group())]
        ends = [
            next((later for later in places[i + 1 :] if later > place), match.end()) for i, place in enumerate(places)
        ]
        inside: set[int] = set()
        cuts = list(accumulate((len(piece) for piece, _ in script_runs(folded)), initial=0))
        for (piece, is_unspaced), at in zip(script_runs(folded), cuts, strict=False):
            if not is_unspaced and (language.stem(piece) in stems or piece.startswith(tuple(begun))):
                inside.update(range(at, at + len(piece)))
            for run in runs if is_unspaced else ():
                for hit in re.finditer(f"(?={re.escape(run)})", piece):
                    inside.update(range(at + hit.start(), at + hit.start() + len(run)))
        found.update(place for i in inside for place in range(places[i], ends[i]))
    return found


def marked(text: str, typed: str, language: Language = ENGLISH) -> str:
    return Highlighter(parse(typed), language, StemCache(language)).mark(text)


@given(
    texts, st.lists(st.sampled_from(TYPED), min_size=1, max_size=4).map(" ".join), st.sampled_from([ENGLISH, GERMAN])
)
@example("“The ﬁnal Straße” – ﬁnale", "final strasse", ENGLISH)
@example("月C++ ﾛｹｯﾄC# xC++", "C++ C#", ENGLISH)
def test_the_words_marked_are_those_that_the_index_finds(text: str, typed: str, language: Language) -> None:
    text = compose(text)

    html = marked(text, typed, language)

    places = marked_one_by_one(text, typed, language)
    parts = [f"<mark>{escape(c)}</mark>" if i in places else escape(c) for i, c in enumerate(text)]
    expected = "".join(parts).replace("</mark><mark>", "")
    assert "".join(html.replace(" ·", " ").split()) == "".join(expected.split())


def test_typographic_quotes_and_accents_do_not_make_a_snippet_dear() -> None:
    plain = "Nobody had asked the crew about the valve, and so the valve stayed as it was. " * 380
    typographic = plain.replace("Nobody", "“Nobody”").replace("crew", "équipage’s")
    spent = {}

    for text in (plain, typographic):
        marker = Highlighter(parse("magnetometer"), ENGLISH, StemCache(ENGLISH))
        spent[text] = min(_seconds(marker, text) for _ in range(7))

    # Word by word it is more than twenty times as dear.
    assert spent[typographic] < 8 * spent[plain]


def _seconds(marker: Highlighter, text: str) -> float:
    started = time.thread_time()
    marker.snippet([text])
    return time.thread_time() - started


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("die moon", "The <mark>dying</mark> star and the <mark>moon</mark>"),
        ("lie", "It was <mark>lying</mark> there; it <mark>lies</mark>"),
        ("tie moon", "<mark>Tying</mark> a knot on the <mark>Moon</mark>"),
    ],
)
def test_irregular_forms_are_marked_beside_regular_ones(typed: str, text: str) -> None:
    assert marked(re.sub("</?mark>", "", text), typed) == text


def test_words_whose_beginning_the_stemmer_changes_are_marked_in_every_language() -> None:
    assert marked("Ueberall und überall", "überall", GERMAN) == "<mark>Ueberall</mark> und <mark>überall</mark>"
    dutch, russian = Language("dutch"), Language("russian")
    assert marked("De maan en manen", "maan", dutch).count("<mark>") == 2
    assert marked("Ёлка и елка", "ёлка", russian).count("<mark>") == 2


def test_snippet_of_a_phrase_shows_the_phrase(archive: Archive) -> None:
    filler = " ".join(f"Sentence {i} tells of other things." for i in range(30))
    start = "Station life is hard; space food, space suits, station crews. "
    archive.write("a.md", "A", f"{start}{filler} Nothing is like the space station itself.")
    archive.sync()

    for typed in ('"space station"', '"the space station" food suits crews'):
        assert "<mark>space</mark> <mark>station</mark> itself" in archive.search(typed).hits[0].snippet_html
    # Only what is sought by itself is marked elsewhere.
    assert marked(start, '"space station" crews') == start.strip().replace("crews", "<mark>crews</mark>")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ('"the moon"', "On <mark>the</mark> “<mark>Moon</mark>” or the next moon"),
        ("AT&T", "Of <mark>AT</mark>&amp;<mark>T</mark> at tea"),
        ('"große Straße"', "Eine <mark>große</mark> <mark>Straße</mark>, eine Straße"),
        ('"C++ code"', "<mark>C++</mark> <mark>code</mark> is not C code"),
        ("F-1", "<mark>F</mark>-<mark>1</mark>ロケット、1F"),
    ],
)
def test_words_of_a_phrase_are_marked_where_they_are_one(typed: str, text: str) -> None:
    assert marked(re.sub("</?mark>", "", text).replace("&amp;", "&"), typed) == text


def test_snippet_of_a_phrase_shows_it_after_very_many_other_matches() -> None:
    text = "Crews of crews meet the crew. " * 900 + "Here is the space station itself."
    marker = Highlighter(parse('"space station" crews'), ENGLISH, StemCache(ENGLISH))

    assert "<mark>space</mark> <mark>station</mark> itself" in marker.snippet([text])


def test_match_longer_than_a_snippet_is_marked_as_far_as_it_is_shown(archive: Archive) -> None:
    archive.write("a.md", "A", "b" * 300)
    archive.write("b.md", "B", "月" * 300)
    archive.sync()

    assert archive.search("b" * 300).hits[0].snippet_html == f"<mark>{'b' * 220}</mark> …"
    assert archive.search("月月月").hits[0].snippet_html == f"<mark>{'月' * 220}</mark> …"


def test_match_at_the_end_of_a_very_long_text_is_shown() -> None:
    for filler in ("No word of it here. ", "“Nothing” of it here. ", "静かな夜の話。"):
        text = filler * (90_000 // len(filler)) + "A magnetometer, the last 月 of it."
        marker = Highlighter(parse("magnetometer 月"), ENGLISH, StemCache(ENGLISH))

        assert "A <mark>magnetometer</mark>, the last <mark>月</mark>" in marker.snippet([text])
