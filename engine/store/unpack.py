"""Columns back into Python values, checked: what a column promises is what comes out."""

import json


def text(value: object) -> str:
    assert isinstance(value, str), value
    return value


def number(value: object) -> float:
    assert isinstance(value, int | float), value
    return float(value)


def texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, json.loads(text(value))))
