"""Regular expressions that people type, so that none of them can hang anything.

The standard library's `re` cannot be stopped: `(a+)+$` on a long word takes longer than anybody
waits, with the interpreter's lock held. `regex` can be given a time limit and lets go of the lock.
"""

import re
import time
from collections.abc import Callable

import regex

from engine.workbench.folding import compiled
from models.errors import BadInput

MOST_CHARACTERS = 500
MOST_ITEMS = 10_000
"""With counted repetitions written out, as `regex` does when it compiles: no limit of time holds
there, and (?:(?:a{999}){999}){999} would take all memory."""
TEXT_TIMEOUT_S = 0.2
"""For one pair; an honest expression takes microseconds."""
SEARCH_TIMEOUT_S = 5.0
"""For all pairs of one search."""

Matcher = Callable[[str], bool]


def matcher(pattern: str) -> Matcher:
    """Whether an expression is found in a folded text; ^ and $ are a line's ends.

    The time limit for all texts begins with the first of them. The matcher raises `BadInput` when
    a limit is reached.

    Raises:
        BadInput: it is no regular expression; says where and why.
    """
    expression = _compiled(pattern)
    deadline: float | None = None

    def is_found(text: str) -> bool:
        nonlocal deadline
        deadline = deadline or time.monotonic() + SEARCH_TIMEOUT_S
        left = deadline - time.monotonic()
        try:
            if left > 0:
                timeout = min(left, TEXT_TIMEOUT_S)
                return expression.search(text, timeout=timeout, concurrent=True) is not None
        except TimeoutError:
            pass
        raise BadInput(
            f"The expression /{pattern[:60]}/ takes too long.",
            "A repetition inside a repetition, as in (a+)+, is the usual cause: use one of them.",
        )

    return is_found


def _compiled(pattern: str) -> "regex.Pattern[str]":
    if len(pattern) > MOST_CHARACTERS:
        raise BadInput(
            f"The expression has {len(pattern)} characters; {MOST_CHARACTERS} is the most.",
            "Use words beside a shorter one.",
        )
    if _items(pattern) > MOST_ITEMS:
        raise BadInput(
            f"The repetitions in /{pattern[:60]}/ come to over {MOST_ITEMS:,} signs.",
            "Use smaller numbers in {…}, or * and +.",
        )
    if re.search(r"(?<!\\)\(\?[a-z]*-[a-z]*i", pattern):
        raise BadInput(
            f"/{pattern[:60]}/ asks for capitals, which do not matter here.",
            "Take (?-i) out of it.",
        )
    try:
        return compiled(pattern)
    except (regex.error, ValueError, OverflowError, RecursionError, KeyError, TypeError) as error:
        raise BadInput(
            f"/{pattern[:60]}/ is no regular expression: {error}.",
            "Put a backslash before a sign that is meant as itself, as in \\( or \\?.",
        ) from error


_ITEM = re.compile(
    r"""(?P<opens>\() | (?P<closes>\)) | \{(?:\d*,)?(?P<most>\d+)\} | \{(?P<least>\d+),\}
      | \[(?:\\.|[^\]\\])*\] | \\. | \S""",
    re.VERBOSE | re.DOTALL,
)


def _items(pattern: str) -> int:
    """How long the expression is with its counted repetitions written out, at most."""
    groups, last = [0], 0
    for item in _ITEM.finditer(pattern):
        if item["opens"]:
            groups.append(0)
        elif item["closes"] and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif times := item["most"] or item["least"]:
            groups[-1] += last * (int(times) - 1)
            last *= int(times)
        else:
            last = 1
            groups[-1] += 1
    return sum(groups)
