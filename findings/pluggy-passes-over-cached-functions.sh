#!/usr/bin/env bash
# pluggy 1.7.0: a function that is marked as a hook's implementation and cached by functools is left
# out at `register` without a word. The marker sits on it, inspect.isroutine() says yes, and
# check_pending() finds nothing wrong; the hook is just never called. Expected: it is registered, as
# a plain function is, or refused. Cure: mark a plain function that calls the cached one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pluggy==1.7.0
"$folder/venv/bin/python" - <<'PYTHON'
import inspect
import types
from functools import lru_cache

import pluggy

mark = pluggy.HookimplMarker("shop")


class Specifications:
    @pluggy.HookspecMarker("shop")
    def price(self, name):
        """Return the price of an article."""


def plain(name):
    return 3


def answers(function):
    manager = pluggy.PluginManager("shop")
    manager.add_hookspecs(Specifications)
    manager.register(types.SimpleNamespace(price=mark(function)), "guest")
    manager.check_pending()
    return manager.hook.price(name="tea")


cached = lru_cache(plain)
print("pluggy", pluggy.__version__)
print("a plain function:", answers(plain))
print("the same, cached:", answers(cached))
assert pluggy.__version__ == "1.7.0"
assert inspect.isroutine(cached)
assert answers(plain) == [3]
assert answers(cached) == []
PYTHON
