"""The pair doctor: what is wrong with a reader's pairs before a model learns from them.

One module per check, one table of them. All of it is a function of the pairs, the profile and the
bank; `engine.pair_doctor` brings these from the store, and takes what was mended back to it.
"""
