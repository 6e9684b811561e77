"""The index: writes documents as segments of arrays on disk, and reads its generations."""
