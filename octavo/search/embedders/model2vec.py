"""Static embeddings: a text's vector is the mean of its words', looked up in a table.

No network and no processor for graphics: a tenth of a millisecond a text. Any model of model2vec,
by the path of its folder or by its name on Hugging Face, from where it is fetched once.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# Without one of these in a folder, the library would ask the network for a model of that name.
FILES = ("config.json", "tokenizer.json", "model.safetensors")


def open_embedder(model: str, root: Path) -> StaticEmbedder:
    """Return the embedder for a model. Raises ImportError or ValueError where it cannot be used."""
    if importlib.util.find_spec("model2vec") is None:
        raise ImportError("it needs model2vec: `pip install 'octavo[meaning]'`.")
    if not model:
        raise ValueError("name a model in `embedder_model`: a folder, or a name on Hugging Face.")
    folder = root / model
    if not folder.is_dir():
        if model.startswith((".", "/", "~")) or model.count("/") != 1:
            raise ValueError(f"embedder_model = {model!r}: there is no such folder.")
        return StaticEmbedder(model, model)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"embedder_model = {model!r}: the folder lacks {', '.join(missing)}.")
    digest = blake2b(digest_size=16)
    for name in FILES:
        digest.update((folder / name).read_bytes())
    return StaticEmbedder(str(folder), digest.hexdigest())


class StaticEmbedder:
    """The embedder for a model of model2vec, which is loaded with the first text."""

    # A word and a text of the same subject have more in common, most others less than 0.2.
    least_similarity = 0.25

    def __init__(self, model: str, identity: str) -> None:
        self.identity = f"model2vec {identity}"
        self._name = model
        self._model: Any = None
        self._loading = threading.Lock()

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return a row for each text: its vector.

        Texts are put into small letters first: words with capitals are others to these models.
        """
        model = self._loaded()
        lower = [text.lower() for text in texts]
        found: npt.NDArray[np.float32] = model.encode(
            lower, max_length=None, use_multiprocessing=False
        )
        return found

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                from model2vec import StaticModel

                self._model = StaticModel.from_pretrained(self._name, force_download=False)
            return self._model
