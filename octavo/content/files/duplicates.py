"""Files that tools make beside a writer's own: conflict copies, duplicates and backups, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

# tool:  no writer names a file so; it is a copy even where its original is gone.
# copy:  a name for a duplicate; it is one where its original stands beside it.
# maybe: a writer may name a text so too; it is a copy where it also says that it is the same text.
Kind = Literal["tool", "copy", "maybe"]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A file that may be a copy; its original is the first of `originals` that exists."""

    kind: Kind
    originals: tuple[str, ...]

    def original(self, paths: Container[str]) -> str:
        """Return the first of `originals` that is in `paths`, or ''."""
        return next((path for path in self.originals if path in paths), "")


# "Conflict" as Dropbox, Nextcloud, OneDrive and Seafile write it in the languages of their users.
_CONFLICT = re.compile(
    "conflict|konflikt|conflit|conflitto|conflito|ristiriita|çakış|ütköz|case clash"
    "|конфликт|конфлікт|σύγκρουση|競合|冲突|衝突|충돌|تعارض|מתנגש|ขัดแย้ง|xung đột",
    re.IGNORECASE,
)
# "Copy" as file managers write it in the languages of their users.
_COPY_WORDS = (
    "another copy|copy|copie|copia|cópia|còpia|copiï|kopie|kopi|kopia|kópia|kópie|kopio|kopija"
    "|koopia|kopya|kopyası|kopyasi|másolat|másolata|salinan|bản sao"
    "|копия|копія|копие|копија|αντίγραφο|αντιγραφή|نسخة|نسخه|کپی|رونوشت|העתק|עותק|สำเนา|प्रतिलिपि"
)
# Words that stand in titles as well.
_BACKUP_WORDS = (
    "duplicate|duplikat|dublette|doublon|duplicado|dupe|backup|sicherungskopie|sicherung"
    "|sauvegarde|exemplaar"
)
_CJK_COPY = "的副本|副本|的拷贝|拷贝|的拷貝|拷貝|複製|のコピー|コピー|의 복사본|복사본|의 사본|사본"
_OF = "of|von|de|di|van|av|af|du|da|do|din|a|z|od|souboru|súboru|cho|của|dari|של|من"
_BARE_PREFIX = "копия|копія|kopia|kópia|kopya|kopija|salinan"
_COUNT = r"(?:[\s_-]*\(?\d+\)?)?"
_GIT = "(?:BACKUP|BASE|LOCAL|REMOTE)"


def _patterns(*patterns: str, flags: re.RegexFlag = re.NOFLAG) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, flags) for pattern in patterns)


