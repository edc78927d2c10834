"""The window: six screens in the order of the work, a library, and what is true on all of them."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import WorkerCancelled

from engine import desk, runs
from engine.store.authors import come_by
from engine.store.database import note_changes
from engine.store.journal import Change, Way
from engine.store.journal_reach import Reach
from models.errors import UserError
from models.events import Failed
from studio import undoing
from studio.commands import all_commands
from studio.drafts import may_go
from studio.messages import WorkEnded
from studio.screens.ask_which import AskWhich
from studio.screens.confirm import Confirm
from studio.screens.library import LibraryScreen
from studio.screens.pairs import PairsScreen
from studio.screens.persona import PersonaScreen
from studio.screens.preview import PreviewScreen
from studio.screens.profile import ProfileScreen
from studio.screens.readers import ReadersScreen
from studio.screens.show_keys import HELP, ShowKeys
from studio.screens.told import Told
from studio.screens.train import TrainScreen
from studio.screens.vote import VoteScreen
from studio.session import Session
from studio.text import count, visible
from studio.widgets.step_bar import STEPS

LOOK_AGAIN_EVERY_S = 0.5
"""How long a change of the store by another window or command may go unseen."""
READ_AGAIN_EVERY = 6
"""Looks, after which readers and runs are read in any case: the state of a run is no change."""

LIBRARY = "library"
"""No step of the work: it is opened over each and left for it."""
SCREENS = {
    "readers": ReadersScreen,
    "profile": ProfileScreen,
    "pairs": PairsScreen,
    "train": TrainScreen,
    "preview": PreviewScreen,
    "vote": VoteScreen,
    LIBRARY: LibraryScreen,
    "persona": PersonaScreen,
}
"""The steps, and the workspace of preference data beside them."""


class StudioApp(App[None]):
    """Persona Studio in the terminal.

    Args:
        data_dir: where the store, runs and models are.
        open_on: the step to begin with.
        reader_id: the reader to begin with; the one with most reviews where None.
    """

    TITLE = "Persona Studio"
    CSS_PATH = "studio.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                str(number),
                f"go('{step}')",
                step.capitalize(),
                show=False,
                id=f"window.{step}",
                tooltip=f"Go to {step.capitalize()}",
            )
            for number, step in enumerate(STEPS, 1)
        ),
        Binding(
            "ctrl+n", "step(1)", "Next", show=False, id="window.next", tooltip="Go to the next step"
        ),
        Binding(
            "ctrl+b",
            "step(-1)",
            "Back",
            show=False,
            id="window.back",
            tooltip="Go to the step before",
        ),
        Binding(
            "L",
            "go('library')",
            "Library",
            show=False,
            id="window.library",
            tooltip="Open the library of models",
        ),
        Binding("u", "undo", "Undo", id="window.undo", tooltip="Undo the last change"),
        Binding(
            "ctrl+r",
            "redo",
            "Redo",
            show=False,
            id="window.redo",
            tooltip="Redo what was undone",
        ),
        HELP,
    ]

    def __init__(
        self, data_dir: Path, open_on: str = "readers", reader_id: str | None = None
    ) -> None:
        super().__init__()
        self.session = Session(self, data_dir, reader_id)
        self._open_on = open_on
        self._step = open_on if open_on in STEPS else STEPS[0]
        """The one that was open last."""
        self._looks = 0
        self._looking = asyncio.Lock()
        self._moving = asyncio.Lock()
        for step, screen in SCREENS.items():
            self.add_mode(step, partial(screen, self.session))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        for command in all_commands(type(self), SCREENS):
            yield SystemCommand(
                command.title,
                command.help,
                partial(self.perform, command.step, command.action),
            )

    async def on_mount(self) -> None:
        # Every screen, worker and thread of this window begins in this context.
        come_by("window")
        self.session.own_changes = note_changes()
        self.session.tracker.start()
        self.set_interval(LOOK_AGAIN_EVERY_S, self._look_again)
        refusal: UserError | None = None
        try:
            revived = await self.session.ask(runs.revive_queue)
            await self.session.refresh()
            if revived:
                self.notify(f"The queue stood still; it goes on with {count(len(revived), 'run')}.")
        except UserError as error:
            refusal = error
        await self.switch_mode(self._open_on)
        if refusal is not None:
            # Only now: what is shown before a mode is chosen stays behind on the default screen.
            self.session.tell(refusal)

    async def on_unmount(self) -> None:
        await self.session.close()

    async def perform(self, step: str | None, action: str) -> None:
        """Carry out a command of the palette, on its own screen."""
        if step is None:
            await self.run_action(action)
            return
        await self.switch_mode(step)
        await self._loaded(self.screen)
        if not await self.run_action(action, self.screen):
            self.notify("That is not possible here yet.", severity="warning", markup=False)

    async def _loaded(self, screen: Screen[object]) -> None:
        """Wait until a screen that was just opened has read what it is to show."""
        loading = [
            worker
            for worker in self.workers
            if worker.node is screen and worker.group == "load" and not worker.is_finished
        ]
        if loading:
            # A load that a newer one replaces counts as loaded: the newer one is in the list too.
            with suppress(WorkerCancelled):
                await self.workers.wait_for_complete(loading)

    async def action_go(self, step: str) -> None:
        """Open a step's screen, unless a question waits for its answer."""
        if not self.screen.is_modal:
            if self.current_mode in STEPS:
                self._step = self.current_mode
            await self.switch_mode(step)

    async def action_leave_library(self) -> None:
        """Open the step again that the library was opened over."""
        await self.action_go(self._step)

    async def action_step(self, by: int) -> None:
        """Open the next step's screen, or the one before."""
        here = STEPS.index(self.current_mode if self.current_mode in STEPS else self._step)
        await self.action_go(STEPS[max(0, min(len(STEPS) - 1, here + by))])

    async def action_quit(self) -> None:
        """Close the window, unless words would be lost that the editor wants."""
        if not isinstance(self.screen, AskWhich):
            self._quit()

    @work(group="quit", exclusive=True)
    async def _quit(self) -> None:
        for draft in tuple(self.session.drafts):
            if not await may_go(self, draft):
                return
        self.exit()

    def action_help(self) -> None:
        """Show all keys of the screen, or of the dialog over it."""
        self.push_screen(ShowKeys(self.screen))

    def key_question_mark(self) -> None:
        """Over a dialog, which the window's own bindings do not reach."""
        self.action_help()

    def action_undo(self) -> None:
        self._move_through_history("undo")

    def action_redo(self) -> None:
        self._move_through_history("redo")

    @work(group="history")
    async def _move_through_history(self, way: Way) -> None:
        # One key press after the other, each with what the one before it has left.
        async with self._moving:
            if self.screen.is_modal:
                return
            if any(draft.unsaved for draft in self.session.drafts):
                self.notify(undoing.WRITING, severity="warning", markup=False)
                return
            with self.session.errors_told():
                change = await self.session.ask(desk.next_move, way)
                if change is None:
                    self.notify(undoing.NOTHING[way], markup=False)
                    return
                reach = await self.session.ask(desk.reach, change.id)
                if change.id in self.session.own_changes:
                    await self._move(way, change, reach)
                    return
                told = undoing.question(change, reach, self.session.opened_at)
                question = Confirm(undoing.HEADINGS[way], told, undoing.VERBS[way])
                await self.push_screen(question, partial(self._answered, way, change, reach))

    def _answered(self, way: Way, change: Change, reach: Reach, is_meant: bool | None) -> None:
        if is_meant:
            self._move_as_asked(way, change, reach)

    @work(group="history")
    async def _move_as_asked(self, way: Way, change: Change, reach: Reach) -> None:
        with self.session.errors_told():
            await self._move(way, change, reach)

    async def _move(self, way: Way, change: Change, reach: Reach) -> None:
        await self.session.ask(desk.undo if way == "undo" else desk.redo, change.id)
        self.session.own_changes.add(change.id)
        reader = self.session.reader
        done = undoing.done(way, change, reach, reader.id if reader else None)
        # Of many in a row the last counts; a pile of them would hide the pairs.
        self.clear_notifications()
        self.notify(done, markup=False)
        await self.session.refresh()
        self.session.moved.publish(reach)

    @work(group="look again")
    async def _look_again(self) -> None:
        if self._looking.locked():
            return
        async with self._looking:
            self._looks += 1
            try:
                if self._looks % READ_AGAIN_EVERY == 0 or await self.session.is_behind():
                    await self.session.refresh()
            except UserError as error:
                # A modal each time would lock the editor out; the next act tells it in full.
                self.sub_title = visible(error.message)

    @on(WorkEnded)
    async def _tell_of_the_end(self, ended: WorkEnded) -> None:
        with self.session.errors_told():
            await self.session.refresh()
            self.session.changed.publish(None)
        if ended.key in self.session.stopping:
            self.session.stopping.remove(ended.key)
            self.notify("Stopped. Press g on the run to go on from here.", markup=False)
        elif isinstance(ended.outcome, Failed):
            self.push_screen(Told(ended.outcome.message, ended.outcome.hint, ended.work_title))
        else:
            self.notify(f"{visible(ended.work_title)}: finished.", markup=False)
