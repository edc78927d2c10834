"""The folders in the data directory that keep the files of catalogues as they came in."""

from pathlib import Path

from engine.store import catalogues as rows
from engine.store.database import opened
from models.aside import remove


def folder(data_dir: Path, catalogue_id: str) -> Path:
    """Where a catalogue's file is kept."""
    return data_dir / "catalogues" / catalogue_id


def prune(data_dir: Path) -> None:
    """Delete the files of catalogues that are in the store no more, and cannot come back."""
    with opened(data_dir) as db:
        kept = {catalogue.id for catalogue in rows.catalogues_of(db)}
    for path in (data_dir / "catalogues").glob("*"):
        if path.name not in kept:
            remove(path)