_TOOL = _patterns(
    r"(?P<base>.+?)\.sync-conflict-\d{8}-\d{6}(?:-\w+)?",  # Syncthing
    r"(?P<base>.+?)[_.-]conflict-\d{8}(?:-\d+)*",  # ownCloud, Nextcloud
    r"(?P<base>.+?)_[\w-]+_[A-Z][a-z]{2}-\d\d-\d{4,6}-\d{4}_Conflict",  # Synology Drive
    r"(?P<base>.+?) conflicted copy\d*",
    r"(?P<base>.+?)-[\w-]+-safeBackup-\d{4}",  # OneDrive on Linux
    r"(?P<base>.+?)_冲突文件_.+",  # Nutstore
    r"(?P<base>.+?)\.variant-[0-9a-f]{3,8}",  # git-annex
    rf"(?P<base>.+?)[._]{_GIT}[._]\d{{3,7}}",  # git mergetool
    rf"(?P<base>.+?)\.(?:{_GIT}|orig|rej|bak|swp|autosave|tmp)\d*",
    r"(?P<base>.*\S)~\d*",
    r"#(?P<base>.+?)#",
    r"~\$(?P<base>.+)",
)
_COPY = _patterns(
    rf"(?P<base>.+?)(?:\s+[-–—~]\s*|\s+|\s*\()(?:\d+(?:st|nd|rd|th) )?(?:{_COPY_WORDS}){_COUNT}\)?",
    rf"(?P<base>.+?)\s*[-–—]?\s*[(（]?(?:{_CJK_COPY})\s*[(（]?\d*[)）]*",
    rf"(?:{_COPY_WORDS}|{_BACKUP_WORDS})(?:\s*\(\d+\))?\s+(?:{_OF})\s+(?P<base>.+)",
    rf"(?:{_BARE_PREFIX})(?:\s*\(\d+\))?\s+(?P<base>.+)",
    rf"(?:{_CJK_COPY}|复件)\s*(?:\(\d+\))?\s*[-~～]?\s*(?P<base>.+)",
    r"(?:autosave|autorecovery save|wiederhergestellt|recovered)[\s_-]+(?:of )?(?P<base>.+)",
    r"(?P<base>.+?)\.(?:old|mine|theirs|ours|save)\d*",
    r"(?P<base>.+?)(?:[._]| ?\(|-(?=auto))(?:autosaved?|recover(?:ed)?)\)?\d*",
    r"(?P<base>.+?)[._](?:case)?conflict(?:ed)?\d*",  # Resilio Sync, Synology Drive
    flags=re.IGNORECASE,
) + _patterns(
    r"(?P<base>.+?)-(?:DESKTOP|LAPTOP|WIN|PC)-[A-Z0-9]{3,15}",  # OneDrive
    r"(?P<base>.+?)-\w+s-(?:MacBook|iMac|Mac|iPhone|iPad)[\w-]*",
    rf"(?P<base>.+?)_{_GIT}(?:[._]\d+)?",
    r"~(?P<base>.+)",
)
_MAYBE = _patterns(
    rf"(?P<base>.+?)\s*[-–—_~]\s*(?:{_COPY_WORDS}|{_BACKUP_WORDS}){_COUNT}",
    rf"(?P<base>.+?)\s*\(?(?:{_BACKUP_WORDS}){_COUNT}\)?",
    rf"(?:{_COPY_WORDS}|{_BACKUP_WORDS})[\s_-]+(?:(?:{_OF})[\s_-]+)?(?P<base>.+)",
    r"(?P<base>.+?)[_-](?:old|bak|mine|theirs|ours|save)\d*",
    flags=re.IGNORECASE,
) + _patterns(
    r"(?P<base>.+?) ?\(\d{1,3}\)",  # Google Drive, browsers
    r"(?P<base>.+?) (?:[2-9]|[1-9]\d)",  # iCloud, Finder
    r"(?P<base>.+?)-(?=[A-Z0-9-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*",  # OneDrive, by the computer
    r"(?P<base>.+?)-[\w-]*(?:MacBook|iMac|iPhone|iPad)[\w-]*",
)
_PATTERNS: tuple[tuple[Kind, tuple[re.Pattern[str], ...]], ...] = (
    ("tool", _TOOL),
    ("copy", _COPY),
    ("maybe", _MAYBE),
)
_BRACKET = re.compile(
    r"(?P<base>.*\S)\s*[(\[（【](?P<said>[^()\[\]（）【】]+)[)\]）】](?: ?\(\d+\)| \d+)?"
)
# Parts of the words above: a name that holds none of them, and none of the signs, is no copy's.
_WORDS = (
    "cop cóp còp kop kóp koop dupl dubl doubl dupe backup sicher sauveg exempl salinan másol bản "
    "conf konf ristir çak ütk clash variant recover wiederh autosave .old .mine .theirs .ours "
    ".save _old -old -bak safebackup _mine _theirs _ours _save "
    ".base .local .remote _base _local _remote .orig .rej .bak .swp .tmp .auto -autosave "
    "копи копі конф αντ σύγ نس کپی رون הע עו מת สำ ขัด प्र xung تعا "
    "副本 拷 複製 コピー 复件 사본 복사 競合 冲突 衝突 충돌"
).split()


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of any of the words; each first letter is looked for once."""
    by_first: dict[str, list[str]] = {}
    for word in words:
        by_first.setdefault(word[0], []).append(re.escape(word[1:]))
    tails = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items())
    return re.compile("|".join(tails))


_PARTS = _any_of(_WORDS)
_SIGNS = re.compile(r"[(\[（【#~]| \d+$|-[A-Z0-9-]*[A-Z]|Mac|iP")


def _may_be_copy(name: str) -> bool:
    """Whether the patterns need to be tried: a quick test that most names fail."""
    return _SIGNS.search(name) is not None or _PARTS.search(name.lower()) is not None


@lru_cache(maxsize=65536)
def _base(name: str) -> tuple[Kind, str] | None:
    """Return the kind of copy that a name without suffix is, and the original's name; or None."""
    if not _may_be_copy(name):
        return None
    bracket = _BRACKET.fullmatch(name)
    if bracket and _CONFLICT.search(bracket["said"]):
        kind: Kind = "tool" if _CERTAIN.search(bracket["said"]) else "copy"
        return kind, bracket["base"]
    for kind, patterns in _PATTERNS:
        for pattern in patterns:
            found = pattern.fullmatch(name)
            if found:
                return kind, found["base"]
    return None


