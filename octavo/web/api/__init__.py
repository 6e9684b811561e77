"""Ghost's Content API over one edition of the site.

A request goes one way: `routes` checks key and token and asks the desk of `resources` for the
records of this moment; `query` reads the parameters, with `filter` for filters; `answers` chooses
rows over the arrays of `filter.columns` and takes their values from `fields`; the models of
`schema` become the JSON, and `openapi` describes them. `problems` has all errors.
"""
