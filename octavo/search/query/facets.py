"""Facets of results: their values, how many results have each, and narrowing to some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from octavo.search.facets import FACETS, facet_named, own_facets
from octavo.search.index.reader import Reader
from octavo.search.index.segment import Bools
from octavo.search.protocol import MAX_FACET_VALUES, MAX_SELECTED_VALUES, FacetCount
from octavo.search.query.evaluation.matches import Matches
from octavo.search.query.view import View

# The selected values of facets, as slugs.
Selection = Mapping[str, tuple[str, ...]]


def known_selection(selected: Mapping[str, Iterable[str]], own: Iterable[str] = ()) -> Selection:
    """Return the selected values of known facets, each once and at most MAX_SELECTED_VALUES.

    `own` are the site's own facets.
    """
    known = (*FACETS, *sorted(own))
    distinct = {facet: tuple(dict.fromkeys(selected.get(facet, ()))) for facet in known}
    return {facet: values[:MAX_SELECTED_VALUES] for facet, values in distinct.items() if values}


def narrow(
    view: View, matches: Matches, selection: Selection
) -> tuple[Matches, dict[str, tuple[FacetCount, ...]]]:
    """Return the matches with the selected values, and the values of all facets with their counts.

    Where a facet does not narrow, its values are counted as if none of them were selected.
    """
    reader = view.reader
    all_counted = matches.mask
    masks = {facet: _facet_mask(reader, facet, values) for facet, values in selection.items()}
    facets = {}
    for facet in (*FACETS, *sorted(own_facets(view.snapshot))):
        counted = all_counted
        for other, chosen in masks.items():
            if facet_named(facet).narrows or other != facet:
                counted = counted & chosen
        facets[facet] = _counts(view, facet, counted, selection.get(facet, ()))
    if masks:
        matches = matches.narrowed(np.logical_and.reduce(list(masks.values())))
    return matches, facets


def _facet_mask(reader: Reader, name: str, values: tuple[str, ...]) -> Bools:
    facet = reader.facet(name)
    count = np.zeros(reader.size, np.int32)
    for value in values:
        count[facet.documents(value)] += 1
    needed = len(values) if facet_named(name).narrows else 1
    mask: Bools = count >= needed
    return mask


def _counts(
    view: View, name: str, mask: Bools, selected: tuple[str, ...]
) -> tuple[FacetCount, ...]:
    facet = view.reader.facet(name)
    counts = facet.counts(mask)
    chosen = {facet.number(value) for value in selected}
    present = [number for number, count in enumerate(counts) if count or number in chosen]
    names = view.snapshot.names.get(name)
    if names is not None:
        # An author is indexed under the names of file and person; only one of them has a page.
        present = [number for number in present if facet.values[number] in names]
    # Numbers are in alphabetical order, which is that of time too. Sorting keeps it between equals.
    if facet_named(name).is_date:
        present.reverse()
    else:
        present.sort(key=counts.__getitem__, reverse=True)
    shown = present[:MAX_FACET_VALUES]
    shown += [number for number in present[MAX_FACET_VALUES:] if number in chosen]
    values = [(number, facet.values[number]) for number in shown]
    return tuple(
        FacetCount(value, view.snapshot.name(name, value), counts[number], number in chosen)
        for number, value in values
    )
