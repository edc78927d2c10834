"""A small dataset of preference examples with personas, for the tests of story P."""

from datetime import UTC, datetime
from pathlib import Path

from engine.domain import PreferenceExample
from engine.personas.domain import Check, Persona, Side
from engine.store import datasets, personas
from engine.store.database import change, opened
from tests.persona_model import PLAIN, THOROUGH

MOMENT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def examples(number: int = 3, dataset: str = "letters") -> list[PreferenceExample]:
    return [
        PreferenceExample(
            f"{dataset[0]}{index:02}",
            dataset,
            f"How do I mend chair number {index}?",
            f"Glue the joint of chair {index} and clamp it overnight.",
            f"Chair {index} can be mended with glue, with a dowel, or by a joiner; each has its "
            "price and its patience.",
        )
        for index in range(number)
    ]


def a_persona(example_id: str, side: Side = "chosen", text: str = PLAIN) -> Persona:
    return Persona(
        example_id=example_id,
        side=side,
        text=text,
        origin="inferred",
        provider="embedded",
        model_name="a model",
        prompt_sha256="0" * 64,
        made_at=MOMENT,
    )


def a_check(text: str, first: bool | None = True, second: bool | None = True) -> Check:
    return Check(text, first, second, "a judge", "1" * 64, MOMENT)


def fill_dataset(data_dir: Path, number: int = 3, dataset: str = "letters") -> None:
    with opened(data_dir) as db, change(db, "Import preferences"):
        datasets.save(db, examples(number, dataset))


def both_sides(example_id: str) -> list[Persona]:
    return [a_persona(example_id), a_persona(example_id, "rejected", THOROUGH)]


def store_personas(data_dir: Path, number: int = 3) -> None:
    """The dataset `letters`, every example with both personas, none checked."""
    fill_dataset(data_dir, number)
    with opened(data_dir) as db, change(db, "Infer personas"):
        personas.add_personas(db, [p for e in examples(number) for p in both_sides(e.id)])
