"""What is to be asked of which chat model, and what it has answered before. Asks nothing."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.domain import Review
from engine.profile.chat_pieces import Piece, Room, pieces
from engine.profile.chat_sheets import Sheet, sheets
from engine.store.judgements import Judgement, Key
from models.chat import Message
from models.library import sha256_of
from models.local import LocalModel, local_model
from models.providers import LocalFile, parse_provider

LOCAL_CONTEXT = 8192
"""Tokens that a local model is opened for, if it takes so many."""
CHARACTERS_A_TOKEN = 4
"""The usual estimate where the tokenizer is not at hand."""
_OF_EAST_ASIA = re.compile(
    "[\u1100-\u11ff\u2e80-\u31ff\u3400-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)
"""Characters of Chinese, Japanese and Korean: three quarters of a token each.

Of chapters 1 to 5 of Pro Git and the Contributor Covenant in these languages (62,000 to 104,000
characters each) that makes 0.94 to 1.19 of what the tokenizer of Qwen2.5 counts, 0.98 to 1.10 of
Llama 3's and 1.11 to 1.42 of Gemma 4's, where four characters a token made 0.41 to 0.56; of that of
the embedded model, which was made for English, 0.32 to 0.46. In English it is 1.04 to 1.14 of all
of these.
"""


@dataclass(frozen=True)
class Judge:
    """A chat model before it is opened: its name for the store, and what it takes."""

    name: str
    """For people, with what tells one version of it from another."""
    key: str
    """Of a file its hash, of an endpoint its address and model: two models do not share."""
    context: int
    """In tokens, prompt and reply together."""
    concurrency: int
    count_tokens: Callable[[Sequence[Message]], Awaitable[int]]
    counts_exactly: bool


@dataclass(frozen=True)
class Unit:
    """One request: a sheet, and a review or a piece of one."""

    sheet: Sheet
    piece: Piece

    @property
    def key(self) -> Key:
        return self.piece.review_id, self.sheet.key + self.piece.name


@dataclass(frozen=True)
class Plan:
    """All requests of a profile, sheet by sheet, and the answers that are there already."""

    units: tuple[Unit, ...]
    kept: Mapping[Key, Judgement]
    reply_tokens: int
    """The most that one reply may take."""

    @property
    def missing(self) -> tuple[Unit, ...]:
        """What has no answer yet; a reply that could not be read is none."""
        return tuple(unit for unit in self.units if unit.key not in self.kept)

    @property
    def sheets_missing(self) -> int:
        """Sheets that are asked at all; each is put to a text that shows nothing, before others."""
        return len({unit.sheet.key for unit in self.missing})

    @property
    def reused(self) -> tuple[Judgement, ...]:
        return tuple(self.kept[unit.key] for unit in self.units if unit.key in self.kept)


def planned(
    reviews: Sequence[Review], sensitive: bool, context: int, said: Mapping[Key, Judgement]
) -> Plan:
    """Every sheet with every review.

    Args:
        context: of the model, in tokens.
        said: what the model has said before, about whatever.
    """
    room = Room.of(context)
    parts = list(pieces(reviews, room.piece))
    units = tuple(Unit(sheet, part) for sheet in sheets(sensitive, room.sheet) for part in parts)
    kept = {key: judgement for key, judgement in said.items() if judgement.is_answer}
    return Plan(units, kept, room.reply)


@asynccontextmanager
async def judge(provider: str, data_dir: Path) -> AsyncIterator[Judge]:
    """A provider's judge for the length of a block; of a file only the vocabulary is loaded.

    Raises:
        UserError: the name means nothing, or the file is not a chat model.
    """
    named = parse_provider(provider, data_dir)
    if not isinstance(named, LocalFile):
        name, key = f"{named.model} at {named.base_url}", f"endpoint:{named.base_url}#{named.model}"
        yield Judge(name, key, named.context, named.concurrency, _estimated, False)
        return
    logs = data_dir / "logs"
    async with local_model(named.path, logs, LOCAL_CONTEXT, vocabulary_only=True) as vocabulary:
        digest = await asyncio.to_thread(sha256_of, named.path, data_dir / "cache")
        name = f"{vocabulary.name} (sha256 {digest[:12]})"
        yield Judge(name, f"local:{digest}", vocabulary.context, 1, _counter(vocabulary), True)


async def _estimated(messages: Sequence[Message]) -> int:
    texts = [message.content for message in messages]
    characters, wide = sum(map(len, texts)), sum(len(_OF_EAST_ASIA.findall(one)) for one in texts)
    return (characters + 2 * wide) // CHARACTERS_A_TOKEN


def _counter(vocabulary: LocalModel) -> Callable[[Sequence[Message]], Awaitable[int]]:
    async def count(messages: Sequence[Message]) -> int:
        return len(await vocabulary.prompt_tokens(messages))

    return count
