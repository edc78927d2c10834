"""What only we keep of a pair, in a file: written beside the texts, and checked on the way back.

A table has a column for each; a JSON row keeps them together under `persona_studio`, a name that
nobody else's data has. Old files lack the younger fields: then a pair is as one was before them.
"""

import json
from collections.abc import Mapping

from engine.domain import TRACKS, PreferencePair, Track
from engine.sources.records import (
    BadRow,
    Record,
    number_of,
    required_label,
    shown,
    storable,
    text_of,
)

NAME = "persona_studio"
TEXTS = ("prompt", "chosen", "rejected")
FLAGS = ("held_out", "dropped", "edited", "accepted", "flagged")
OWN_FIELDS = (
    *("id", "reader_id", "track", "trait_id", "topic", "origin"),
    *FLAGS,
    *("stance", "evidence", "made", "near"),
)
LISTS = ("evidence", "near")
"""Those of them that are lists of texts."""
SIGNS = frozenset({"reader_id", "trait_id", "origin"})
"""A table that has these columns is one of ours."""

_SAID = {"true": True, "false": False, "1": True, "0": False, "": False}
"""A flag as a spreadsheet writes it."""

Texts = tuple[str, str, str]
"""Prompt, chosen, rejected."""


def own_fields(pair: PreferencePair) -> dict[str, object]:
    """Everything of a pair but its texts, for JSON."""
    # Not asdict, whose copying takes longer than all the rest of an export.
    lists = {name: list(getattr(pair, name)) for name in LISTS}
    return {name: getattr(pair, name) for name in OWN_FIELDS} | lists


def own_record(record: Record) -> Record | None:
    """The row's own fields by themselves; None where somebody else wrote the row.

    Raises:
        BadRow: there is something else in their place.
    """
    if record.fields.keys() >= SIGNS:
        return record
    kept = record.fields.get(NAME)
    if isinstance(kept, str):
        kept = _json(kept, NAME)
    if kept is None:
        return None
    if not isinstance(kept, dict):
        raise BadRow(f"The field {NAME!r} should be an object but is {shown(kept)}.")
    return Record(record.line, kept)


def pair_of(texts: Texts, own: Record) -> PreferencePair:
    """The pair that these texts and fields make.

    Raises:
        BadRow: a field is missing or is not what it has to be.
    """
    prompt, chosen, rejected = texts
    held_out, dropped, edited, accepted, flagged = (_flag(own.fields, name) for name in FLAGS)
    return PreferencePair(
        id=required_label(own, "id"),
        reader_id=required_label(own, "reader_id"),
        track=_track(own),
        trait_id=text_of(own, "trait_id"),
        topic=_filled(own, "topic"),
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        origin=_filled(own, "origin"),
        held_out=held_out,
        dropped=dropped,
        edited=edited,
        accepted=accepted,
        flagged=flagged,
        stance=_stance(own),
        evidence=_texts(own, "evidence"),
        made=text_of(own, "made") or "bank",
        near=_texts(own, "near"),
    )


def _track(own: Record) -> Track:
    track = own.fields.get("track")
    if track not in TRACKS:
        allowed = f"{', '.join(TRACKS[:-1])} or {TRACKS[-1]}"
        raise BadRow(f"The field 'track' should be {allowed} but is {shown(track)}.")
    return track


def _filled(own: Record, name: str) -> str:
    text = text_of(own, name)
    if not text.strip():
        raise BadRow(f"The field {name!r} is missing.")
    return text


def _flag(fields: Mapping[str, object], name: str) -> bool:
    value = fields.get(name)
    said = _SAID.get(value.strip().lower()) if isinstance(value, str) else value or False
    if not isinstance(said, bool):
        raise BadRow(f"The field {name!r} should be true or false but is {shown(value)}.")
    return said


def _stance(own: Record) -> float:
    stance = number_of(own, "stance") or 0.0
    if not -1 <= stance <= 1:
        raise BadRow(f"The field 'stance' should be from -1 to 1 but is {stance:g}.")
    return stance


def _texts(own: Record, name: str) -> tuple[str, ...]:
    value = own.fields.get(name)
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        value = _json(value, name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadRow(f"The field {name!r} should be a list of texts but is {shown(value)}.")
    return tuple(map(storable, value))


def _json(text: str, name: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRow(f"The field {name!r} is not JSON: {shown(text)}.") from error
    return value
