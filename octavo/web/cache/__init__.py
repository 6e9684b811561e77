"""The page cache: ready answers in front of Flask, and the store that processes share."""
