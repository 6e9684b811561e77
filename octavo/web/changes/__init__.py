"""What changed for readers: the log, the surrogate keys it touches, and webhooks."""
