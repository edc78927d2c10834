"""How much likelier a local model holds one answer than another; each margin is kept as it comes.

The file has hashes and numbers alone, a line for each margin. It is a cache: what is asked in other
words, or of another model, has a hash of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.kept_lines import keep_lines, kept_lines
from engine.prompts import prompt_sha256
from models.chat import Message
from models.local import LocalModel


@dataclass(frozen=True)
class Scorer:
    """A model, and what it has scored so far."""

    model: LocalModel
    file: Path
    kept: dict[str, float]
    """Margins in nats, by the hash of the conversation and both answers."""

    @classmethod
    def of(cls, model: LocalModel, file: Path) -> Self:
        """With what a file has of this model; only its owner can read it."""
        file.touch(mode=0o600)
        return cls(model, file, dict(_read(file, model.sha256)))

    async def margin(self, messages: Sequence[Message], preferred: str, other: str) -> float | None:
        """log p(preferred) - log p(other), in nats; None where one is over the model's context."""
        answers = (preferred, other)
        asked = prompt_sha256((*messages, *(Message("assistant", one) for one in answers)))
        if asked not in self.kept:
            lengths = [
                len(await self.model.prompt_tokens([Message("user", one)])) for one in answers
            ]
            prompt = await self.model.prompt_tokens(messages)
            if len(prompt) + max(lengths) > self.model.context:
                return None
            first, second = await self.model.score(messages, answers)
            self._keep(asked, first.logprob - second.logprob)
        return self.kept[asked]

    def _keep(self, asked: str, margin: float) -> None:
        keep_lines(self.file, {"model": self.model.sha256, "asked": asked, "margin": margin})
        self.kept[asked] = margin


def _read(file: Path, model_sha256: str) -> Iterator[tuple[str, float]]:
    for row in kept_lines(file):
        if row["model"] == model_sha256:
            yield row["asked"], row["margin"]
