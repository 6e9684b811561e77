"""The query: from what was typed to matches, facets, snippets, corrections and completions."""
