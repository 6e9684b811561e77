"""Who asks: a client's address, as the site's own proxies tell it, and the client that it is of."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

# An IPv6 subscriber has a whole network of this length, and every address in it.
SUBSCRIBER_BITS = 64


def address_of(environ: dict[str, Any], proxies: int) -> str:
    """Return the address that a request comes from, behind so many proxies of the site's own.

    Each of them appends to `X-Forwarded-For`; what stands before their addresses a client may have
    invented. It is '' where a request came by a Unix socket and no proxy tells of its client.
    """
    peer = str(environ.get("REMOTE_ADDR", ""))
    if proxies:
        forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        reported = forwarded[-proxies:][0].strip()
        if _parsed(reported) is not None:
            return reported
    return peer


def client_of(address: str) -> str:
    """Return the name of an address's client: the address, or its IPv6 network of 64 bits."""
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, SUBSCRIBER_BITS), strict=False))
    return address


def is_undeclared_proxy(environ: dict[str, Any], proxies: int) -> bool:
    """Whether a request seems to come by a proxy though the setting `proxies` is 0.

    Its client is unknown then: all readers would share the proxy's address.
    """
    if proxies:
        return False
    peer = _parsed(str(environ.get("REMOTE_ADDR", "")))
    if peer is None:
        return True
    return "HTTP_X_FORWARDED_FOR" in environ and (peer.is_private or peer.is_loopback)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
