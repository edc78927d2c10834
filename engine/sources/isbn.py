"""ISBNs, so that a book is the same book in every file that names it by one."""

import re

_ISBN13 = re.compile(r"97[89]\d{10}")
_ISBN10 = re.compile(r"\d{9}[\dX]")


def isbn13(text: str) -> str:
    """The thirteen digits of an ISBN of ten or thirteen; empty where the text is none.

    `="0141026162"`, `[0141026162]` and `978-0-14-102616-9` are the same book.
    """
    digits = re.sub(r'[\s="\[\]-]', "", text).upper()
    if _ISBN13.fullmatch(digits) and check_digit(digits[:12]) == digits[12]:
        return digits
    if _ISBN10.fullmatch(digits) and _is_isbn10(digits):
        body = "978" + digits[:9]
        return body + check_digit(body)
    return ""


def check_digit(body: str) -> str:
    """The last digit of an ISBN-13, from its first twelve."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return str(-total % 10)


def _is_isbn10(digits: str) -> bool:
    values = [10 if digit == "X" else int(digit) for digit in digits]
    return sum(value * (10 - place) for place, value in enumerate(values)) % 11 == 0
