"""What is usual of descriptions, for engine/meter.toml: `python -m tools.meter_reference`.

The value heads read every sentence of engine/bank/angles.jsonl, where each of 60 books is told from
four angles of Schwartz's circle; the middle and the spread of each head are what a text is measured
against, and how often the meter names a value of the right angle is measured on the same texts.
Takes a minute and writes the file anew.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.bank import angles, books
from engine.meter import EXPRESSED, Usual, expressed
from engine.pairs.descriptions import ANGLES, AXES
from engine.profile.heads import heads
from engine.profile.sentences import sentences
from models.encoder import Encoder
from models.library import embedded_encoder

FILE = Path(__file__).parents[1] / "engine" / "meter.toml"
HEADER = """\
# What is usual of descriptions, by value head. `python -m tools.meter_reference` writes it.
"""

Rows = NDArray[np.float64]


def main() -> None:
    encoder = Encoder.load(embedded_encoder())

    def read(text: str) -> Rows:
        """A row of logits, (20,), for each sentence."""
        quotes = [span.quote for span in sentences(text)]
        return heads().value_logits(encoder.embed_layers(quotes)).astype(np.float64)

    facts = {book.id: read(book.description) for book in books() if book.id in angles()}
    told = {(book, angle): read(text) for book in facts for angle, text in angles()[book].items()}
    every = np.concatenate(list(told.values()))
    names = heads().values
    usual = {
        name: Usual(float(middle), float(spread), float(of_facts))
        for name, middle, spread, of_facts in zip(
            names,
            every.mean(axis=0),
            every.std(axis=0),
            np.mean([rows.mean(axis=0) for rows in facts.values()], axis=0),
            strict=True,
        )
    }
    measured = _measured(told, facts, names, usual)
    FILE.write_text(HEADER + "\n".join(_lines(usual, measured)) + "\n", encoding="utf-8")
    print(measured)


def _measured(
    told: Mapping[tuple[str, str], Rows],
    facts: Mapping[str, Rows],
    names: tuple[str, ...],
    usual: Mapping[str, Usual],
) -> dict[str, float]:
    """How what the meter says goes with the angle that a text is told from."""
    angle_of = {value: angle for angle, values in ANGLES.items() for value in values}
    contrary = {one: other for axis in AXES for one, other in (axis, axis[::-1])}
    right = wrong = said = texts = 0
    for (book, angle), rows in told.items():
        found = expressed(_named(rows, names), _named(facts[book], names), usual)
        angles_found = [angle_of[one.value] for one in found if one.value in angle_of]
        said += len(angles_found)
        right += angles_found.count(angle)
        wrong += angles_found.count(contrary[angle])
        texts += bool(angles_found)
    return {
        "texts": len(told),
        "texts_with_a_value": texts,
        "values": said,
        "of_the_right_angle": right,
        "of_the_contrary_angle": wrong,
        "threshold": EXPRESSED,
    }


def _named(rows: Rows, names: tuple[str, ...]) -> list[dict[str, float]]:
    return [dict(zip(names, map(float, row), strict=True)) for row in rows]


def _lines(usual: Mapping[str, Usual], measured: Mapping[str, float]) -> list[str]:
    figures = [f"{name} = {figure}" for name, figure in measured.items()]
    rows = [
        f"{name} = {{ middle = {one.middle:.4f}, spread = {one.spread:.4f}, "
        f"of_facts = {one.of_facts:.4f} }}"
        for name, one in usual.items()
    ]
    return ["[measured]", *figures, "", "[usual]", *rows]


if __name__ == "__main__":
    main()
