"""What the filter line of the pairs says, looked up and listed: what comes into view goes first."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import numpy as np

from engine import workbench
from engine.domain import PreferencePair
from engine.workbench import PairIndex, PairQuery, Rows, Search
from models.errors import BadInput
from studio import garbage
from studio.one_frame import OneFrame
from studio.session import Session
from studio.widgets.pair_list import PairList

FIRST_WITHIN_S = 0.015
"""What is found by then is shown, and that the others are being looked for."""
MORE_WITHIN_S = 0.1
"""What comes into view and is found later is shown so often."""
GROWN_FOR_S = 0.1
"""How long the window waits at most for the letters of the pairs when it is closed."""
REST_AFTER_S = 0.03
DRAWN_AT_MOST_S = 0.5
"""A list that another screen covers is never drawn."""


class PairFinder:
    """The pairs of one reader and what is found among them.

    Args:
        told: called when something new is listed, or counted, with the filter's mistake if it has
            one: the list then shows what the last filter found that had none.
    """

    def __init__(
        self,
        session: Session,
        listed: PairList,
        names: Mapping[str, str],
        told: Callable[[BadInput | None], None],
    ) -> None:
        self.index: PairIndex | None = None
        self.query = PairQuery()
        """The last that was looked up to its end."""
        self._found: Rows | None = None
        """All that it found; None where the pairs have changed since."""
        self._is_looking = False
        self._follows = False
        """Whether what was changed is listed; not where the taking over of it was broken off."""
        self._search: Search | None = None
        self._session = session
        self.listed = listed
        self._names = names
        self._told = told
        self._frame = OneFrame(listed)
        self._is_asked_anew = False
        """Whether the filter has changed and what it finds is not looked up yet."""

    @property
    def found(self) -> int | None:
        """How many pairs the filter lets through; None while they are being looked up."""
        return None if self._is_looking or self._found is None else len(self._found)

    def unshown(self, pair_ids: frozenset[str]) -> int:
        """How many of these pairs the filter does not let through."""
        if self.index is None or self._found is None or len(self._found) == len(self.index):
            return 0
        shown = np.zeros(len(self.index), np.bool_)
        shown[self._found] = True
        rows = self.index.rows(pair_ids)
        return len(rows) - int(shown[rows].sum())

    async def follow(self, reader_id: str, line: str) -> None:
        """Take over what was changed in the store, and list what the filter finds now.

        Raises:
            UserError: the store cannot be read.
        """
        index, listed = self.index, self.listed
        followed, self._follows = self._follows, False
        if index is None or index.reader_id != reader_id:
            loaded = await self._session.ask(workbench.load_index, reader_id)
            self.index, self._found = loaded, None
            garbage.leave_alone()
            listed.keep_only(())
            listed.select(())
            listed.show((), np.zeros(0, np.int64), self._names, 0)
        else:
            newer, changed = await self._session.ask(workbench.refreshed, index)
            if followed and changed is not None and not changed:
                self._follows = True
                return
            self.index, self._found = newer, None
            listed.keep_only(await self._session.ask(workbench.page, listed.kept_ids))
            listed.select(newer.ids_of(newer.rows(listed.selected)))
        await self.look(line, listed.current_id or "")
        self._follows = True

    async def make_fast(self) -> None:
        """Take in the letters of the pairs in the background; until then all texts are read."""
        index = self.index
        while index is not None and index is self.index and not index.letters.is_whole:
            await asyncio.to_thread(index.letters.grow, GROWN_FOR_S)

    def hold_frame(self) -> None:
        """Draw the key that changes the filter together with what it finds."""
        if self.index is not None:
            self._is_asked_anew = True
            self._frame.hold()

    async def look(self, line: str, keep: str | None = None) -> None:
        """List what a filter finds; the list stays where the filter means nothing.

        Args:
            keep: the pair that the cursor stays on, if it is there; None begins at the top, and
                shows what is found first before the rest.
        """
        self.stop()
        self._is_asked_anew = False
        if self.index is None:
            return
        mistake: BadInput | None = None
        try:
            is_done = await self._look(self.index, workbench.parse_query(line), keep)
        except BadInput as error:
            mistake = error
            is_done = await self._list_again(self.index, keep)
        if is_done:
            self._told(mistake)
            self._let_frame_go()

    def go_to(self, pair_ids: Iterable[str]) -> bool | None:
        """Put the cursor on the first of these pairs that the filter lets through.

        Returns:
            Whether there is one; None where the reader has none of them at all.
        """
        if self.index is None or self._found is None:
            return None
        rows = self.index.rows(pair_ids)
        for row in rows:
            if len(at := np.flatnonzero(self._found == row)):
                self.listed.show(self.index.ids, self._found, self._names, int(at[0]))
                return True
        return False if rows else None

    def stop(self) -> None:
        """End the search that goes on, if one does."""
        if self._search is not None:
            self._search.stopped = True
            self._search = None

    async def _look(self, index: PairIndex, query: PairQuery, keep: str | None) -> bool:
        """Whether it was looked up to its end, and no other filter came between."""
        may_narrow = self._found is not None and workbench.is_narrower(query, self.query)
        search = self._search = Search(index, query, self._found if may_narrow else None)
        rows = await self._show_first(search) if keep is None else np.zeros(0, np.int64)
        if not search.is_over:
            rows = np.concatenate([rows, await asyncio.to_thread(search.take)])
        if self._search is not search or search.stopped:
            return False
        self.query = query
        self._list(index, rows, keep)
        return True

    async def _show_first(self, search: Search) -> Rows:
        """The rows that come into view, shown as they are found."""
        rows, pairs = await self._next_page(search, self.listed.page_height, FIRST_WITHIN_S)
        if self._search is not search:
            return rows
        self.listed.show_first(search.index.ids, rows, self._names, pairs)
        if search.is_over:
            return rows
        self._is_looking = True
        self._told(None)
        self._let_frame_go()
        while len(rows) < self.listed.page_height and not search.is_over:
            left = self.listed.page_height - len(rows)
            more, pairs = await self._next_page(search, left, MORE_WITHIN_S)
            rows = np.concatenate([rows, more])
            if len(more) and self._search is search:
                self.listed.show_more(rows, pairs)
        await self._drawn()
        return rows

    async def _next_page(
        self, search: Search, least: int, within_s: float
    ) -> tuple[Rows, list[PreferencePair]]:
        return await self._session.ask(workbench.next_page, search, least, within_s)

    async def _list_again(self, index: PairIndex, keep: str | None) -> bool:
        """List what the last filter found that meant something."""
        if self._found is not None:
            if self._is_looking:
                self._list(index, self._found, keep)
            return True
        try:
            return await self._look(index, self.query, keep)
        except BadInput:
            # The pair that others were to be like is gone.
            return await self._look(index, PairQuery(), keep)

    def _list(self, index: PairIndex, rows: Rows, keep: str | None) -> None:
        self._found, self._is_looking = rows, False
        kept = index.row(keep) if keep is not None else None
        at = np.flatnonzero(rows == kept) if kept is not None else rows[:0]
        self.listed.show(index.ids, rows, self._names, int(at[0]) if len(at) else None)

    def _let_frame_go(self) -> None:
        """Draw what is listed now, but for a frame that already waits for the next key's."""
        if not self._is_asked_anew:
            self._frame.let_go()

    async def _drawn(self) -> None:
        """Wait until the list is drawn, and a moment for the next key: both go first."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.listed.drawn.wait(), DRAWN_AT_MOST_S)
        await asyncio.sleep(REST_AFTER_S)
