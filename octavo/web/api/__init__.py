"""Ghost's Content API over one edition of the site.

A request goes one way: `routes` checks key and token and asks the desk of `records` for what there
is; `query` reads the parameters, with `nql` for filters; `answers` chooses rows over the arrays of
`columns` and takes their values from `fields`; `models` and `envelopes` are the JSON, and `openapi`
describes them. `problems` are all refusals.
"""
