"""Posts to answers: the only place that knows Whoosh. `search.Search` is its one door.

The way of a question
    typed text --grammar.parse--> SearchQuery --evaluate.Evaluation--> Matches (document numbers and
    scores) --facets.narrowed--> fewer Matches and counts --evaluate.best, highlight.Marker-->
    Results of Hits `beginnings` finds what a word with a * stands for, `plain` folds texts for the
    marks.

What it is asked of
    view.View: a reader.Reader (one generation of the index as arrays, `decoded` ones kept) under
    what may be seen; where there is no index, catalogue.Catalogue makes a small one of titles,
    summaries and tags. `spelling` corrects, `suggest` completes, `related` compares.

The way of an article
    schema.Document --batch.Batch, words.Lexicon--> segment.Segment (arrays.ArrayFile)
    --storage.Storage--> generation. index.Index looks after it, writer.Writer and merge do the
    work, codec lets Whoosh read the same files.
"""
