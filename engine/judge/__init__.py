"""A language model as judge of a blind round: both orders, quality and fit apart, beside people."""
