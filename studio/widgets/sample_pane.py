"""One description of the strip: what a checkpoint wrote, and its held-out figures under it."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from models.events import JsonObject
from studio.run_panels import HELD_OUT, share
from studio.text import number, visible


@dataclass(frozen=True)
class Sample:
    """A book's description as the model wrote it at one step."""

    step: int
    """0 is before training: the base with the card, or what the run began with."""
    book: str
    title: str
    text: str
    seconds: float
    held_out: Mapping[str, float]
    """The held-out metrics of that step, without their prefix; empty where there are none."""

    @property
    def name(self) -> str:
        return f"Step {self.step:,}" if self.step else "Before training"

    @property
    def figures(self) -> str:
        """The held-out figures in words, which say what training moved since the base."""
        if not self.step:
            return "What training moves on held-out pairs is told beside the base."
        told = {
            "accuracies": ("moved the right way in", share),
            "margins": ("margin", number),
            "loss": ("loss", number),
        }
        words = [
            f"{words} {as_text(self.held_out[name])}"
            for name, (words, as_text) in told.items()
            if name in self.held_out
        ]
        return f"Held-out: {', '.join(words)}." if words else "Not scored on held-out pairs."


def samples_of(items: list[JsonObject], series: Mapping[str, Mapping[int, float]]) -> list[Sample]:
    """The descriptions among a run's items, by step; of a step done twice the later one."""
    held_out = {
        name.removeprefix(HELD_OUT): values
        for name, values in series.items()
        if name.startswith(HELD_OUT)
    }
    found = {}
    for item in items:
        if item.get("kind") == "sample":
            step = int(str(item["step"]))
            found[step] = Sample(
                step,
                str(item["book"]),
                str(item["title"]),
                str(item["text"]),
                float(str(item.get("seconds", 0))),
                {name: values[step] for name, values in held_out.items() if step in values},
            )
    return [found[step] for step in sorted(found)]


class SamplePane(VerticalScroll):
    """Titled with its step; a word says which one the export takes."""

    def __init__(self) -> None:
        super().__init__(classes="panel")

    def compose(self) -> ComposeResult:
        yield Static(classes="text", markup=False)
        yield Static(classes="figures", markup=False)

    def show(self, sample: Sample, mark: str) -> None:
        """Show a description.

        Args:
            mark: what distinguishes this checkpoint, such as that it is the picked one.
        """
        self.border_title = Content(f"{sample.name}{f'  ✓ {mark}' if mark else ''}")
        self.query_one(".text", Static).update(visible(sample.text) or "It wrote nothing.")
        self.query_one(".figures", Static).update(sample.figures)
