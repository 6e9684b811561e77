"""Frames: how the store keeps values, with a checksum and without pickle."""

from __future__ import annotations

import json
import zlib
from typing import Any

_MAGIC = b"octavo1\0"

# Facts and parts of what is stored.
Stored = tuple[dict[str, Any], tuple[bytes, ...]]


class FrameError(Exception):
    """What a backend returned is not a frame, or a damaged one."""


def pack(facts: dict[str, Any], parts: tuple[bytes, ...]) -> bytes:
    """Return a frame: magic, checksum, facts as JSON, and parts."""
    head = json.dumps(
        {**facts, "parts": [len(part) for part in parts]}, separators=(",", ":")
    ).encode()
    content = b"".join((len(head).to_bytes(4, "big"), head, *parts))
    return _MAGIC + zlib.crc32(content).to_bytes(4, "big") + content


def unpack(frame: object) -> Stored:
    """Return the facts and parts of a frame. Raises FrameError for anything else."""
    if not isinstance(frame, bytes) or not frame.startswith(_MAGIC) or len(frame) < 16:
        raise FrameError("the value is no frame")
    content = memoryview(frame)[12:]
    if zlib.crc32(content).to_bytes(4, "big") != frame[8:12]:
        raise FrameError("the frame is damaged")
    try:
        end = 4 + int.from_bytes(content[:4], "big")
        facts = json.loads(bytes(content[4:end]))
        parts = []
        for size in facts.pop("parts"):
            parts.append(bytes(content[end : end + size]))
            end += size
        return facts, tuple(parts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FrameError(f"the frame cannot be read: {error}") from None
