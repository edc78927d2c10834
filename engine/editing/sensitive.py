"""Switch sensitive items on or off for one reader, with what was already read of them."""

from dataclasses import replace
from pathlib import Path

from engine.editing.material import material_of, quotes_were_kept
from engine.frameworks import sensitive_statements
from engine.profile.assemble import assembled
from engine.store import findings as finding_rows
from engine.store import judgements as judgement_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import Store, change, opened


def switch_sensitive(data_dir: Path, reader_id: str, on: bool) -> None:
    """Allow or forbid items on religion, sexuality, politics, health and abortion.

    Switching off takes what was read of them out of the profile at once, and the scores that they
    moved are made again without them. Switching on reads nothing: the next build does.

    Raises:
        BadInput: there is no such reader.
    """
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        with change(db, f"Switch sensitive items {'on' if on else 'off'}"):
            reader_rows.set_sensitive(db, own_id, on)
            if not on:
                _take_out(db, own_id)


def _take_out(db: Store, reader_id: str) -> None:
    judgement_rows.remove(db, reader_id, sensitive_statements())
    profile = profile_rows.extracted(db, reader_id)
    if profile is None:
        return
    finding_rows.remove(db, reader_id, sensitive_statements())
    material = replace(material_of(db, profile), sensitive=False)
    made_again = {trait.id: trait for trait in assembled(material)}
    if not quotes_were_kept(profile, material.findings):
        made_again = {name: made_again[name] for name in sensitive_statements()}
    traits = [made_again.get(trait.id, trait) for trait in profile.traits]
    profile_rows.save_traits(db, reader_id, traits)
