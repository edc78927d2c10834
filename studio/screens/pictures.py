"""A profile as pictures: Big Five, the circle of values, interests, evidence over time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Static, TabbedContent, TabPane

from engine.domain import Profile
from engine.profile.circle import circle
from studio.pictures.circle import value_circle
from studio.pictures.intervals import big_five, disagreements
from studio.pictures.shares import interest_shares
from studio.pictures.timeline import evidence_timeline
from studio.text import one_line

TABS = {
    "big-five": "Big Five",
    "values": "Values",
    "interests": "Interests",
    "timeline": "Evidence over time",
}


class PicturesScreen(ModalScreen[None]):
    """Opened over the profile; escape goes back to it."""

    CSS_PATH = "pictures.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", id="pictures.back", tooltip="Back to the profile"),
        Binding("right", "tab(1)", "Next", id="pictures.next", tooltip="Show the next picture"),
        Binding("left", "tab(-1)", "Before", id="pictures.before", tooltip="Show the one before"),
    ]
    tabs = getters.query_one(TabbedContent)

    def __init__(
        self,
        profile: Profile,
        reader: str,
        names: Mapping[str, str],
        written_at: Mapping[str, datetime | None],
    ) -> None:
        """
        Args:
            reader: the reader's name.
            names: trait id to a name for people.
            written_at: review id to its date.
        """
        super().__init__()
        self._profile = profile
        self._reader = reader
        self._names = names
        self._written_at = written_at

    def compose(self) -> ComposeResult:
        yield Static(f"Pictures of {one_line(self._reader, 50)}", id="heading", markup=False)
        with TabbedContent():
            for tab, label in TABS.items():
                with TabPane(label, id=tab), VerticalScroll():
                    yield Static("", id=f"picture-{tab}", markup=False)
        yield Footer()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        pane = self.tabs.query_one(f"#{self.tabs.active} VerticalScroll", VerticalScroll)
        width, height = pane.scrollable_content_region.size
        for tab, draw in self._pictures.items():
            lines = draw(width - 1, height)
            self.query_one(f"#picture-{tab}", Static).update("\n".join(lines))

    @property
    def _pictures(self) -> Mapping[str, Callable[[int, int], list[str]]]:
        profile, names = self._profile, self._names
        return {
            "big-five": lambda width, _: [
                *big_five(profile, width),
                *disagreements(profile, names),
            ],
            "values": lambda width, height: value_circle(circle(profile), width, height),
            "interests": lambda width, _: interest_shares(profile, names, width),
            "timeline": lambda width, _: evidence_timeline(profile, self._written_at, names, width),
        }

    def action_close(self) -> None:
        self.dismiss()

    def action_tab(self, by: int) -> None:
        order = list(TABS)
        at = order.index(self.tabs.active)
        self.tabs.active = order[(at + by) % len(order)]
