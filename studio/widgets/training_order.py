"""What the next training for a reader is to be: the fields that all have, and for whom beside."""

from collections.abc import Iterator, Sequence

from textual import work

from engine.store.readers import ReaderSummary
from engine.train.config import PRESET_NOTES
from studio.screens.further_readers import FurtherReaders
from studio.text import count
from studio.widgets.run_order import RunOrder


class TrainingOrder(RunOrder):
    """For one reader, and others together with them."""

    def __init__(self) -> None:
        super().__init__(PRESET_NOTES)
        self._reader: ReaderSummary | None = None
        self._others: tuple[ReaderSummary, ...] = ()
        self._further: dict[str, tuple[str, ...]] = {}
        """Reader id to the ids of those that are trained for together with them."""

    def show(self, reader: ReaderSummary | None, readers: Sequence[ReaderSummary]) -> None:
        """Take the reader that is trained for, and all that could be beside them."""
        self._reader = reader
        self._others = tuple(
            other
            for other in readers
            if reader is not None and other.id != reader.id and other.profile_built and other.pairs
        )
        self.explain()

    def whom(self) -> tuple[str, ...]:
        if self._reader is None:
            return ()
        return (self._reader.id, *(other.id for other in self._together))

    @property
    def _together(self) -> list[ReaderSummary]:
        ticked = self._further.get(self._reader.id, ()) if self._reader else ()
        return [other for other in self._others if other.id in ticked]

    def notes(self) -> Iterator[str]:
        if self._reader is not None and (together := self._together):
            yield f"For {self._reader.name} and {count(len(together), 'further reader')}."
        yield self.told_changes(PRESET_NOTES[self.preset])
        if self._others and not self._together:
            yield "r trains for further readers too."

    @work(group="ask", exclusive=True)
    async def ask_readers(self) -> None:
        """Let the editor choose readers to train for beside this one."""
        reader = self._reader
        if reader is None or not self._others:
            self.notify("No other reader has a profile and pairs yet.", markup=False)
            return
        ticked = self._further.get(reader.id, ())
        further = await self.app.push_screen_wait(FurtherReaders(reader, self._others, ticked))
        if further is not None:
            self._further[reader.id] = further
            self.explain()
