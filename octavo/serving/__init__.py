"""The server: a supervisor, the processes that it keeps running, and what limits each of them.

    supervisor  starts the server's processes, and starts them again whenever they end
    process     one of them: granian with this site
    concurrency lets so many requests in at a time, and health probes past all of them

Nothing here is imported where another WSGI server runs the site.
"""
