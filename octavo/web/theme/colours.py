"""Colours as `#rrggbb`: their contrast, and the nearest ones that can be read."""

from __future__ import annotations

# Contrast that text of any size needs: WCAG 2.2, 1.4.3 (AA).
MIN_CONTRAST = 4.5
# Parts of the way to black or white in which a readable colour is looked for.
STEPS = 64


def luminance(colour: str) -> float:
    """Return the relative luminance, 0 to 1 (WCAG 2.2, definition of relative luminance)."""
    channels = [channel / 255 for channel in _channels(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, paper: str, least: float = MIN_CONTRAST) -> str:
    """Return the colour, or the nearest on its way to black or white with that much contrast."""
    end = 0
    if luminance(paper) < 0.18:
        end = 255
    for step in range(STEPS + 1):
        mixed = [round(c + (end - c) * step / STEPS) for c in _channels(colour)]
        found = "#{:02x}{:02x}{:02x}".format(*mixed)
        if contrast(found, paper) >= least:
            return found
    return found


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
