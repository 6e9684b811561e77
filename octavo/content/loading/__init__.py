"""Loading: from the files of posts/ to a Library, again and again as they change."""
