"""The models of what the API answers."""
