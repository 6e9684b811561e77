"""Embeddings of whole sentences by neural networks: better than static ones, and much slower.

`embedder_model` is the path of a folder with a model, or its name on Hugging Face. No extra has the
package, since it brings PyTorch: `pip install sentence-transformers`.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def open_embedder(model: str, root: Path) -> SentenceEmbedder:
    """Return the embedder for a model. Raises ImportError or ValueError where it cannot be used."""
    if importlib.util.find_spec("sentence_transformers") is None:
        raise ImportError("it needs a package: `pip install sentence-transformers`.")
    if not model:
        raise ValueError("name a model in `embedder_model`: a folder, or a name on Hugging Face.")
    folder = root / model
    return SentenceEmbedder(str(folder) if folder.is_dir() else model)


class SentenceEmbedder:
    """The embedder for a model of sentence-transformers, which is loaded with the first text."""

    least_similarity = 0.4

    def __init__(self, model: str) -> None:
        self.identity = f"sentence-transformers {model}"
        self._name = model
        self._model: Any = None
        self._loading = threading.Lock()

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return a row for each text: its vector."""
        with self._loading:
            if self._model is None:
                from sentence_transformers import SentenceTransformer

                self._model = SentenceTransformer(self._name)
        found = self._model.encode(list(texts), show_progress_bar=False)
        return np.asarray(found, np.float32)
