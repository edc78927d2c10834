"""What a chat model said of one review, kept the moment it is there: nothing is asked twice.

A cache, and no part of the journal: undo and redo leave it alone.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from engine.profile.findings import Finding
from engine.profile.sentences import Span
from engine.store.database import Row, opened, packed, put, rows
from engine.store.unpack import number, text

Key = tuple[str, str]
"""The id of a review (a hash of its text), and what was asked of it."""


@dataclass(frozen=True)
class Judgement:
    """One finished request."""

    review_id: str
    sheet: str
    """The key of what was asked: another wording, or another part of a long review, is another."""
    findings: tuple[Finding, ...] = ()
    malformed: int = 0
    """Replies that were not what was asked for: 0, 1 (the second was good) or 2 (nothing)."""
    not_found: int = 0
    """Judgements that name no sentence of the review."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unread: tuple[str, ...] = ()
    """The malformed replies, as they came."""
    said_of_nothing: int = 0
    """Judgements that the model made, asked the same about a text that shows nothing."""

    @property
    def key(self) -> Key:
        return self.review_id, self.sheet

    @property
    def is_answer(self) -> bool:
        """Whether the model said something that could be read."""
        return self.malformed < 2


def save(data_dir: Path, provider: str, judgement: Judgement) -> None:
    """Keep a judgement, in the place of an earlier one; one of a review that is gone is dropped.

    Args:
        provider: which model judged, so that two models do not share.
    """
    found = [
        [finding.trait_id, finding.span.start, finding.span.end, finding.span.quote, finding.stance]
        for finding in judgement.findings
    ]
    row = {
        "review_id": judgement.review_id,
        "provider": provider,
        "sheet": judgement.sheet,
        "findings": packed(
            {
                "found": found,
                "unread": judgement.unread,
                "said_of_nothing": judgement.said_of_nothing,
            }
        ),
        "malformed": judgement.malformed,
        "not_found": judgement.not_found,
        "prompt_tokens": judgement.prompt_tokens,
        "completion_tokens": judgement.completion_tokens,
    }
    with opened(data_dir) as db:
        # At once: a transaction that reads first is refused, not made to wait, if another writes.
        db.execute("begin immediate")
        if rows(db, "select 1 from review where id = ?", judgement.review_id):
            put(db, "judgement", row)
        db.execute("commit")


def of_reader(data_dir: Path, reader_id: str, provider: str) -> Mapping[Key, Judgement]:
    """All that a model has said of a reader's reviews."""
    with opened(data_dir) as db:
        found = rows(
            db,
            "select judgement.* from judgement join review on review.id = review_id "
            "where review.reader_id = ? and provider = ?",
            reader_id,
            provider,
        )
    judgements = map(_judgement, found)
    return {judgement.key: judgement for judgement in judgements}


def remove(db: Database, reader_id: str, trait_ids: Collection[str]) -> None:
    """Forget the answers that speak of any of these traits; they are asked again when allowed."""
    found = rows(
        db,
        "select judgement.rowid as place, findings from judgement "
        "join review on review.id = review_id where review.reader_id = ?",
        reader_id,
    )
    for row in found:
        said = json.loads(text(row["findings"]))["found"]
        if any(trait_id in trait_ids for trait_id, *_ in said):
            db.execute("delete from judgement where rowid = ?", [row["place"]])


def _judgement(row: Row) -> Judgement:
    review_id, said = text(row["review_id"]), json.loads(text(row["findings"]))
    return Judgement(
        review_id,
        text(row["sheet"]),
        tuple(
            Finding(trait_id, review_id, Span(start, end, quote), stance)
            for trait_id, start, end, quote, stance in said["found"]
        ),
        int(number(row["malformed"])),
        int(number(row["not_found"])),
        int(number(row["prompt_tokens"])),
        int(number(row["completion_tokens"])),
        tuple(said["unread"]),
        said["said_of_nothing"],
    )
