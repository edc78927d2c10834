"""What stands beside the workbench: a word to somebody without pairs, files, and the reviews."""

from collections.abc import Awaitable, Callable, Mapping

from textual.app import App
from textual.screen import Screen

from engine import desk, workbench
from engine.store.readers import ReaderSummary
from engine.workbench import PairQuery
from studio.screens.confirm import Confirm
from studio.screens.import_report import ShowImport
from studio.screens.pairs_export import ExportPairs
from studio.screens.pairs_load import LoadPairs
from studio.screens.show_evidence import ShowEvidence
from studio.session import Session
from studio.text import count, one_line, visible


def invitation(reader: ReaderSummary | None) -> str:
    """What a reader without pairs needs first."""
    what = "A pair shows the model two answers and which of them this reader would prefer.\n\n"
    if reader is None:
        return what + "Press 1 to bring in a reader first."
    name = one_line(reader.name, 40)
    if not reader.profile_built:
        return what + f"Press 2 to build the profile of {name} first."
    return (
        what + f"Press b to build pairs from the profile of {name}, or i to load them from a file."
    )


def order_told(query: PairQuery) -> str:
    """What the pairs are listed by."""
    order = workbench.SORT_WORDS[query.sort]
    if query.like and query.sort == "built":
        order = f"most like {one_line(query.like, 30)}"
    return f"Pairs {order}" + (", turned round" if query.descending else "")


async def is_act_meant(screen: Screen[None], unshown: int) -> bool:
    """Ask before an act reaches selected pairs that the filter hides. To be awaited in a worker."""
    told = f"{count(unshown, 'selected pair')} stand outside what the filter shows."
    question = Confirm("Selected and not shown", f"{told} Esc twice leaves the selection.", "Act")
    is_meant: bool = await screen.app.push_screen_wait(question)
    return is_meant


async def export_pairs(
    screen: Screen[None], session: Session, reader_id: str, query: PairQuery
) -> None:
    """Ask where to and how, and say what was written. To be awaited in a worker.

    Args:
        query: what the pairs are looked through by.
    """
    where = workbench.query_text(query)
    written = await screen.app.push_screen_wait(ExportPairs(session, reader_id, where))
    if written is not None:
        held_out = f", {written.held_out:,} of them held out" if written.held_out else ""
        told = f"{count(written.pairs, 'pair')} written to {written.file}{held_out}."
        screen.notify(visible("\n".join([told, *written.warnings()])), markup=False)


async def load_pairs(
    screen: Screen[None], session: Session, reader_id: str, reload: Callable[[], Awaitable[None]]
) -> None:
    """Ask for a file, show what it brings in, and tell it. To be awaited in a worker."""
    loaded = await screen.app.push_screen_wait(LoadPairs(session, reader_id))
    if loaded is not None:
        with session.errors_told():
            await reload()
        await screen.app.push_screen_wait(ShowImport(loaded))


async def show_evidence(
    app: App[None], session: Session, pair_id: str, names: Mapping[str, str]
) -> None:
    """The reviews that a pair rests on, or why there are none."""
    rests = await session.ask(workbench.evidence_of, pair_id)
    profile = await session.ask(desk.profile, rests.pair.reader_id)
    if not rests.reviews or rests.trait is None or profile is None:
        app.notify(visible(rests.why), markup=False)
        return
    name = names.get(rests.pair.trait_id, rests.pair.trait_id)
    app.push_screen(ShowEvidence(session, profile, rests, name))
