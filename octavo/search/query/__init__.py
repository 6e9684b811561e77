"""Queries: from the typed text to matches, facets, snippets, corrections and completions."""
