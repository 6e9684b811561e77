"""Drawn covers of articles."""
