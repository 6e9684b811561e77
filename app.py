"""The WSGI application of this site, for `flask run` and every WSGI server."""

from pathlib import Path

from octavo import create_app

app = create_app(Path(__file__).parent)
