"""What a profile by a chat model will cost, before anything is asked."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.profile.chat_pieces import Piece, piece_without_reviewer
from engine.profile.chat_plan import Judge, Plan, Unit, judge, planned
from engine.store import judgements as judgement_rows
from engine.store import readers as reader_rows
from engine.store.database import opened
from models.chat import Message

_GUESSED_BY = "a token for 4 characters, 3 for 4 of Chinese, Japanese or Korean"


@dataclass(frozen=True)
class Cost:
    """Requests and tokens of a profile that is not built yet."""

    calls: int
    """One for each review and sheet, and one for each sheet about a text that shows nothing.

    A malformed reply, which is asked for once more, comes on top."""
    reused: int
    """Requests whose answers are kept from before."""
    prompt_tokens: int
    """All that is sent; servers that keep a prompt's beginning compute, and bill, less."""
    completion_tokens_at_most: int
    is_estimate: bool
    """Whether the prompt's tokens are a guess, the model's own tokenizer not being at hand."""

    def __str__(self) -> str:
        kept = f", {self.reused:,} answers are kept from before" if self.reused else ""
        if not self.calls:
            return f"Nothing is left to ask{kept}."
        about = f"about ({_GUESSED_BY}) " if self.is_estimate else ""
        return (
            f"{self.calls:,} requests{kept}: {about}{self.prompt_tokens:,} tokens to read, "
            f"at most {self.completion_tokens_at_most:,} to write."
        )

    def as_json(self) -> Mapping[str, object]:
        return asdict(self)


async def profile_cost(
    data_dir: Path,
    reader_id: str,
    provider: str,
    fresh: bool = False,
    sensitive: bool | None = None,
) -> Cost:
    """What building a reader's profile with a chat model would ask.

    Args:
        fresh: as if nothing had been asked before.
        sensitive: as if sensitive items were allowed, or not; None takes what the reader has.

    Raises:
        UserError: no such reader or provider.
    """
    async with judge(provider, data_dir) as who:
        plan = await asyncio.to_thread(plan_for, data_dir, reader_id, who, fresh, sensitive)
        return await cost_of(plan, who)


def plan_for(
    data_dir: Path, reader_id: str, who: Judge, fresh: bool, sensitive: bool | None = None
) -> Plan:
    """The requests of a reader's profile, and the answers that the store has of this judge.

    Raises:
        BadInput: there is no such reader.
    """
    with opened(data_dir) as db:
        reader_rows.find(db, reader_id)
        reviews = reader_rows.reviews_of(db, reader_id)
        if sensitive is None:
            sensitive = reader_rows.is_sensitive_allowed(db, reader_id)
    said = {} if fresh else judgement_rows.of_reader(data_dir, reader_id, who.key)
    return planned(reviews, sensitive, who.context, said)


async def cost_of(plan: Plan, who: Judge) -> Cost:
    """The requests and tokens of a plan: each sheet and each review is counted once."""
    by_sheet: dict[str, list[Unit]] = {}
    for unit in plan.missing:
        by_sheet.setdefault(unit.sheet.key, []).append(unit)
    for units in by_sheet.values():
        units.append(Unit(units[0].sheet, piece_without_reviewer()))
    counted = dict[Piece, int]()
    tokens = 0
    for units in by_sheet.values():
        opening = (*units[0].sheet.opening, Message("user", "Review:"))
        tokens += len(units) * await who.count_tokens(opening)
        for unit in units:
            if unit.piece not in counted:
                counted[unit.piece] = await _tokens(unit, who)
            tokens += counted[unit.piece]
    calls = sum(map(len, by_sheet.values()))
    return Cost(
        calls=calls,
        reused=len(plan.reused),
        prompt_tokens=tokens,
        completion_tokens_at_most=calls * plan.reply_tokens,
        is_estimate=not who.counts_exactly,
    )


async def _tokens(unit: Unit, who: Judge) -> int:
    """What the review adds to a prompt: the difference that it makes to a bare one."""
    asked = unit.sheet.messages(unit.piece)[-1]
    bare = await who.count_tokens([Message("user", "Review:")])
    return await who.count_tokens([asked]) - bare
