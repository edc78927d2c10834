"""Preference pairs from a profile and the bank: three tracks, one split, the editor's changes."""
