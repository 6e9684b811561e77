"""Word search: the documents that have a sequence of words, all of it or enough of it."""

from __future__ import annotations

import numpy as np

from octavo.search.analysis import Language
from octavo.search.folding import is_single_unspaced, is_unspaced
from octavo.search.index.reader import NO_DOCUMENTS, Reader, ScoredDocuments
from octavo.search.index.segment import Bools
from octavo.search.query.evaluation.prefix import with_prefix, with_prefix_in_title
from octavo.search.query.grammar import Occur, SearchQuery, WordSequence, is_weak

# Phrases of nothing but stop words, which take 2 to 6 ms each in 14,000 articles.
MAX_STOP_WORD_PHRASES = 4
# Beside titles only phrases have stop words.
STOP_WORDS_ONLY = "Words as common as these are looked for in titles only."
STOP_WORD_PHRASES_CUT = (
    f"Only the first {MAX_STOP_WORD_PHRASES} phrases of such common words were searched for."
)
# Joined words that are written as typed weigh so much more than their parts.
AS_WRITTEN_BOOST = np.float32(2)


class WordSearch:
    """Finds the documents of the word sequences of one query.

    `notes` tells readers what was not searched for as typed, in order; its values mean nothing.
    """

    def __init__(
        self, query: SearchQuery, reader: Reader, language: Language, visible: Bools
    ) -> None:
        """`visible` is a mask of the documents that readers may see."""
        self._reader = reader
        self._language = language
        self._visible = visible
        self._stop_word_phrases = 0
        # Stop words are searched for only where a query has no other words.
        self._searches_stop_words = query.has_only_stop_words(language)
        self.notes: dict[str, None] = {}
        if self._searches_stop_words and query.positive:
            self.notes[STOP_WORDS_ONLY] = None
        self._is_one_stop_word = self._searches_stop_words and len(query.positive) == 1

    def find(self, sequence: WordSequence, occur: Occur) -> ScoredDocuments | None:
        """Return the documents with a sequence, or with enough of it where it says that this is so.

        `occur` is that of its clause. None for a stop word that is ignored, which is not the same
        as a word that no document has.
        """
        written = self._as_written(sequence)
        if sequence.variants:
            spellings = [written, *map(self._as_written, sequence.variants)]
            written = self._as_one([one for one in spellings if one is not None])
        if written is None:
            return None
        if sequence.joined:
            return self._or_parts_of(sequence, written, occur)
        if sequence.loose and occur == "should":
            return self._or_much_of(sequence, written)
        return written

    def _as_written(self, sequence: WordSequence) -> ScoredDocuments | None:
        """Return the documents with all words of a sequence in a row; None for a stop word."""
        word = sequence.words[0][1]
        if sequence.prefix or (len(sequence.words) == 1 and is_single_unspaced(word)):
            prefixes = self._language.prefix_variants(word)
            if sequence.title:
                return with_prefix_in_title(self._reader, prefixes)
            return with_prefix(self._reader, prefixes)
        searches_stop_words = sequence.title or self._searches_stop_words
        if sequence.is_stop_word(self._language) and not searches_stop_words:
            return None
        words = list(sequence.words)
        if sequence.loose:
            content_words = [one for one in words if not self._language.is_stop_word(one[1])]
            words = content_words or words
        first, word = words[0]
        if len(words) == 1:
            found = self._reader.term(self._language.stem(word), title=sequence.title)
            if self._is_one_stop_word and not self._visible[found.ids].any():
                # As of /S, an option: rather all that has an s than nothing.
                self.notes.pop(STOP_WORDS_ONLY, None)
                return self._reader.phrase(((0, self._language.phrase_term(word)),))
            return found
        if all(self._language.is_stop_word(word) for _, word in words):
            self._stop_word_phrases += 1
            if self._stop_word_phrases > MAX_STOP_WORD_PHRASES:
                self.notes[STOP_WORD_PHRASES_CUT] = None
                return None
        stems = tuple((offset - first, self._language.phrase_term(word)) for offset, word in words)
        return self._reader.phrase(stems, title=sequence.title)

    def _as_one(self, found: list[ScoredDocuments]) -> ScoredDocuments | None:
        """Return the documents of all spellings of a word, scored as if there were one; or None."""
        present = [one for one in found if len(one.ids)]
        if len(present) < 2:
            return next(iter(present or found), None)
        weights = np.zeros(self._reader.size, np.float32)
        for one in present:
            weights[one.ids] = np.maximum(weights[one.ids], one.scores / one.idf)
        ids = np.flatnonzero(weights)
        idf = self._reader.idf(len(ids))
        return ScoredDocuments(ids, weights[ids] * np.float32(idf), idf)

    def _or_parts_of(
        self, sequence: WordSequence, written: ScoredDocuments, occur: Occur
    ) -> ScoredDocuments:
        """Return the documents with joined words as `written`, and those with their parts.

        What parts must be there depends on the words. A weak part says little by itself.

            2.7.4         weak parts alone: no parts where a document has it as written, else all
            X-ray         with a weak part: all parts
            solar-system  without: any part
            +x-y, "must"  all parts, whatever they are

        Where by this no document is found, any part of an optional word is enough; a weak one
        only where there are no others.
        """
        words = dict.fromkeys(word for _, word in sequence.words)
        parts = [word for word in words if not self._language.is_stop_word(word)]
        weak = sum(map(is_weak, parts))
        is_written = self._visible[written.ids].any()
        if weak == len(parts) and is_written:
            return written
        counts = np.zeros(self._reader.size, np.int32)
        scores = np.zeros(self._reader.size, np.float32)
        for part in parts:
            found = self._term(part, sequence)
            counts[found.ids] += 1
            scores[found.ids] += found.scores
        needed = 1
        # Of stop words alone there are no parts; a document without any does not match.
        if parts and (weak or occur == "must"):
            needed = len(parts)
        matching = counts >= needed
        if occur == "should" and not is_written and not matching[self._visible].any():
            matching = counts > 0
            strong = [part for part in parts if not is_weak(part)]
            if strong and weak:
                matching[:] = False
                for part in strong:
                    matching[self._term(part, sequence).ids] = True
        matching[written.ids] = True
        best = np.maximum(scores[written.ids], written.scores)
        scores[written.ids] = best * AS_WRITTEN_BOOST
        ids = np.flatnonzero(matching)
        return ScoredDocuments(ids, scores[ids])

    def _term(self, word: str, sequence: WordSequence) -> ScoredDocuments:
        return self._reader.term(self._language.stem(word), title=sequence.title)

    def _or_much_of(self, sequence: WordSequence, written: ScoredDocuments) -> ScoredDocuments:
        """Return the documents with a run without spaces, or, if no article has it, much of it.

        Much is half of its pairs of characters, of three and more.
        """
        if self._visible[written.ids].any():
            return written
        pairs = {word for _, word in sequence.words}
        if len(pairs) < 3 or not all(map(is_unspaced, pairs)):
            return NO_DOCUMENTS
        counts = np.zeros(self._reader.size, np.int32)
        scores = np.zeros(self._reader.size, np.float32)
        for pair in pairs:
            found = self._reader.term(pair, title=sequence.title)
            counts[found.ids] += 1
            scores[found.ids] += found.scores
        ids = np.flatnonzero((2 * counts >= len(pairs)) & self._visible)
        if not len(ids):
            return NO_DOCUMENTS
        run = "".join(word[0] for _, word in sequence.words) + sequence.words[-1][1][1:]
        self.notes[f"No article has “{run}” as it stands: these have much of it."] = None
        return ScoredDocuments(ids, scores[ids])
