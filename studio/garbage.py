"""Python's search for garbage in reference cycles, kept from making the window stand still."""

import gc

THRESHOLDS = (10_000, 20, 100)
"""Objects made between two looks at the youngest, and looks at those between two at the older; from
(700, 10, 10)."""


def leave_alone() -> None:
    """Take all that is there now for what stays, and look for garbage less often.

    A look through everything takes 80 ms in a window that holds 100,000 pairs, several times a
    minute while somebody types. What is let go without a cycle is freed at once, as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
