"""What questions to a chat model have cost so far."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Spent:
    """Counted as the replies come in."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    malformed: int = 0

    def count(self, read: int, written: int, unread: Sequence[str]) -> None:
        """Add one question; a malformed reply was asked for once more.

        Args:
            read, written: tokens, of both tries.
            unread: the malformed replies.
        """
        self.calls += min(2, len(unread) + 1)
        self.prompt_tokens += read
        self.completion_tokens += written
        self.malformed += len(unread)

    def __str__(self) -> str:
        told = f"{self.calls:,} requests, {self.prompt_tokens:,} tokens read, "
        told += f"{self.completion_tokens:,} written"
        return f"{told}, {self.malformed} malformed" if self.malformed else told