# Words in brackets that tell of a conflict are a tool's with "copy" or a whole date.
_CERTAIN = re.compile(
    rf"{_COPY_WORDS}|{_CJK_COPY}|case clash|SFConflict|\d{{4}}-\d\d-\d\d|\d{{8}}", re.IGNORECASE
)


def suspect(path: str) -> Suspect | None:
    """Return what the file at `path` may be a copy of, by the names in its path alone, or None."""
    folder, _, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    found = _base(stem)
    if found is not None:
        prefix = f"{folder}/" if folder else ""
        originals = tuple(f"{prefix}{base}{dot}{suffix}" for base in _bases(stem))
        return Suspect(found[0], originals)
    return _in_copied_folder(path) if folder else None


def _in_copied_folder(path: str) -> Suspect | None:
    parts = path.split("/")
    for place in range(len(parts) - 2, -1, -1):
        found = _base(parts[place])
        if found is not None:
            before = parts[:place]
            after = parts[place + 1 :]
            originals = ("/".join((*before, base, *after)) for base in _bases(parts[place]))
            return Suspect(found[0], tuple(originals))
    return None


def _bases(name: str) -> Iterator[str]:
    """Yield the names that a copy's original may have, the nearest first: copies are copied too."""
    found = _base(name)
    while found is not None:
        yield found[1]
        found = _base(found[1])


class Suspects:
    """The files of a folder that may be copies, kept up to date as files come and go."""

    def __init__(self) -> None:
        self._by_path: dict[str, Suspect] = {}
        self._originals: frozenset[str] = frozenset()

    def update(self, come: Iterable[str], gone: Iterable[str]) -> None:
        """Add the paths that appeared and remove those that are gone."""
        before = len(self._by_path)
        for path in gone:
            self._by_path.pop(path, None)
        new = {path: found for path in come if (found := suspect(path)) is not None}
        if new or len(self._by_path) < before:
            self._by_path.update(new)
            names = (name for one in self._by_path.values() for name in one.originals)
            self._originals = frozenset(names)

    def concern(self, paths: Iterable[str]) -> bool:
        """Whether one of `paths` may be a copy, or the original of one."""
        return any(path in self._by_path or path in self._originals for path in paths)

    def copies(self, paths: Container[str], is_same: Callable[[str, str], bool]) -> dict[str, str]:
        """Return copies with the path of their original, '' where it is not among `paths`.

        `is_same(path, original)` compares what two files hold.
        """
        found: dict[str, str] = {}
        for path, one in sorted(self._by_path.items()):
            original = one.original(paths)
            if (
                one.kind == "tool"
                or (original and one.kind == "copy")
                or (original and is_same(path, original))
            ):
                found[path] = original
        return found
