"""A real static model for tests: the weights that the package wordllama carries, as model2vec reads them."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest


def write_model(folder: Path) -> Path:
    """Write the model into `folder`. It knows English in small letters only."""
    numpy_files = pytest.importorskip("safetensors.numpy")
    pytest.importorskip("model2vec")
    found = importlib.util.find_spec("wordllama")
    if found is None or found.origin is None:
        pytest.skip("wordllama is not installed")
    package = Path(found.origin).parent
    weights = numpy_files.load_file(package / "weights" / "l2_supercat_256.safetensors")
    folder.mkdir(parents=True)
    numpy_files.save_file({"embeddings": weights["embedding.weight"]}, folder / "model.safetensors")
    shutil.copy(package / "tokenizers" / "l2_supercat_tokenizer_config.json", folder / "tokenizer.json")
    (folder / "config.json").write_text(json.dumps({"normalize": True}))
    return folder
