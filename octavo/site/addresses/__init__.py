"""Addresses: where everything stands, where links lead, and what once stood elsewhere."""

from octavo.site.addresses.book import STATIC_ROOT, Book, Folders, MakeBook
from octavo.site.addresses.builder import TERM_FOLDERS, Addresses

__all__ = ["STATIC_ROOT", "TERM_FOLDERS", "Addresses", "Book", "Folders", "MakeBook"]
