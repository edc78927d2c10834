"""A catalogue of Ana's with descriptions in several states, as if a model had written them."""

from dataclasses import replace
from pathlib import Path

from engine.catalogues import review
from engine.catalogues.taking import take_in
from engine.domain import Description
from engine.past_descriptions import flags_of
from engine.preview import DEFAULT_SAMPLING
from engine.store import catalogues as rows
from engine.store.database import opened
from engine.store.descriptions import add_description, find_description
from tests.studio.conftest import READ_AT

CSV = (
    "isbn,title,author,description,price\n"
    ",Salt and Iron,Inês Prado,Two smiths share one forge in a town by the sea.,3.50\n"
    ",The Long Field [/b],Jo Aas,A farm in winter and the woman who stays on it.,4\n"
    ',Bread,Ada Mull,"How a village baked through the war, told by its miller.",6\n'
    ",No Facts,,,6\n"
    ",Tides,Bo Lund,The moon and the mud of an estuary.,7\n"
    ",Late Letters,Mia Oz,Letters between two sisters.,8\n"
)
TEXTS = {
    0: "Two smiths share one forge, and neither will leave it. The sea is at the door. "
    "Whoever loves work done well will stay to the end.",
    1: "In 1923 a woman stays on her farm. As a conscientious reader, you will love [red]it[/red].",
    2: "A village bakes through the war. The miller tells it plainly. Nothing is lost on him.",
}


def catalogue_of(data_dir: Path) -> str:
    """The catalogue's id: three rows written, the first of them accepted, two to be written."""
    path = data_dir / "spring.csv"
    path.write_text(CSV, encoding="utf-8")
    line = take_in(data_dir, path, "ana", "base", sampling=replace(DEFAULT_SAMPLING, max_tokens=4))
    for place, text in TEXTS.items():
        written(data_dir, line.catalogue.id, place, text)
    review.accept(data_dir, line.catalogue.id, [0])
    return line.catalogue.id


def written(data_dir: Path, catalogue_id: str, place: int, text: str) -> None:
    """Store a description as the writing does."""
    with opened(data_dir) as db:
        row = rows.find_row(db, catalogue_id, place)
    assert row.book_id is not None
    new = Description(
        reader_id="ana",
        book_id=row.book_id,
        pane_id="base",
        model_name="SmolLM2-135M-Instruct.Q4_1",
        model_sha256="ab" * 32,
        with_card=True,
        near=(),
        sampling=DEFAULT_SAMPLING,
        prompt_sha256="cd" * 32,
        text=text,
        made_at=READ_AT,
        stopped="end",
    )
    with opened(data_dir) as db, rows.beside_the_journal(db):
        added = add_description(db, new)
        flags = len(flags_of(data_dir, new))
        rows.give_description(db, catalogue_id, place, added, flags)
        assert find_description(db, added).text == text
