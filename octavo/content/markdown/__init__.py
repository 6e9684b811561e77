"""Markdown to HTML that is safe, valid and accessible, and to the plain text that search reads."""
