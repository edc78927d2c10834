"""The child that compares texts: `python -m engine.nearness_child`, in JSON lines.

    {"know": {"schwartz.face.1.plain": "…"}, "cache": "FOLDER" or null}
        remembers texts under their names, and their vectors in the folder; no answer
    {"nearest": ["…", "…"]}
        → {"nearest": [["schwartz.face.1.plain", 0.93], null]}
    {"to": "…", "among": ["…", "…", "…"], "most": 2}
        → {"nearest": [[2, 0.61], [0, 0.40]]}: places in `among`, the nearest first
    {"values": ["…", "…"]}
        → {"values": [{"achievement": -0.4, …}, …]}: what the value heads give, as logits

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

from engine.profile.heads import heads
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


class Chooser:
    """Chooses among sentences, each of which is embedded once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, Vectors] = {}

    def nearest(self, to: str, among: Sequence[str], most: int) -> list[tuple[int, float]]:
        if not among:
            return []
        new = [text for text in dict.fromkeys(among) if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, self._encoder.embed(new), strict=True))
        vectors = np.stack([self._vectors[text] for text in among])  # (N, 384)
        cosines = vectors @ self._encoder.embed([to])[0]
        order = np.argsort(-cosines, kind="stable")[:most]
        return [(int(at), float(cosines[at])) for at in order]


def _values(encoder: Encoder, texts: Sequence[str]) -> list[dict[str, float]]:
    if not texts:
        return []
    trained = heads()
    rows = trained.value_logits(encoder.embed_layers(texts)).tolist()
    return [dict(zip(trained.values, row, strict=True)) for row in rows]


def main() -> int:
    """Answer until stdin closes; returns the exit code (1: no encoder)."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the libraries print belongs in the log
    try:
        encoder = Encoder.load(embedded_encoder())
    except UserError as error:
        print(json.dumps({"failed": error.message, "hint": error.hint}), file=answers, flush=True)
        return 1
    known, chooser = Known(encoder), Chooser(encoder)
    for line in sys.stdin:
        request: JsonObject = json.loads(line)
        found: Sequence[object]
        name = "nearest"
        match request:
            case {"know": dict(texts), "cache": cache}:
                known.add(texts, Path(str(cache)) if cache else None)
                continue
            case {"nearest": list(texts)}:
                found = list(known.nearest(texts))
            case {"to": str(to), "among": list(among), "most": int(most)}:
                found = chooser.nearest(to, among, most)
            case {"values": list(texts)}:
                name, found = "values", _values(encoder, texts)
            case _:
                raise ValueError(f"not a request: {line[:200]}")
        print(json.dumps({name: found}), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
