"""Views: one generation of the index as far as readers may see it."""

from __future__ import annotations

from functools import cached_property
from typing import get_args

import numpy as np

from octavo.search.index.reader import Floats, Reader
from octavo.search.index.segment import Bools
from octavo.search.protocol import CompletedFacet, Snapshot
from octavo.search.query.suggest import Completions, completions_of


class View:
    """One generation of the index under one snapshot; `notes` say why it has not every article."""

    def __init__(self, reader: Reader, snapshot: Snapshot, notes: tuple[str, ...] = ()) -> None:
        self.reader = reader
        self.snapshot = snapshot
        self.notes = notes

    @cached_property
    def mask(self) -> Bools:
        """Which documents may be seen."""
        posts = self.snapshot.posts
        seen = np.fromiter(map(posts.__contains__, self.reader.paths), np.bool_, self.reader.size)
        return seen & self.reader.live

    @cached_property
    def recency(self) -> Floats:
        """The factor of each score where newer documents are preferred."""
        return self.reader.recency(self.mask)

    @cached_property
    def fingerprint(self) -> str:
        """What is equal where all answers are, in every process and on every machine.

        Made of the documents that are seen and of all that live: how common a word is, hidden ones
        tell too.
        """
        fingerprints = self.reader.fingerprints
        masks = (self.mask, self.reader.live)
        return "-".join(f"{int(fingerprints[mask].sum()):x}" for mask in masks)

    @cached_property
    def completions(self) -> Completions:
        """What can be completed."""
        counts = {}
        for kind in get_args(CompletedFacet):
            facet = self.reader.facet(kind)
            counts[kind] = dict(zip(facet.values, facet.counts(self.mask), strict=True))
        return completions_of(self.snapshot, counts)
