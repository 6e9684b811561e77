"""Evaluation: from a SearchQuery to the matching documents and their scores.

    Clause --words.WordSearch, prefix--> the documents of each of its alternatives
    --boolean.combine--> the documents that all clauses allow, with the sums of their scores
    --boosts--> what titles, labels, matches of all words, named years and recency add --> Matches

`evaluate.evaluate` calls them in this order.
"""
