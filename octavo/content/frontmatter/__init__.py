"""Front matter: the head of a file, from its format to typed fields."""
