"""The identity of an index: what it was made by. Where any of that differs, it is made again."""

from __future__ import annotations

import unicodedata
from datetime import tzinfo
from pathlib import Path

from octavo.content.digests import digest_texts, source_digest
from octavo.search.analysis import Language

_INDEX = Path(__file__).parent
_SEARCH = _INDEX.parent
_CONTENT = _SEARCH.parent / "content"
SEARCH_LIBRARIES = ("numpy", "pystemmer", "whoosh")
# By these a file becomes the text of a document.
CONTENT_LIBRARIES = ("python-frontmatter", "PyYAML", "pyromark", "nh3", "selectolax")
# Their stems tell releases of a stemmer apart, also where only its rules were replaced. Among them
# are words that Snowball's releases have treated differently.
PROBE_WORDS = tuple(
    """
    added agreed apologist astronomies beginning biologist children colonies communication created
    crying dying engines evening exceeding flies galaxies generously happily herrings importantly
    inning kindness landed larger launching lying matrices news observatories organization painted
    past planets proceeding recycled relativity running skies succeeded telescopes theology tying
    universe university useful
    abenteuer baume bauten blauaugig flugzeuge gefuhrt grosse gruesse haeuser hauser koenig lichter
    planeten raumfahrerinnen straße systeme uebungen wissenschaftlich
    ameliorations arrivee astres chevaux continuellement decouvertes etoiles lunaires naturelles
    canciones estrellas estudiantes naciones rapidamente stelle osservazioni estrelas observacoes
    """.split()
)


def identity(language: Language, zone: tzinfo, embedder: str = "") -> str:
    """Return a digest of everything that the content of an index depends on, except the articles.

    That is the source of this package and of content/, the libraries they use, Unicode's tables,
    stems and stop words of the language, the time zone, and the identity of the embedder.
    """
    return digest_texts(
        [
            source_digest(_SEARCH, SEARCH_LIBRARIES),
            source_digest(_CONTENT, CONTENT_LIBRARIES),
            unicodedata.unidata_version,
            language.name,
            str(zone),
            *map(language.stem, PROBE_WORDS),
            *sorted(language.stop_words),
            *filter(None, [embedder]),
        ]
    )


def layout() -> str:
    """Return a digest of the layout of an index's files; one of another layout cannot be read."""
    return source_digest(_INDEX, ("whoosh",))
