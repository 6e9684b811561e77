"""The index: from documents to segments of arrays on disk, and to the readers of one generation."""
