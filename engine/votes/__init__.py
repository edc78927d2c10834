"""Blind votes on two texts of one book: rounds, ballots, and what the votes come to."""
