"""What `flask run` adds for the writer: pages that reload themselves, and the list of problems."""
