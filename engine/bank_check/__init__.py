"""Measures the bank that is shipped: `persona-studio bank check`, which the tests hold it to."""
