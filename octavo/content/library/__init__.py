"""The library: what a site has written, and what readers see of it at a moment."""
