"""The site of one process: settings, snapshot, index, and what keeps them true to the files."""
