"""The web: from requests to responses. The only room that knows Flask."""
