"""The files below posts/: which are there, what their names say, and their bytes."""
