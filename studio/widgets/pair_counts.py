"""The counts that are always in sight above the pairs."""

from collections.abc import Mapping

from textual.content import Content
from textual.widgets import Static

from engine.workbench import Counts


class PairCounts(Static):
    """As many lines as the counts take."""

    def __init__(self) -> None:
        super().__init__(id="counts", markup=False)

    def tell(self, told: str) -> None:
        """Show other counts; the screen is only laid out anew where they take more or less room."""
        lines = len(Content(told).wrap(max(1, self.size.width)))
        self.update(told, layout=lines != self.size.height)


def counts_told(
    counts: Counts, shown: int | None, selected: int, unshown: int, left_out: Mapping[str, int]
) -> str:
    """Two lines, the second about tracks and what makes no pair.

    Args:
        shown: how many the filter lets through; None while it is being looked up.
        unshown: how many of the selected are not shown.
        left_out: statements and questions that make no pair, by the reason.
    """
    looked_up = "…" if shown is None else f"{shown:,}"
    hidden = f" ({unshown:,} not shown)" if unshown else ""
    marks = (
        ("Shown", f"{looked_up}/{counts.pairs:,}"),
        ("selected", f"{selected:,}{hidden}"),
        ("train", f"{counts.train:,}"),
        ("held out", f"{counts.held_out:,}"),
        ("accepted", f"{counts.accepted:,}"),
        ("flagged", f"{counts.flagged:,}"),
        ("dropped", f"{counts.dropped:,}"),
    )
    told = ", ".join(f"{name} {number}" for name, number in marks)
    tracks = ", ".join(f"{track} {number:,}" for track, number in counts.by_track.items())
    reasons = ", ".join(
        f"{left_out[why]} {why}" for why in ("unknown", "faint", "off") if left_out.get(why)
    )
    return f"{told}\n{tracks or 'All are dropped'}" + (
        f". No pair from statements or questions: {reasons}" if reasons else ""
    )
