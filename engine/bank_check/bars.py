"""The bars that the bank is measured by, and that `bank extend` holds a new text to."""

SCENE_WORDS = (25, 60)
MOST_RATIO = 1.15
"""Of the longer text of a pair to the shorter, in words: length must not tell the sides."""
MOST_NEARNESS = 0.92
"""Cosine of sentence embeddings above which two texts are one text told twice."""
