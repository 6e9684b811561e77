"""Queries: from the typed text to matches, facets, snippets, corrections and completions.

    grammar     what was typed, as clauses of words, phrases, facets and dates
    variants    other ways to write these words, which are searched for too
    evaluation  the documents that match, and their scores
    semantic    documents that mean the same, where the site has an embedder
    correction  what to search for instead of words that no article has
    suggest     what the typed text may become

The rest says what is shown of the matches, and what stands in while there is no index.
"""
