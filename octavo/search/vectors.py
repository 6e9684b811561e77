"""Vectors of texts: near where the texts mean the same. Kept in 8 bits, compared exactly.

A vector of length 1 is kept as whole numbers from -127 to 127 and one factor. Products of such
numbers are exact in 32 bits up to 1,000 dimensions, in whatever order they are added: every machine
finds the same similarity.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from octavo.search.protocol import Document, Embedder

log = logging.getLogger(__name__)

# The largest number that a vector is kept in.
_LARGEST = 127
# Characters of a passage, and passages of one text that are looked at: from its beginning.
MAX_PASSAGE_CHARACTERS = 2_000
MAX_PASSAGES = 12
# Vectors that are compared at a time: their numbers as floats fit into a processor's cache.
_BLOCK = 512


class Vectors(NamedTuple):
    """Some vectors of one number of dimensions: row `i` of `values` times `factors[i]`."""

    values: npt.NDArray[np.int8]
    factors: npt.NDArray[np.float32]


def quantized(vectors: npt.NDArray[np.float32]) -> Vectors:
    """Return the rows, each scaled to length 1, as whole numbers of 8 bits with a factor.

    Of a row of zeros the numbers and the factor are 0.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    units[~np.isfinite(units)] = 0
    largest = np.abs(units).max(axis=1, initial=0)
    scale = np.divide(_LARGEST, largest, out=np.zeros_like(largest), where=largest > 0)
    values = np.rint(units * scale[:, None]).astype(np.int8)
    return Vectors(values, (largest / _LARGEST).astype(np.float32))


def similarities(vectors: Vectors, query: Vectors) -> npt.NDArray[np.float32]:
    """Return the cosine of each vector with the first one of `query`."""
    wanted = query.values[0].astype(np.float32)
    found = np.empty(len(vectors.values), np.float32)
    # As floats, a block at a time, and not by BLAS, whose threads wait for each other on a machine
    # that has other work.
    block = np.empty((_BLOCK, vectors.values.shape[1]), np.float32)
    for start in range(0, len(found), _BLOCK):
        rows = vectors.values[start : start + _BLOCK]
        floats = block[: len(rows)]
        floats[...] = rows
        np.einsum("ij,j->i", floats, wanted, out=found[start : start + len(rows)])
    similar: npt.NDArray[np.float32] = found * vectors.factors * query.factors[0]
    return similar


def passages(document: Document) -> list[str]:
    """Return the passages by which a document is known: its head, and pieces of its text."""
    head = "\n".join(filter(None, (document.title, document.summary, *document.headings)))
    found = [head[:MAX_PASSAGE_CHARACTERS]]
    text = document.body
    while text and len(found) < MAX_PASSAGES:
        cut = len(text)
        if cut > MAX_PASSAGE_CHARACTERS:
            space = text.rfind(" ", MAX_PASSAGE_CHARACTERS // 2, MAX_PASSAGE_CHARACTERS)
            cut = space if space > 0 else MAX_PASSAGE_CHARACTERS
        found.append(text[:cut])
        text = text[cut:].lstrip()
    return found


def document_vectors(embedder: Embedder, documents: Sequence[Sequence[str]]) -> Vectors | None:
    """Return one vector for each document, from its passages; longer passages count more.

    None where the embedder fails, which is logged: the documents are found by their words.
    """
    texts = [passage for document in documents for passage in document]
    if not texts:
        return None
    try:
        rows = np.asarray(embedder.embed(texts), np.float32)
        if rows.ndim != 2 or len(rows) != len(texts):
            raise ValueError(f"{len(texts)} texts gave an array of the shape {rows.shape}")
    except Exception:
        log.exception(
            "The embedder %s failed: %d articles are not found by meaning until "
            "`flask index build --fresh`.", embedder.identity, len(documents),
        )  # fmt: skip
        return None
    weights = np.sqrt([len(text) for text in texts]).astype(np.float32)
    owners = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
    sums = np.zeros((len(documents), rows.shape[1]), np.float32)
    np.add.at(sums, owners, rows * weights[:, None])
    return quantized(sums)
