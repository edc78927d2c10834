"""Hold a JSON document against a JSON Schema, field by field, with a sentence for the first fault.

Only what our own schemas use of draft 2020-12: type, enum, the bounds of numbers, lengths and
lists, patterns, properties, items and references within the schema. Rules across fields (`allOf`,
`if`) are left to the reader of the file, who can say more of them than that they were broken.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Schema = Mapping[str, object]

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
}
_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
}


@dataclass(frozen=True)
class Fault:
    """The first thing in a document that its schema does not allow."""

    path: tuple[str | int, ...]
    """Keys and positions from the document's root to the value at fault."""
    message: str
    """Without a full stop: "`score` is 1.5, not a number from -1 to 1"."""


def first_fault(document: object, schema: Schema) -> Fault | None:
    """The first fault of a document; None where the schema allows it."""
    return next(_faults(document, schema, schema, ()), None)


def _faults(
    value: object, rule: Schema, root: Schema, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    if reference := rule.get("$ref"):
        yield from _faults(value, _referred(str(reference), root), root, path)
    if not _is_of_kind(value, rule) or not _is_allowed(value, rule):
        yield Fault(path, f"{_named(path)} is {_told(value)}, not {_wanted(rule)}")
        return
    if isinstance(value, dict):
        yield from _object_faults(value, rule, root, path)
    elif isinstance(value, list):
        items = rule.get("items")
        for position, item in enumerate(value if isinstance(items, dict) else ()):
            assert isinstance(items, dict)
            yield from _faults(item, items, root, (*path, position))


def _object_faults(
    value: Mapping[str, object], rule: Schema, root: Schema, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    fields, others = rule.get("properties", {}), rule.get("additionalProperties", {})
    assert isinstance(fields, dict)
    for name in _listed(rule, "required"):
        if name not in value:
            yield Fault(path, f"`{name}` is missing")
    for name, inner in value.items():
        if name in fields:
            yield from _faults(inner, fields[name], root, (*path, name))
        elif others is False:
            yield Fault(path, f"`{name[:80]}` is no field of it")
        elif isinstance(others, dict):
            yield from _faults(inner, others, root, (*path, name))


def _referred(reference: str, root: Schema) -> Schema:
    found: object = root
    for name in reference.removeprefix("#/").split("/"):
        assert isinstance(found, Mapping), reference
        found = found[name]
    assert isinstance(found, Mapping), reference
    return found


def _kinds(rule: Schema) -> list[str]:
    kinds = rule.get("type", [])
    return [str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])]


def _is_of_kind(value: object, rule: Schema) -> bool:
    kinds = _kinds(rule)
    if not kinds or (isinstance(value, bool) and "boolean" in kinds):
        return True
    if isinstance(value, bool):  # a bool is an int to Python
        return False
    if "integer" in kinds and isinstance(value, int | float):
        return isinstance(value, int) or value.is_integer()
    return any(isinstance(value, _KINDS[kind]) for kind in kinds if kind != "integer")


def _is_allowed(value: object, rule: Schema) -> bool:
    allowed = _listed(rule, "enum")
    if allowed and value not in allowed:
        return False
    if isinstance(value, str):
        pattern = str(rule.get("pattern", ""))
        return _is_within(len(value), rule, "Length") and bool(re.search(pattern, value))
    if isinstance(value, list):
        return _is_within(len(value), rule, "Items")
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = _bound(rule, "minimum"), _bound(rule, "maximum")
        return (low is None or value >= low) and (high is None or value <= high)
    return True


def _is_within(size: int, rule: Schema, what: str) -> bool:
    low, high = _bound(rule, f"min{what}"), _bound(rule, f"max{what}")
    return (low is None or size >= low) and (high is None or size <= high)


def _bound(rule: Schema, name: str) -> float | None:
    bound = rule.get(name)
    return bound if isinstance(bound, int | float) else None


def _wanted(rule: Schema) -> str:
    if allowed := _listed(rule, "enum"):
        return f"one of {', '.join(map(str, allowed))}"
    if examples := _listed(rule, "examples"):
        return f"such as {examples[0]}"
    wanted = " or ".join(_NAMES[kind] for kind in _kinds(rule))
    low, high = _bound(rule, "minimum"), _bound(rule, "maximum")
    if low is not None:
        wanted += f" from {low}" + ("" if high is None else f" to {high}")
    if _bound(rule, "minLength"):
        wanted += " of at least one letter"
    if _bound(rule, "minItems"):
        wanted += f" of {_bound(rule, 'minItems')}"
    return wanted


def _listed(rule: Schema, name: str) -> list[object]:
    told = rule.get(name, [])
    assert isinstance(told, list)
    return told


def _named(path: tuple[str | int, ...]) -> str:
    if not path:
        return "the document"
    if isinstance(path[-1], int):
        within = next((step for step in reversed(path) if isinstance(step, str)), "the list")
        return f"item {path[-1] + 1} of `{within}`"
    return f"`{path[-1]}`"


def _told(value: object) -> str:
    told = repr(value)
    return told if len(told) <= 80 else f"{told[:79]}…"
