"""One module for each dialect: the forms that it adds to Markdown, and what they mean."""
