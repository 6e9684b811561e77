"""The log of what changed for readers, the surrogate keys that changes touch, and webhooks."""
