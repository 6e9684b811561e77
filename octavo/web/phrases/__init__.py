"""The words of the interface, and the plural forms of languages."""
