"""The read model: everything that pages may ask of an edition, and the record of what they asked."""
