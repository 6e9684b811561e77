"""The parts of Whoosh that are used, imported here only.

Whoosh 2.7.4 has escapes and comparisons that newer Pythons warn of while they compile it for the
first time.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh import analysis, fields
    from whoosh.codec import base as codec
    from whoosh.filedb.filestore import FileStorage
    from whoosh.index import TOC, FileIndex
    from whoosh.lang.stopwords import stoplists
    from whoosh.matching import ListMatcher
    from whoosh.reading import TermInfo, TermNotFound
    from whoosh.util.filelock import FileLock

__all__ = [
    "TOC",
    "FileIndex",
    "FileLock",
    "FileStorage",
    "ListMatcher",
    "TermInfo",
    "TermNotFound",
    "analysis",
    "codec",
    "fields",
    "stoplists",
]
