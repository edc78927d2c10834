"""The window: five screens in the order of the work, and what is true on all of them."""

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

from engine import desk
from models.errors import UserError
from models.events import Failed
from studio.commands import all_commands
from studio.messages import WorkEnded
from studio.screens.pairs import PairsScreen
from studio.screens.preview import PreviewScreen
from studio.screens.profile import ProfileScreen
from studio.screens.readers import ReadersScreen
from studio.screens.told import Told
from studio.screens.train import TrainScreen
from studio.session import Session
from studio.text import visible
from studio.widgets.step_bar import STEPS

LOOK_AGAIN_EVERY_S = 3.0
"""How long a change by another window or command may go unseen."""

SCREENS = {
    "readers": ReadersScreen,
    "profile": ProfileScreen,
    "pairs": PairsScreen,
    "train": TrainScreen,
    "preview": PreviewScreen,
}


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
        Binding("u", "undo", "Undo", id="window.undo", tooltip="Undo the last change"),
        Binding("ctrl+r", "redo", "Redo", id="window.redo", tooltip="Redo what was undone"),
    ]

    def __init__(
        self, data_dir: Path, open_on: str = "readers", reader_id: str | None = None
    ) -> None:
        super().__init__()
        self.session = Session(self, data_dir, reader_id)
        self._open_on = open_on
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
        self.session.tracker.start()
        self.set_interval(LOOK_AGAIN_EVERY_S, self._look_again)
        refusal: UserError | None = None
        try:
            await self.session.refresh()
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
            await self.switch_mode(step)

    async def action_step(self, by: int) -> None:
        """Open the next step's screen, or the one before."""
        here = STEPS.index(self.current_mode)
        await self.action_go(STEPS[max(0, min(len(STEPS) - 1, here + by))])

    def action_undo(self) -> None:
        if not self.screen.is_modal:
            self._move_through_history(back=True)

    def action_redo(self) -> None:
        if not self.screen.is_modal:
            self._move_through_history(back=False)

    @work(group="history")
    async def _move_through_history(self, back: bool) -> None:
        with self.session.errors_told():
            change = await self.session.ask(desk.undo if back else desk.redo)
            did = "Undone" if back else "Done again"
            nothing = "There is nothing to undo." if back else "There is nothing to redo."
            self.notify(f"{did}: {visible(change.title)}" if change else nothing, markup=False)
            await self.session.refresh()
            self.session.changed.publish(None)

    @work(group="look again", exclusive=True)
    async def _look_again(self) -> None:
        try:
            await self.session.refresh()
        except UserError as error:
            # A modal every three seconds would lock the editor out; the next act tells it in full.
            self.sub_title = visible(error.message)

    @on(WorkEnded)
    async def _tell_of_the_end(self, ended: WorkEnded) -> None:
        with self.session.errors_told():
            await self.session.refresh()
            self.session.changed.publish(None)
        if ended.key in self.session.stopping:
            self.session.stopping.remove(ended.key)
            self.notify("Stopped. Press g on the Train screen to go on from here.", markup=False)
        elif isinstance(ended.outcome, Failed):
            self.push_screen(Told(ended.outcome.message, ended.outcome.hint, ended.work_title))
        else:
            self.notify(f"{visible(ended.work_title)}: finished.", markup=False)
