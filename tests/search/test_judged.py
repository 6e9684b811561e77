"""Readers' queries on the sample magazine are answered as well as they were; see judged.py."""

from __future__ import annotations

from collections.abc import Mapping

import judged
import pytest
from judged import Answer

from octavo.site.site import Site

MIN_NDCG = 0.95
MIN_SUCCESS = 0.91


@pytest.fixture(scope="module")
def answers(magazine_site: Site) -> Mapping[str, Answer]:
    return judged.judge(magazine_site)


def test_readers_queries_are_answered_as_well_as_they_were(answers: Mapping[str, Answer]) -> None:
    ndcg, success = judged.means(answers)

    told = "\n".join(judged.report(answers))
    assert ndcg >= MIN_NDCG, told
    assert success >= MIN_SUCCESS, told


def test_no_query_is_answered_worse_because_it_was_corrected(
    magazine_site: Site, answers: Mapping[str, Answer]
) -> None:
    plain = judged.judge(magazine_site, correct=False)

    worse = [query for query, answer in answers.items() if answer.ndcg < plain[query].ndcg - judged.TOLD]
    assert worse == []


def test_judgements_name_articles_of_the_magazine(magazine_site: Site) -> None:
    names = {judged.name_of(post.path) for post in magazine_site.edition().posts}

    judgements = [grades for group in judged.GROUPS.values() for grades in group.values()]
    assert len(judgements) >= 150
    for grades in judgements:
        assert grades.keys() <= names
        assert set(grades.values()) <= {1, 2, 3}
