"""What is shown of a reader's pairs, read from the store when it is shown."""

from collections.abc import Sequence
from pathlib import Path

from engine.domain import PreferencePair
from engine.pairs.build import left_out
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store.database import opened


def page(data_dir: Path, pair_ids: Sequence[str]) -> list[PreferencePair]:
    """These pairs, in this order; those that are gone are left out."""
    with opened(data_dir) as db:
        found = pair_rows.with_ids(db, pair_ids)
    return [found[pair_id] for pair_id in pair_ids if pair_id in found]


def without_a_pair(data_dir: Path, reader_id: str) -> dict[str, int]:
    """How many statements and questions make no pair of this reader, by the reason why.

    Nothing where there is no profile.
    """
    with opened(data_dir) as db:
        profile = profile_rows.find(db, reader_id)
    return left_out(profile) if profile else {}
