"""How much likelier a local model holds one answer than another; each margin is kept as it comes.

The file has hashes and numbers alone, a line for each margin. It is a cache: what is asked in other
words, or of another model, has a hash of its own.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.prompts import prompt_sha256
from models.aside import is_cut_off
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
        row = {"model": self.model.sha256, "asked": asked, "margin": margin}
        line = json.dumps(row) + "\n"
        with self.file.open("ab", buffering=0) as margins:
            margins.write(("\n" + line if is_cut_off(self.file) else line).encode())
        self.kept[asked] = margin


def _read(file: Path, model_sha256: str) -> Iterator[tuple[str, float]]:
    for line in file.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the line a kill cut off
        if row["model"] == model_sha256:
            yield row["asked"], row["margin"]
