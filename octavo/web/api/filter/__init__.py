"""Ghost's filter language, and the columns that filters read."""
