"""Search: from posts to answers. Other rooms import only what `__all__` names.

The way of a question
    typed text --query.grammar.parse--> SearchQuery --query.evaluation.evaluate--> Matches (document
    numbers and scores) --query.facets.narrow--> fewer Matches, and counts
    --query.evaluation.matches.top_documents, query.highlight.Highlighter--> Results of Hits

The way of an article
    protocol.Document --index.batch.SegmentBatch, analysis.Lexicon--> index.segment.Segment
    (index.arrays.ArrayFile) --index.storage.Storage--> a generation that index.reader.Reader reads

Who knows whom, from above to below
    engines   one module for each search engine; `embedded` is the one that ships
    embedders one module for each way to make vectors of texts
    query     what was typed, and how it is answered
    portable  the words of an article for a search that needs no engine
    index     the files in search_index/, and the only place that knows Whoosh
    dates     how a day is written
    vectors   how vectors of texts are kept and compared
    regional_spellings   British and American forms of a word, and forms of units
    analysis  what counts as a word, how it is folded and stemmed
    facets    what results are counted and narrowed by
    protocol  what an engine is
"""

from octavo.search.embedders import UnknownEmbedderError, open_embedder
from octavo.search.engines import UnknownEngineError, open_engine
from octavo.search.facets import FACETS, facet_named
from octavo.search.portable import PortableWords, portable_words, stop_words
from octavo.search.protocol import (
    MAX_COMPLETED_CHARACTERS,
    MAX_FACET_VALUES,
    MAX_RESULTS,
    MAX_SELECTED_VALUES,
    PAGE_SIZE,
    Document,
    Embedder,
    EngineSettings,
    FacetCount,
    Hit,
    IndexStatus,
    Memoize,
    RelatedHit,
    Results,
    SearchEngine,
    SharedTraits,
    Snapshot,
    Sort,
    Suggestion,
    SyncReport,
    Verification,
    file_name,
    not_memoized,
)
from octavo.search.query.evaluation.words import STOP_WORDS_ONLY
from octavo.search.query.grammar import (
    MAX_QUERY_CHARACTERS,
    UNPAIRED_QUOTE,
    clean_query,
    loosen_query,
)
from octavo.search.query.suggest import field_being_typed

__all__ = [
    "FACETS",
    "MAX_COMPLETED_CHARACTERS",
    "MAX_FACET_VALUES",
    "MAX_QUERY_CHARACTERS",
    "MAX_RESULTS",
    "MAX_SELECTED_VALUES",
    "PAGE_SIZE",
    "STOP_WORDS_ONLY",
    "UNPAIRED_QUOTE",
    "Document",
    "Embedder",
    "EngineSettings",
    "FacetCount",
    "Hit",
    "IndexStatus",
    "Memoize",
    "PortableWords",
    "RelatedHit",
    "Results",
    "SearchEngine",
    "SharedTraits",
    "Snapshot",
    "Sort",
    "Suggestion",
    "SyncReport",
    "UnknownEmbedderError",
    "UnknownEngineError",
    "Verification",
    "clean_query",
    "facet_named",
    "field_being_typed",
    "file_name",
    "loosen_query",
    "not_memoized",
    "open_embedder",
    "open_engine",
    "portable_words",
    "stop_words",
]
