"""Addresses: their builder, the address book that resolves them, redirects, and dead ends."""

from octavo.site.addresses.book import STATIC, STATIC_ROOT, Book, Folders, MakeBook
from octavo.site.addresses.builder import TERM_FOLDERS, Addresses
from octavo.site.addresses.feeds import FEED_FORMATS, FeedFormat

__all__ = [
    "FEED_FORMATS",
    "STATIC",
    "STATIC_ROOT",
    "TERM_FOLDERS",
    "Addresses",
    "Book",
    "FeedFormat",
    "Folders",
    "MakeBook",
]
