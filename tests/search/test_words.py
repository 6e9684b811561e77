"""What counts as a word, and what is the same word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.search.analysis import Language, Lexicon, analyze
from octavo.search.folding import compose, fold, fold_origins
from octavo.search.regional_spellings import english_words, is_english, respellings


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ångström", "angstrom"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("Ærø", "aero"),
        ("Ό", "ο"), ("йод", "йод"), ("火星", "火星"), ("ﬁrst", "first"),
    ],
)  # fmt: skip
def test_case_and_accents_fold_where_readers_leave_them_out(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_composed_and_decomposed_letters_are_the_same_words() -> None:
    assert analyze("A\u030angstro\u0308m") == analyze("Ångström") == ["angstrom"]


def test_places_where_a_word_may_be_parted_are_not_in_it() -> None:
    assert analyze("Donau\u00addampf\u00adschiff 10\u2060km e\u00ad\u0301") == ["donaudampfschiff", "10km", "e"]
    assert compose("\u00ad") == ""


@pytest.mark.parametrize(
    "forms",
    [
        ["tele\u200bscope", "telescope", "\ufefftelescope"],
        ["می\u200cخواهم", "میخواهم"],
        ["रक्\u200dषा", "रक्षा"],
        ["שָׁלוֹם", "שלום"],
        ["كِتَاب", "كتاب"],
    ],
)
def test_what_is_not_always_typed_makes_no_other_word(forms: list[str]) -> None:
    assert len({tuple(analyze(form)) for form in forms}) == 1
    assert len(analyze(forms[0])) == 1


def test_marks_that_carry_vowels_stay_in_the_word() -> None:
    assert analyze("हिन्दी लेख") == ["हिन्दी", "लेख"]


def test_text_without_spaces_becomes_pairs_of_characters_and_a_last_one() -> None:
    assert analyze("火星探査") == ["火星", "星探", "探査", "査"]


def test_joined_words_are_split_at_everything_that_is_not_a_letter_or_digit() -> None:
    assert analyze("Apollo-Soyuz's snake_case 3.14") == ["apollo", "soyuz", "s", "snake", "case", "3", "14"]


def test_stemming_brings_forms_of_a_word_together_in_the_chosen_language() -> None:
    assert len({Language("english").stem(word) for word in ("telescope", "telescopes")}) == 1
    assert len({Language("german").stem(word) for word in ("rakete", "raketen")}) == 1
    assert Language("none").stem("telescopes") == "telescopes"


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("french", ["arrivé", "arrivée", "arrivées", "arriver", "arrivee"]), ("french", ["fusée", "fusées", "FUSEE"]),
        ("portuguese", ["missão", "missões", "missao"]), ("spanish", ["misión", "misiones", "mision"]),
        ("german", ["Häuser", "Haus", "HAEUSER"]), ("russian", ["звезда", "звезды"]),
    ],
)  # fmt: skip
def test_forms_are_one_word_with_and_without_their_accents(name: str, forms: list[str]) -> None:
    assert len({Language(name).stem(fold(form)) for form in forms}) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("german", ["über", "daß", "Nicht"]), ("french", ["même", "les", "étaient"]), ("russian", ["что", "более"]),
        ("swedish", ["från", "är"]), ("english", ["don", "the"]),
    ],
)  # fmt: skip
def test_words_that_say_nothing_are_those_of_the_language(name: str, words: list[str]) -> None:
    assert all(Language(name).is_stop_word(fold(word)) for word in words)
    assert not Language(name).is_stop_word("telescope")
    assert not Language("none").is_stop_word(fold(words[0]))


def test_unknown_language_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"klingon.*english"):
        Language("klingon")


def test_characters_of_a_folded_word_come_from_those_that_were_written() -> None:
    assert fold_origins("漏ｶﾞｽß") == [0, 1, 3, 4, 4, 5]


@given(st.text(alphabet="火ｶﾞハ\u3099ßÅﬁﾡ각ำe\u0301İ12", min_size=1, max_size=80))
def test_every_character_of_a_folded_word_comes_from_somewhere(text: str) -> None:
    places = fold_origins(text)

    assert places == sorted(places)
    assert places[-1] == len(text)


@given(st.text())
def test_lexicon_numbers_words_as_analysis_finds_them(text: str) -> None:
    lexicon = Lexicon(Language("english"))

    words = [lexicon.words[number] for number in lexicon.numbers(text)]

    assert words == analyze(text)


def test_prefixes_in_german_have_umlauts_in_both_spellings_and_few_forms() -> None:
    german = Language("german")

    assert set(german.prefix_variants("ueber")) == set(german.prefix_variants("uber")) == {"ueber", "uber"}
    assert german.prefix_variants("koe") == ("koe",)
    assert german.prefix_variants("quel") == ("quel",)
    assert german.prefix_variants("neue") == ("neue",)
    assert german.prefix_variants("mau") == ("mau", "maeu")
    assert len(german.prefix_variants("autobahnuberfuhrungsanlagenbau")) <= 9
    assert Language().prefix_variants("aero") == ("aero",)


def test_english_has_its_words_in_both_spellings_and_no_others() -> None:
    listed = re.findall(rb'^"([a-z]+)":', english_words(), re.MULTILINE)
    some = [word.decode() for word in [*listed[::997], *listed[:3], *listed[-3:]]]

    assert len(listed) > 100_000
    for word in (*some, "movie", "grey", "colour", "optimising", "catalogue", "photos"):
        assert is_english(word), word
    for word in ("", "telescpe", "aaaa", "zzzz", "Movie", "mov", "{", "moviee"):
        assert not is_english(word), word


@pytest.mark.parametrize(
    "pair", ["colour color", "centre center", "organise organize", "travelled traveled", "defence defense",
             "catalogue catalog", "analysed analyzed", "metre meter"]
)  # fmt: skip
def test_british_and_american_spellings_lead_to_each_other(pair: str) -> None:
    british, american = pair.split()

    assert american in respellings(british)
    assert british in respellings(american)
