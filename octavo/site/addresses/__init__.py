"""Addresses: how they are made, what those that people wrote lead to, redirects, and dead links."""

from octavo.site.addresses.builder import TERM_FOLDERS, Addresses
from octavo.site.addresses.feeds import FEED_FORMATS, FeedFormat
from octavo.site.addresses.resolver import (
    STATIC,
    STATIC_ROOT,
    AddressResolver,
    Folders,
    MakeAddressResolver,
)

__all__ = [
    "FEED_FORMATS",
    "STATIC",
    "STATIC_ROOT",
    "TERM_FOLDERS",
    "AddressResolver",
    "Addresses",
    "FeedFormat",
    "Folders",
    "MakeAddressResolver",
]
