"""The page cache in front of Flask. Other rooms take from here what `__all__` names.

The life of a page
    page_cache      asked for, and found in memory; one request makes it while others wait (single
                    flight)
    refresh         revalidated, or fetched from the store, or rendered; stale where a render fails;
                    the history of what changes have touched
    cached_page     kept, with what it depends on and its validators, in pools of bounded size
    representation  sent, in one of its encodings

Below it
    plans           which views are cached, and what they see of a request
    store           pages and results where other processes find them: backends, frames, locks and
                    a circuit breaker
"""

from octavo.web.cache.breaker import RETRY_SECONDS
from octavo.web.cache.page_cache import PageCache
from octavo.web.cache.plans import CACHING, cached
from octavo.web.cache.store import Store

__all__ = [
    "CACHING",
    "RETRY_SECONDS",
    "PageCache",
    "Store",
    "cached",
]
