"""Views: one generation of the index, restricted to what readers may see."""

from __future__ import annotations

from typing import get_args

import numpy as np

from octavo.cached import cached_property
from octavo.search.index.reader import Floats, Reader
from octavo.search.index.segment import Bools
from octavo.search.protocol import CompletedFacet, Snapshot
from octavo.search.query.grammar import SearchQuery
from octavo.search.query.suggest import Completions, completions_of
from octavo.search.query.variants import NO_SYNONYMS, Synonyms


class View:
    """One generation of the index under one snapshot; `notes` say why articles are missing.

    `synonyms` are those of the site, and the initials of the snapshot's labels; `rewritten` are
    queries with their variants, by their text.
    """

    def __init__(
        self,
        reader: Reader,
        snapshot: Snapshot,
        notes: tuple[str, ...] = (),
        synonyms: Synonyms = NO_SYNONYMS,
    ) -> None:
        self.reader = reader
        self.snapshot = snapshot
        self.notes = notes
        self.synonyms = synonyms
        self.rewritten: dict[str, SearchQuery] = {}

    @cached_property
    def mask(self) -> Bools:
        """A mask of the documents that readers may see."""
        posts = self.snapshot.posts
        seen = np.fromiter(map(posts.__contains__, self.reader.paths), np.bool_, self.reader.size)
        return seen & self.reader.live

    @cached_property
    def recency(self) -> Floats:
        """The factor of each score where newer documents are preferred."""
        return self.reader.recency(self.mask)

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint of all answers: while it is equal, so are they, on every machine.

        It is made of the visible documents and of all live ones, since hidden ones too count for
        how common a word is.
        """
        fingerprints = self.reader.fingerprints
        masks = (self.mask, self.reader.live)
        return "-".join(f"{int(fingerprints[mask].sum()):x}" for mask in masks)

    @cached_property
    def completions(self) -> Completions:
        """What the typed text may become: names with the number of visible articles of each."""
        counts = {}
        for kind in get_args(CompletedFacet):
            facet = self.reader.facet(kind)
            counts[kind] = dict(zip(facet.values, facet.counts(self.mask), strict=True))
        return completions_of(self.snapshot, counts)
