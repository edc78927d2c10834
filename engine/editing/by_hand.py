"""Profiles that no review stands behind: begun by hand, or as a copy of another reader's."""

import re
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import Override, OverrideKind, Reader, Trait
from engine.frameworks import all_dimensions
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import Store, change, opened
from models.errors import BadInput

BY_HAND = "by hand"
MOST_CHARACTERS = 80
"""Of a reader's name."""


def new_reader(data_dir: Path, name: str) -> Reader:
    """Add a reader without reviews, with a profile in which everything is unknown.

    Raises:
        BadInput: the name is empty or too long, or a reader has it already.
    """
    reader = _named(name)
    with opened(data_dir) as db, change(db, "Add a reader by hand"):
        reader_rows.add(db, reader)
        profile_rows.ensure_built(db, reader.id)
    return reader


def clone_reader(data_dir: Path, reader_id: str, name: str) -> Reader:
    """Add a reader who is known to be as another: by the editor's word, not by its reviews.

    What is known of the other comes over as overrides, with what the editor marked unknown, and
    the scores of its questionnaire and picks. Reviews, quotes and suggestions stay where they are.

    Raises:
        BadInput: no such reader or no profile, or a name that cannot be used.
    """
    clone = _named(name)
    with opened(data_dir) as db, change(db, "Clone a reader"):
        source = reader_rows.find(db, reader_id)
        profile = profile_rows.built(db, source.id)
        reader_rows.add(db, clone)
        reader_rows.set_sensitive(db, clone.id, profile.sensitive)
        profile_rows.ensure_built(db, clone.id)
        profile_rows.copy_readings(db, source.id, clone.id)
        for trait in profile.traits:
            if trait.status != "off":
                _copy_word(db, clone.id, trait, f"Cloned from {source.name}")
    return clone


def _copy_word(db: Store, clone_id: str, trait: Trait, reason: str) -> None:
    now = datetime.now(UTC)
    if trait.is_known:
        # A scale rolled up from its parts stays so: set by hand it would speak for parts unknown.
        scale = all_dimensions().get(trait.id)
        is_rolled_up = scale is not None and scale.parent is None and trait.override is None
        kind: OverrideKind = "accepted" if is_rolled_up else "set"
        word = Override(trait.effective_score, reason, now, kind, trait.effective_value)
    elif trait.override:
        word = Override(0.0, reason, now, "unknown")
    else:
        return
    profile_rows.put_override(db, clone_id, trait.id, word)


def _named(name: str) -> Reader:
    """A reader of that name, with an id that can be typed: `Ana Lima` is `ana-lima`."""
    plain = " ".join(name.split())
    if not plain:
        raise BadInput("A reader needs a name.", "Any will do: it never reaches a model.")
    if len(plain) > MOST_CHARACTERS:
        raise BadInput(f"A name of {len(plain)} characters is too long.", "80 at the most.")
    reader_id = re.sub(r"[\W_]+", "-", plain.casefold()).strip("-")
    if not reader_id:
        raise BadInput(f"{plain!r} has no letter or digit in it.", "Give a name that can be typed.")
    return Reader(reader_id, plain, BY_HAND)
