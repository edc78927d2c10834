"""Pairs as files: out into the formats that others train on, and in from them."""
