"""What a screen is for and which key to press next, while there is nothing to show on it."""

from textual.widgets import Static


class EmptyState(Static):
    """One or two plain sentences in the middle of an empty screen."""

    DEFAULT_CSS = """
    EmptyState {
        width: 1fr; height: 1fr; padding: 0 8;
        content-align: center middle; text-align: center; color: $text-muted;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
