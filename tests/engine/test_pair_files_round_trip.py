"""Whatever the texts of pairs are: in from anywhere, out in every format, and in again the same."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.pair_files.exporting import PAIR_FORMATS, Export, export_pairs
from engine.pair_files.loading import load_pairs
from tests.engine.pair_file_texts import lines, nasty_text, pairs_in, stored

ROWS = 60
LONGEST = 1_000_000
EMPTY, BLANK = "", " \t\n\u3000"
PLANES = ((0, 0x7F), (0x80, 0x2FFF), (0xD800, 0xDFFF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
"""ASCII with NUL, halves of surrogate pairs, and all else that there is."""


def texts(rng: random.Random) -> Iterator[str]:
    """Texts without end: of any characters, of what breaks files, blank, and now and then long."""
    while True:
        kind = rng.random()
        if kind < 0.04:
            yield rng.choice([EMPTY, BLANK, "\0", "\0 "])
        elif kind < 0.05:
            yield (nasty_text(rng) * LONGEST)[:LONGEST]
        elif kind < 0.4:
            yield nasty_text(rng)
        else:
            planes = rng.choices(PLANES, k=rng.randint(1, 30))
            yield "".join(chr(rng.randint(*plane)) for plane in planes)


def as_kept(text: str) -> str:
    """Without NUL, and with U+FFFD for half of a surrogate pair; two halves are one character."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "")


@pytest.mark.parametrize("format_name", PAIR_FORMATS)
@pytest.mark.parametrize("seed", range(3))
def test_any_texts_come_in_go_out_and_come_back(
    tmp_path: Path, seed: int, format_name: str
) -> None:
    """Left out are the rows with a blank text or two same answers, by their lines; none else."""
    made = texts(random.Random(seed))
    rows = [{name: next(made) for name in ("prompt", "chosen", "rejected")} for _ in range(ROWS)]
    rows.append({**rows[0], "rejected": f" {rows[0]['chosen']}\n"})
    a, b, file = stored(tmp_path / "a"), stored(tmp_path / "b"), tmp_path / "pairs"
    loaded = load_pairs(a, "ana", lines(tmp_path / "theirs.jsonl", *rows))

    kept = [{name: as_kept(text) for name, text in row.items()} for row in rows]
    blank = {line for line, row in enumerate(kept, 1) if not all(map(str.strip, row.values()))}
    assert {row.line for row in loaded.skipped} == blank | {ROWS + 1}
    came_in = [(pair.prompt, pair.chosen, pair.rejected) for pair in pairs_in(a)]
    good = [row for line, row in enumerate(kept, 1) if line not in blank | {ROWS + 1}]
    assert came_in == [tuple(row.values()) for row in good]

    written = export_pairs(a, "ana", file, Export(format_name, "all"))
    assert (written.pairs, written.unloadable) == (len(good), 0)
    again = load_pairs(b, "ana", file)
    assert (again.added, again.skipped) == (len(good), ())
    assert pairs_in(b) == pairs_in(a)
