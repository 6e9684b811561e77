"""What writers ask a site and do to their files: how a text stands, and changes of many texts."""
