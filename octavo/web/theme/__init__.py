"""The theme: templates, static files, and what every template can use."""
