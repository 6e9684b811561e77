"""Moving in: the writing of other systems, from their sources and exports, as changes of posts/.

A system is one module of `systems/` with a function `read`. It knows where that system's texts,
files and settings lie, and yields them as items; `pipeline` does the rest for all systems.
"""
