"""The bank grows: a chat model writes, gates refuse, an editor chooses.

What it writes lives in the data directory and takes part in nothing until it is accepted.
"""
