"""Facets: the values that results have, how many have each, and narrowing to some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from octavo.search.index.reader import Reader
from octavo.search.index.schema import FACETS
from octavo.search.index.segment import Bools
from octavo.search.query.evaluate import Matches
from octavo.search.query.view import View

# Values of a facet that are listed, the most frequent ones.
MOST_VALUES = 50
# Values of a facet that are taken from an address.
MOST_SELECTED = 16
# Values of one facet can be chosen together: an article has one category, and so every further one
# widens. Tags narrow.
_NARROWING = ("tag",)

Selected = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet, and how many results there are with it."""

    value: str
    label: str
    count: int
    selected: bool


def cleaned(selected: Mapping[str, Iterable[str]]) -> Selected:
    """The selected values of the facets that there are, each once and not too many."""
    kept = {
        facet: tuple(dict.fromkeys(selected.get(facet, ())))[:MOST_SELECTED] for facet in FACETS
    }
    return {facet: values for facet, values in kept.items() if values}


def narrowed(
    view: View, matches: Matches, selected: Selected
) -> tuple[Matches, dict[str, tuple[FacetValue, ...]]]:
    """The matches with the selected facet values, and the values of all facets with their counts.

    The other values of a facet that widens are counted as if none of its values were selected.
    """
    reader = view.reader
    masks = {facet: _facet_mask(reader, facet, values) for facet, values in selected.items()}
    mask = matches.mask
    for chosen in masks.values():
        mask = mask & chosen
    facets = {}
    for facet in FACETS:
        base = mask
        if facet in masks and facet not in _NARROWING:
            base = matches.mask
            for other, chosen in masks.items():
                base = base & chosen if other != facet else base
        facets[facet] = _values(view, facet, base, selected.get(facet, ()))
    return matches.narrowed(mask) if masks else matches, facets


def _facet_mask(reader: Reader, name: str, values: tuple[str, ...]) -> Bools:
    facet = reader.facet(name)
    count = np.zeros(reader.size, np.int32)
    for value in values:
        count[facet.documents(value)] += 1
    needed = len(values) if name in _NARROWING else 1
    mask: Bools = count >= needed
    return mask


def _values(
    view: View, name: str, mask: Bools, selected: tuple[str, ...]
) -> tuple[FacetValue, ...]:
    facet = view.reader.facet(name)
    counts = facet.counts(mask)
    chosen = {facet.number(value) for value in selected}
    present = [number for number, count in enumerate(counts) if count or number in chosen]
    if name in view.visible.names:
        # An author is indexed under the names of file and person; only one of them has a page.
        present = [number for number in present if facet.values[number] in view.visible.names[name]]
    # Years are listed from the last; other values by how many there are, equal ones in alphabetical
    # order.
    present.sort(key=None if name == "year" else counts.__getitem__, reverse=True)
    shown = [
        number for place, number in enumerate(present) if place < MOST_VALUES or number in chosen
    ]
    return tuple(
        FacetValue(
            value := facet.values[number],
            view.visible.name(name, value),
            counts[number],
            number in chosen,
        )
        for number in shown
    )
