"""The settings of a training as people read and write them: notes, typed values, differences.

The notes are the lines under the fields of `TrainConfig`, so that each default's source is written
once.
"""

import ast
import inspect
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache

from engine.train.config import PRESETS, TrainConfig
from models.errors import BadInput

SWITCH = {"true": True, "yes": True, "false": False, "no": False}
NOUNS = {bool: "yes or no", int: "a whole number", float: "a number", str: "a text"}


@cache
def notes() -> Mapping[str, str]:
    """Each setting that has one to its note: what it means and where its default comes from."""
    (class_,) = ast.parse(inspect.getsource(TrainConfig)).body
    assert isinstance(class_, ast.ClassDef)
    found, name = {}, ""
    for statement in class_.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)):
                pass
            case ast.Expr(value=ast.Constant(value=str(note))) if name:
                found[name] = " ".join(note.split())
    return found


def value_of(name: str, told: str) -> object:
    """A typed value as the kind of value that the setting has.

    Raises:
        BadInput: there is no such setting, or it takes another kind of value.
    """
    names = [field.name for field in fields(TrainConfig)]
    if name not in names:
        raise BadInput(f"No training setting {name!r}.", f"There are {', '.join(sorted(names))}.")
    kind = type(getattr(TrainConfig(), name))
    try:
        value: object = SWITCH[told.casefold()] if kind is bool else kind(told)
    except (ValueError, KeyError):
        value = math.nan
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"The setting {name} is {NOUNS[kind]}, not {told!r}.")
    return value


def differing(config: TrainConfig) -> dict[str, object]:
    """The settings that differ from the preset's, the base left out; all of an unknown preset."""
    preset = PRESETS.get(config.preset, replace(TrainConfig(), preset=config.preset))
    return {
        name: value
        for name, value in vars(config).items()
        if name != "base" and value != getattr(preset, name)
    }


def told(settings: Mapping[str, object]) -> str:
    """Settings on a line: `beta 0.1, epochs 2`."""
    return ", ".join(f"{name} {told_value(value)}" for name, value in settings.items())


def told_value(value: object) -> str:
    """A value as a person would type it."""
    return f"{value:g}" if isinstance(value, float) else str(value)
