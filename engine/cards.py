"""Profile cards as front ends see them: show, rewrite, and go back to the profile's own."""

from dataclasses import dataclass
from pathlib import Path

from engine.profile.card import DEFAULT_BUDGET, Card, card_of
from engine.profile.card_items import CardTask
from engine.store import cards as card_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.errors import BadInput
from models.wordpieces import count_tokens

MOST_CHARACTERS = 20_000
"""Of an edited card; the longest context on offer would not hold much more."""


@dataclass(frozen=True)
class ShownCard:
    """The card that a profile gives, and the editor's own text where there is one."""

    card: Card
    edited_text: str | None
    is_stale: bool
    """Whether the profile's own card has changed since it was edited."""

    @property
    def text(self) -> str:
        """What the models are given."""
        return self.card.text if self.edited_text is None else self.edited_text

    @property
    def tokens(self) -> int:
        """Of the text that the models are given."""
        return count_tokens(self.text)

    @property
    def is_over_budget(self) -> bool:
        return self.tokens > self.card.budget


def card(
    data_dir: Path,
    reader_id: str,
    task: CardTask = "describe_book",
    budget: int = DEFAULT_BUDGET,
) -> ShownCard:
    """The card of a reader; task and budget bear on the profile's own, not on an edited text.

    Raises:
        BadInput: no such reader, no profile, or a budget that no card can keep to.
    """
    with opened(data_dir) as db:
        profile = profile_rows.built(db, reader_rows.find(db, reader_id).id)
        edited = card_rows.find(db, profile.reader_id)
        is_stale = edited is not None and edited.made_from != card_rows.print_of(profile)
        return ShownCard(card_of(profile, task, budget), edited.text if edited else None, is_stale)


def edit_card(data_dir: Path, reader_id: str, text: str) -> ShownCard:
    """Put the editor's text in the place of the card; the profile's own words are no edit.

    A text over the budget is taken: `is_over_budget` says so.

    Raises:
        BadInput: no such reader, no profile, or a text that is empty or no card.
    """
    words = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    if not words:
        raise BadInput(
            "A profile card cannot be empty.",
            "To have the base model write without the profile, preview the pane “Base, without the "
            "profile” (`base-plain`).",
        )
    if len(words) > MOST_CHARACTERS:
        raise BadInput(
            f"{len(words):,} characters are no profile card; {MOST_CHARACTERS:,} are the most.",
            "A card is a few lines long.",
        )
    with opened(data_dir) as db:
        profile = profile_rows.built(db, reader_rows.find(db, reader_id).id)
        with change(db, "Edit a profile card"):
            if words == card_of(profile).text:
                card_rows.remove(db, profile.reader_id)
            else:
                card_rows.save(db, profile, words)
    return card(data_dir, reader_id)


def reset_card(data_dir: Path, reader_id: str) -> ShownCard:
    """Take an edited card away; the profile's own holds again.

    Raises:
        BadInput: no such reader, or no profile.
    """
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        with change(db, "Reset a profile card"):
            card_rows.remove(db, own_id)
    return card(data_dir, reader_id)


def conditioning_text(data_dir: Path, reader_id: str) -> str:
    """What every model of a reader is given: the edited card, else the profile's own.

    Raises:
        BadInput: no such reader, or no profile.
    """
    with opened(data_dir) as db:
        profile = profile_rows.built(db, reader_rows.find(db, reader_id).id)
        return card_rows.conditioning_text(db, profile)
