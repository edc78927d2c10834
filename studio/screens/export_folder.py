"""Where a folder for others is to be written, and whether a reader's card goes with it."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from engine.library.artefact import Artefact
from models.errors import BadInput
from studio.library_words import amount
from studio.text import one_line, visible
from studio.typed_path import typed_path

LEFT_OUT = "left out: it is personal"


@dataclass(frozen=True)
class FolderOrder:
    """What is to be written."""

    KINDS: ClassVar[frozenset[str]] = frozenset({"gguf", "merged", "adapter", "adapter_gguf"})
    folder: Path
    card_of: str
    """The reader whose card the Modelfile holds; empty for none."""


class ExportFolder(ModalScreen[FolderOrder | None]):
    """Gives back the order; None writes nothing."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialog.tcss", "library.tcss"]
    AUTO_FOCUS = "#path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="folder.cancel", tooltip="Write nothing")
    ]
    path = getters.query_one("#path", Input)
    refusal = getters.query_one("#refusal", Static)

    def __init__(self, artefact: Artefact) -> None:
        super().__init__()
        self._artefact = artefact

    def compose(self) -> ComposeResult:
        artefact = self._artefact
        with Vertical(classes="box") as box:
            box.border_title = "Export a folder"
            yield Static(f"{artefact.words}, {amount(artefact.size_bytes)}", markup=False)
            yield Label("Folder; it must not be there yet", classes="label")
            name = f"{artefact.base}-{artefact.words}".replace(" ", "-")
            yield Input(str(Path.home() / one_line(name, 60)), id="path", compact=True)
            if artefact.kind != "adapter" and artefact.reader_ids:
                yield Label("A reader's card in Ollama's Modelfile", classes="label")
                cards = [(LEFT_OUT, ""), *((it, it) for it in artefact.reader_ids)]
                yield Select(cards, id="card", value="", allow_blank=False, compact=True)
            yield Static(
                "Weights, model card, the base's licence, checksums; for a GGUF a Modelfile for "
                "Ollama and the commands for llama.cpp. No review, name or pair goes into it.",
                id="told",
                markup=False,
            )
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Export", id="export", variant="primary", compact=True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#export")
    @on(Input.Submitted, "#path")
    def _export(self) -> None:
        cards = self.query("#card").results(Select)
        card = next((str(one.value) for one in cards), "")
        try:
            self.dismiss(FolderOrder(typed_path(self.path.value), card))
        except BadInput as error:
            self.refusal.update(visible(str(error)))
