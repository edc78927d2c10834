"""What an export is asked to make, and what it tells of it. Nothing here leads to llama.cpp."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from models.errors import BadInput
from models.events import JsonObject
from models.quantisations import checked_quant


@dataclass(frozen=True)
class ExportOrder:
    """The files to make of one training run."""

    quants: tuple[str, ...] = ("Q4_K_M",)
    """In their order; the first is the one that previews take."""
    adapter: bool = False
    """Also, or only, the adapter by itself as a GGUF that llama.cpp lays over the base."""
    importance: bool = False
    """Quantise by what the run's own pairs show to count (`models.importance`)."""

    @property
    def words(self) -> str:
        """Short, as in a run's title."""
        named = [*self.quants, *(["the adapter"] if self.adapter else [])]
        return ", ".join(named) + (" by importance" if self.importance else "")


def settings_of(order: ExportOrder) -> dict[str, object]:
    """As it stands in a run's job.json; `order_in` reads it back."""
    return asdict(order)


def order_in(settings: Mapping[str, object]) -> ExportOrder:
    """The order in a run's settings; those of before there could be several files too.

    Raises:
        BadInput: nothing is asked for, something twice, or something there is not.
    """
    told = settings.get("quants", [settings.get("quant", "Q4_K_M")])
    names = tuple(map(str, told)) if isinstance(told, list | tuple) else ()
    order = ExportOrder(names, bool(settings.get("adapter")), bool(settings.get("importance")))
    check_order(order)
    return order


def check_order(order: ExportOrder) -> None:
    """Refuse an order that cannot be made, before anything is started.

    Raises:
        BadInput: nothing is asked for, something twice, or something there is not.
    """
    for quant in order.quants:
        checked_quant(quant)
    if len(set(order.quants)) < len(order.quants):
        raise BadInput(f"{order.words}: one of them is named twice.", "Name each once.")
    if not order.quants and not order.adapter:
        raise BadInput("The export makes no file.", "Name a quantisation, or the adapter.")
    if order.importance and not set(order.quants) - {"F16"}:
        raise BadInput(
            "Importance changes how weights are rounded, and nothing is to be quantised.",
            "Name a quantisation, such as Q4_K_M, or leave importance out.",
        )


def files_in(result: JsonObject) -> Sequence[JsonObject]:
    """Of each file that an export made `quant` (or `adapter`), `gguf`, `size_bytes`, `sha256`."""
    files = result.get("files")
    # Before there could be several, the result was the one.
    return files if isinstance(files, list) else [result]
