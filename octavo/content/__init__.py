"""Content: from the files in posts/ to posts, and to the snapshot that holds all of them."""
