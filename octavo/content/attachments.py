"""Files beside posts that are no pictures: which kinds readers get, and with which type."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader, FileIO
from typing import Literal

from octavo.content.files.reading import PostsRoot, RootedFile
from octavo.content.images import SUFFIXES
from octavo.content.images.isobmff import Patch, patches

Use = Literal["play", "read", "save"]

# A longer file is told by its size, its beginning and its end: films of gigabytes are not read for
# an address.
_WHOLE_BYTES = 16_000_000
_PART_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file: its media type, and whether browsers `play` it, show it, or `save` it."""

    mimetype: str
    use: Use


def _types(use: Use, table: str) -> dict[str, FileType]:
    pairs = (line.split() for line in table.strip().splitlines())
    return {f".{suffix}": FileType(mimetype, use) for suffix, mimetype in pairs}


# The allow-list. What a browser would run (HTML, scripts, XSLT) is not on it; XML is saved, for
# that reason. Pictures that would be served as they are (TIFF, PSD) are not on it either: they may
# tell where they were taken.
TYPES: Mapping[str, FileType] = {
    **_types(
        "play",
        """
        mp3 audio/mpeg
        m4a audio/mp4
        m4b audio/mp4
        aac audio/aac
        ogg audio/ogg
        oga audio/ogg
        opus audio/ogg
        flac audio/flac
        wav audio/wav
        weba audio/webm
        mp4 video/mp4
        m4v video/mp4
        mov video/quicktime
        webm video/webm
        ogv video/ogg
        vtt text/vtt
        """,
    ),
    **_types(
        "read",
        """
        pdf application/pdf
        txt text/plain
        """,
    ),
    **_types(
        "save",
        """
        aif audio/aiff
        aiff audio/aiff
        wma audio/x-ms-wma
        mkv video/x-matroska
        srt application/x-subrip
        ttml application/ttml+xml
        sbv text/plain
        ass text/plain
        lrc text/plain
        csv text/csv
        tsv text/tab-separated-values
        json application/json
        geojson application/geo+json
        ndjson application/x-ndjson
        jsonl application/jsonl
        topojson application/json
        ris application/x-research-info-systems
        ipynb application/x-ipynb+json
        xml application/xml
        gpx application/gpx+xml
        kml application/vnd.google-earth.kml+xml
        kmz application/vnd.google-earth.kmz
        yaml application/yaml
        yml application/yaml
        toml application/toml
        bib application/x-bibtex
        tex application/x-tex
        ics text/calendar
        vcf text/vcard
        epub application/epub+zip
        mobi application/x-mobipocket-ebook
        ps application/postscript
        eps application/postscript
        zip application/zip
        gz application/gzip
        tgz application/gzip
        bz2 application/x-bzip2
        xz application/x-xz
        zst application/zstd
        tar application/x-tar
        7z application/x-7z-compressed
        rar application/vnd.rar
        parquet application/vnd.apache.parquet
        sqlite application/vnd.sqlite3
        npz application/octet-stream
        rds application/octet-stream
        rdata application/octet-stream
        mat application/octet-stream
        sav application/octet-stream
        dta application/octet-stream
        nc application/netcdf
        h5 application/x-hdf5
        mid audio/midi
        midi audio/midi
        stl model/stl
        glb model/gltf-binary
        fits application/fits
        ttf font/ttf
        otf font/otf
        woff font/woff
        woff2 font/woff2
        rtf application/rtf
        doc application/msword
        xls application/vnd.ms-excel
        ppt application/vnd.ms-powerpoint
        docx application/vnd.openxmlformats-officedocument.wordprocessingml.document
        xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
        pptx application/vnd.openxmlformats-officedocument.presentationml.presentation
        odt application/vnd.oasis.opendocument.text
        ods application/vnd.oasis.opendocument.spreadsheet
        odp application/vnd.oasis.opendocument.presentation
        pages application/vnd.apple.pages
        numbers application/vnd.apple.numbers
        key application/vnd.apple.keynote
        """,
    ),
}
# The files below posts/ that readers get beside the articles, by the ends of their names.
ASSET_SUFFIXES = (*SUFFIXES, *TYPES)
# Containers in which phones note where a film was taken.
_FILMS = frozenset({"video/mp4", "video/quicktime", "audio/mp4"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside a post that is no picture.

    `path` is below posts/, `bytes` its size, `digest` 12 hex digits that stand for its content.
    """

    path: str
    type: FileType
    bytes: int
    digest: str


def file_type(path: str) -> FileType | None:
    """Return the type of a file by its name; None where readers do not get files of its kind."""
    return TYPES.get(os.path.splitext(path)[1].lower())


def attachment(root: PostsRoot, path: str) -> Attachment | None:
    """Return the facts of the file at `path` below `root`; None where readers do not get it.

    Raises OSError where it cannot be read.
    """
    kind = file_type(path)
    if kind is None:
        return None
    file = root.file(path)
    status = file.stat()
    digest = _digest(file, status.st_mtime_ns, status.st_size)
    return Attachment(path, kind, status.st_size, digest)


@lru_cache(maxsize=4096)
def _digest(source: RootedFile, mtime_ns: int, size: int) -> str:
    made = hashlib.blake2b(str(size).encode(), digest_size=6)
    with source.open() as file:
        if size <= _WHOLE_BYTES:
            made.update(file.read())
        else:
            made.update(file.read(_PART_BYTES))
            file.seek(-_PART_BYTES, os.SEEK_END)
            made.update(file.read(_PART_BYTES))
    return made.hexdigest()


class _PatchedFile(FileIO):
    """A file that is read with some of its bytes replaced."""

    def __init__(self, descriptor: int, instead: tuple[Patch, ...]) -> None:
        super().__init__(descriptor)
        self._instead = instead

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Read into `buffer` as a file does, with the patches applied."""
        start = self.tell()
        count = super().readinto(buffer) or 0
        for patch in self._instead:
            begin = max(patch.offset, start)
            end = min(patch.offset + len(patch.data), start + count)
            if begin < end:
                part = patch.data[begin - patch.offset : end - patch.offset]
                memoryview(buffer)[begin - start : end - start] = part
        return count


def open_public(root: PostsRoot, file: Attachment) -> BufferedReader:
    """Return an attachment open for reading; of films, without metadata such as the place.

    Raises OSError where it cannot be read.
    """
    opened = root.open(file.path)
    if file.type.mimetype not in _FILMS:
        return BufferedReader(opened)
    status = os.fstat(opened.fileno())
    with opened:
        notes = _notes(root.file(file.path), status.st_mtime_ns, status.st_size)
        return BufferedReader(_PatchedFile(os.dup(opened.fileno()), notes))


@lru_cache(maxsize=1024)
def _notes(source: RootedFile, mtime_ns: int, size: int) -> tuple[Patch, ...]:
    with BufferedReader(source.open()) as film:
        return tuple(patches(film, size))
