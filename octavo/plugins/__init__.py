"""Plug-ins that ship with the engine. They may import every room; no room imports them."""
