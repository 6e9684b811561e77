"""Writing into posts/: an editor of front matter, and changes that are shown before they happen."""
