"""The commands, one file per noun. Each calls the engine and prints; nothing is decided here.

The engine is imported inside the commands: `--help` must not wait for it.
"""
