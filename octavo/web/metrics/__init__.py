"""Numbers for the operator: counted in each process, and summed over all of them at `/metrics`.

tally        counts that all processes of a machine put together in one file
exposition   which numbers there are, and how Prometheus reads them
"""
