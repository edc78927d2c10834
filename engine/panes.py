"""Which panes a preview can have: which model writes, and whose card it is given."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.store import readers as reader_rows
from engine.store.database import opened
from engine.store.readers import ReaderSummary
from engine.tuned_models import TunedModel, tuned_models
from models.errors import BadInput
from models.library import embedded_gguf
from models.providers import LocalFile, endpoint_names, parse_provider

CARD, RUN = "card:", "run:"
MOST_OTHER_CARDS = 3
"""Of other readers, whose cards are offered unasked; any can be asked for by name."""


@dataclass(frozen=True)
class Pane:
    """One column of a preview: which model writes, and whether it is given the profile."""

    id: str
    """`base`, `tuned`, `base-plain`, `original`, `run:RUN`, `card:READER`, or the provider."""
    title: str
    detail: str
    """The model's file name, or what stands there instead of a model."""
    provider: str | None
    """As `models.providers` has it; None for the description as it stands."""
    with_card: bool = True
    card_of: str | None = None
    """The reader whose card is given in the place of the reader's own; None of all others."""
    run_id: str | None = None
    """The export that made the model; None of a model that nothing was tuned into."""


def panes(data_dir: Path, reader_id: str) -> list[Pane]:
    """The panes on offer for a reader, those that a newcomer wants first."""
    own = tuned_models(data_dir, reader_id)
    base = own[0].base_gguf if own else embedded_gguf()
    offered = [Pane("base", "Base model", base.name, _local(base))]
    if own:
        offered.append(_tuned("tuned", "Tuned for this reader", own[0]))
    offered.append(Pane("base-plain", "Base, without the profile", base.name, _local(base), False))
    offered.append(Pane("original", "The description it is written from", "no model", None))
    if own:
        others = _other_readers(data_dir, reader_id)[:MOST_OTHER_CARDS]
        offered += [_with_card_of(other, own[0]) for other in others]
    newest = own[0].run_id if own else None
    offered += [_other(model) for model in tuned_models(data_dir) if model.run_id != newest]
    return offered + list(_endpoints(data_dir))


def find_pane(data_dir: Path, reader_id: str, pane_id: str) -> Pane:
    """A pane by its id, on offer or not: any reader's card, any model file, any endpoint.

    Args:
        pane_id: as `Pane.id`; a reader's name does for their id.

    Raises:
        BadInput: there is no such pane, reader, file or endpoint, or no tuned model yet.
    """
    offered = panes(data_dir, reader_id)
    if found := next((pane for pane in offered if pane.id == pane_id), None):
        return found
    if pane_id.startswith(CARD):
        return _card_pane(data_dir, reader_id, pane_id.removeprefix(CARD))
    if pane_id.startswith(("local:", "endpoint:")) or pane_id == "embedded":
        return _provider_pane(pane_id, data_dir)
    hint = (
        f"There are: {', '.join(pane.id for pane in offered)}; {CARD}READER, local:FILE.gguf and "
        "endpoint:NAME too."
    )
    if pane_id == "tuned":
        hint = f"{_TRAIN_FIRST} {hint}"
    raise BadInput(f"Reader {reader_id!r} has no pane {pane_id!r}.", hint)


_TRAIN_FIRST = (
    "Train and export one first: t, then e on the Train screen, or `train`, then `export`."
)


def _local(gguf: Path) -> str:
    return f"local:{gguf}"


def _tuned(pane_id: str, title: str, model: TunedModel) -> Pane:
    return Pane(pane_id, title, model.gguf.name, _local(model.gguf), run_id=model.run_id)


def _other(model: TunedModel) -> Pane:
    return Pane(
        f"{RUN}{model.run_id}",
        f"Tuned for {', '.join(model.reader_ids)}",
        f"{model.quant} of {model.train_run_id}",
        _local(model.gguf),
        run_id=model.run_id,
    )


def _with_card_of(other: ReaderSummary, model: TunedModel) -> Pane:
    """The control: what is this reader's in the text comes from the weights, not from the card."""
    return Pane(
        f"{CARD}{other.id}",
        f"Card of {other.name}, tuned",
        model.gguf.name,
        _local(model.gguf),
        card_of=other.id,
        run_id=model.run_id,
    )


def _other_readers(data_dir: Path, reader_id: str) -> list[ReaderSummary]:
    with opened(data_dir) as db:
        readers = reader_rows.summaries(db)
    return [reader for reader in readers if reader.profile_built and reader.id != reader_id]


def _card_pane(data_dir: Path, reader_id: str, wanted: str) -> Pane:
    own = tuned_models(data_dir, reader_id)
    if not own:
        raise BadInput(f"No model was tuned for reader {reader_id!r} yet.", _TRAIN_FIRST)
    with opened(data_dir) as db:
        found = reader_rows.find(db, wanted)
    for other in _other_readers(data_dir, reader_id):
        if other.id == found.id:
            return _with_card_of(other, own[0])
    if found.id == reader_id:
        raise BadInput("The card of this reader is no other reader's.", "Name another reader.")
    raise BadInput(
        f"Reader {found.id!r} has no profile, and so no card.",
        f"Build it first: `persona-studio profile build {found.id}`.",
    )


def _provider_pane(provider: str, data_dir: Path) -> Pane:
    found = parse_provider(provider, data_dir)
    if isinstance(found, LocalFile):
        path = found.path.resolve()
        return Pane(_local(path), path.stem, path.name, _local(path))
    name = provider.removeprefix("endpoint:")
    title = found.model if name.endswith(f"#{found.model}") else f"{name}: {found.model}"
    return Pane(provider, title, found.base_url, provider)


def _endpoints(data_dir: Path) -> Iterator[Pane]:
    # What cannot be read, the file or one of its endpoints, is told of when it is asked for.
    with suppress(BadInput):
        for name in endpoint_names(data_dir):
            with suppress(BadInput):
                yield _provider_pane(f"endpoint:{name}", data_dir)
