"""The models of the API's answers."""
