"""Many books at once: a publisher's catalogue file in, the same file with new descriptions out."""
