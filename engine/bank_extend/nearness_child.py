"""The child that compares texts: `python -m engine.bank_extend.nearness_child`, in JSON lines.

    {"know": {"schwartz.face.1.plain": "…"}, "cache": "FOLDER" or null}
        remembers texts under their names, and their vectors in the folder; no answer
    {"nearest": ["…", "…"]}
        → {"nearest": [["schwartz.face.1.plain", 0.93], null]}

The cosine is of sentence embeddings; null where nothing is known yet. A child that cannot load the
encoder says {"failed", "hint"} and ends. It ends when stdin closes.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from models.aside import written_aside
from models.encoder import WIDTH, Encoder, Vectors
from models.errors import UserError
from models.events import JsonObject
from models.library import embedded_encoder


class Known:
    """The texts that are known, as vectors."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._names: list[str] = []
        self._vectors: Vectors = np.zeros((0, WIDTH), dtype=np.float32)

    def add(self, texts: dict[str, str], cache: Path | None) -> None:
        self._names += texts
        wanted = list(texts.values())
        added = self._cached(wanted, cache) if cache else self._encoder.embed(wanted)
        self._vectors = np.concatenate([self._vectors, added])

    def _cached(self, texts: list[str], folder: Path) -> Vectors:
        """The vectors of texts that are embedded once: the whole bank takes ten seconds."""
        digest = sha256(json.dumps(texts).encode()).hexdigest()
        path = folder / f"nearness-{digest[:16]}.npy"
        if path.exists():
            found: Vectors = np.load(path)
            return found
        vectors = self._encoder.embed(texts)
        with written_aside(path) as aside, aside.open("wb") as file:
            np.save(file, vectors)
        return vectors

    def nearest(self, texts: Sequence[str]) -> Iterator[tuple[str, float] | None]:
        if not self._names:
            yield from [None] * len(texts)
            return
        for row in self._encoder.embed(texts) @ self._vectors.T:  # (K,)
            best = int(row.argmax())
            yield self._names[best], float(row[best])


def main() -> int:
    """Answer until stdin closes; returns the exit code (1: no encoder)."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the libraries print belongs in the log
    try:
        known = Known(Encoder.load(embedded_encoder()))
    except UserError as error:
        print(json.dumps({"failed": error.message, "hint": error.hint}), file=answers, flush=True)
        return 1
    for line in sys.stdin:
        request: JsonObject = json.loads(line)
        match request:
            case {"know": dict(texts), "cache": cache}:
                known.add(texts, Path(str(cache)) if cache else None)
            case {"nearest": list(texts)}:
                found = list(known.nearest(texts))
                print(json.dumps({"nearest": found}), file=answers, flush=True)
            case _:
                raise ValueError(f"not a request: {line[:200]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
