"""The read model: everything that pages may ask of an edition, and a record of what they asked."""
