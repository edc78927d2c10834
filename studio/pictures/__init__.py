"""A profile as pictures made of characters, for the window and the command line alike.

Each picture is a list of lines of plain text, no wider than asked for. Nothing is told by colour;
the figures stand beside the picture. No widget and no markup here.
"""
