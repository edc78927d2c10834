"""Vote: two texts of a book side by side and one key; who wrote which is told at the end."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from engine.cards import conditioning_text
from engine.judge.judgement import judgements
from engine.judge.judging import judged, judging_cost
from engine.store.authors import login
from engine.votes import making, rounds
from engine.votes.ballot import NOT_RATED, BlindBallot, Choice, Vote
from engine.votes.next_round import pairs_of_votes
from engine.votes.rounds import RoundLine, Said
from engine.votes.verdict import verdict_of
from models.errors import BadInput, UserError
from studio.keeping import Keeper
from studio.screens.ask_words import AskWords, Blank
from studio.screens.choose_provider import ChooseProvider
from studio.screens.choose_round import ChooseRound
from studio.screens.confirm import Confirm
from studio.screens.make_round import MakeRound
from studio.screens.rate_sides import RateSides
from studio.screens.show_lines import ShowLines
from studio.screens.vote_keys import KEYS
from studio.session import Session
from studio.text import count, one_line, progress, visible
from studio.vote_words import (
    NO_TRUTH,
    judgement_lines,
    next_round_lines,
    verdict_lines,
)
from studio.widgets.ballot_view import BallotView
from studio.widgets.empty_state import EmptyState
from studio.widgets.step_bar import StepBar

BAR_WIDTH = 12
SHOWN_FOR_GOOD = (
    "Who wrote which is shown to everybody from then on. Nobody can vote on this round afterwards, "
    "and undo does not hide it again."
)


class VoteScreen(Screen[None]):
    """The sixth step."""

    CSS_PATH = "vote.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    ballot = getters.query_one(BallotView)
    head = getters.query_one("#head", Static)
    judge = getters.query_one("#judge", Static)
    verdict = getters.query_one("#verdict", VerticalScroll)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._rounds: Sequence[RoundLine] = ()
        self._round_id: str | None = None
        self._voter = login()
        self._ballots: tuple[BlindBallot, ...] = ()
        self._at = 0
        """The place of the ballot on screen; behind the last, all have a vote."""
        self._cast = 0
        """Votes of this sitting."""
        self._keeper: Keeper[str, Said] = Keeper(self._put)

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "vote")
        yield EmptyState()
        with Vertical(id="work"):
            yield Static(id="head", markup=False)
            yield BallotView()
            yield Static(id="judge", markup=False)
            with VerticalScroll(id="verdict", classes="panel"):
                yield Static(id="lines", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self._session.changed.subscribe(self, self._load)
        self._session.moved.subscribe(self, self._load)
        self._session.tracker.changed.subscribe(self, self._news)
        self._load(None)

    async def on_unmount(self) -> None:
        # The window may be closing; a store that refuses has been told of at the key press.
        with suppress(UserError):
            await self._keeper.flush()

    @property
    def _line(self) -> RoundLine | None:
        """The round on screen."""
        return next((line for line in self._rounds if line.id == self._round_id), None)

    @property
    def _ballot(self) -> BlindBallot | None:
        return self._ballots[self._at] if self._at < len(self._ballots) else None

    @property
    def _is_closed(self) -> bool:
        """Whether the window was closed while something was being read."""
        return not self.app.is_running

    @property
    def _judging(self) -> str:
        """The key that the judging of this round is tracked by."""
        return f"judge:{self._round_id}"

    @property
    def _is_judging(self) -> bool:
        return self._session.tracker.is_going_on(self._judging)

    @property
    def _is_blind(self) -> bool:
        return self._line is not None and self._line.revealed_at is None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        blind = self._is_blind
        possible = {
            "vote": blind and self._ballot is not None,
            "why": blind and self._ballot is not None,
            "look": blind and bool(self._ballots),
            "rate": blind and self._to_rate is not None,
            "scroll": self._line is not None,
            "reveal": blind,
            "pairs": self._line is not None and not blind,
            "judge": bool(self._ballots) and not self._is_judging,
            "make": self._session.reader is not None,
            "rounds": len(self._rounds) > 1,
            "card": self._session.reader is not None,
            "voter": self._session.reader is not None,
        }
        return possible.get(action, True)

    def _news(self, key: str) -> None:
        """Show how far the judge is."""
        work = self._session.tracker.works.get(key)
        if key != self._judging or work is None:
            return
        far = f"{work.step.done} of {work.step.total}" if work.step else "begins"
        notes = " ".join(work.notes)
        told = one_line(f"The judge is at work: {far}. {notes}", 400)
        self.judge.update(told)
        self.judge.display = work.ended is None
        self.refresh_bindings()

    @work(group="load", exclusive=True)
    async def _load(self, _: object) -> None:
        reader = self._session.reader
        with self._session.errors_told():
            found = await self._session.ask(rounds.rounds, reader.id) if reader else []
            if reader and any(line.revealed_at for line in found):
                self._session.voted.add(reader.id)
            self._rounds = found
            if self._line is None:
                self._round_id = found[0].id if found else None
                self._at = 0
            self.set_class(not found, "-empty")
            if found:
                await self._read_round()
            else:
                offered = await self._session.ask(making.offered, reader.id) if reader else []
                if not self._is_closed:
                    self.empty.update(self._invitation(bool(offered)))
        self.refresh_bindings()

    def _invitation(self, can_vote: bool) -> str:
        what = "Here you vote on two descriptions of a book without knowing who wrote which.\n\n"
        reader = self._session.reader
        if reader is None:
            return what + "Press 1 to bring in a reader first."
        if not can_vote:
            return what + "Press 5 and have two models describe some books first."
        return what + f"Press n to make a round for {one_line(reader.name, 40)}."

    async def _read_round(self) -> None:
        """Show the round as it stands in the store, on the ballot where the voter is."""
        assert self._round_id is not None
        cast = -1
        while cast != self._cast:
            # Whoever votes while it is being read is not to see the vote go.
            cast = self._cast
            await self._keeper.flush()
            read = await self._session.ask(rounds.ballots, self._round_id, self._voter)
        if self._is_closed:
            return
        here = self._ballot.code if self._ballot else None
        self._ballots = read
        codes = [ballot.code for ballot in self._ballots]
        self._at = codes.index(here) if here in codes else self._next_open(0)
        if self._is_blind:
            self._show_ballot()
        else:
            await self._show_verdict()

    def _next_open(self, start: int) -> int:
        """The place of the next ballot without a vote, from a place on and then from the first."""
        places = [*range(start, len(self._ballots)), *range(start)]
        waiting = (at for at in places if self._ballots[at].vote is None)
        return next(waiting, len(self._ballots))

    def _show_ballot(self) -> None:
        ballot = self._ballot
        self.remove_class("-shown")
        done = sum(one.vote is not None for one in self._ballots)
        here = f"ballot {ballot.number}   " if ballot else ""
        bar = progress(done, len(self._ballots), BAR_WIDTH)
        self.head.update(f"Round {self._round_id}   {here}{bar} voted   as {one_line(self._voter)}")
        self.ballot.show(ballot)
        self.refresh_bindings()

    async def _show_verdict(self) -> None:
        assert self._round_id is not None
        whole = await self._session.ask(rounds.revealed, self._round_id)
        lines = [*verdict_lines(whole, verdict_of(whole))]
        for judgement in await self._session.ask(judgements, whole.id):
            lines += ["", *judgement_lines(judgement), NO_TRUTH]
        if self._is_closed:
            return
        self.add_class("-shown")
        cast = count(len(whole.votes), "vote")
        self.head.update(f"Round {whole.id}, {cast}. The sides have been shown: it takes no more.")
        self.query_one("#lines", Static).update("\n".join(lines))
        self.verdict.focus()

    def action_vote(self, choice: Choice) -> None:
        """Take a side and show the next ballot; the store has it a moment later."""
        ballot = self._ballot
        if ballot is None:
            return
        rated = ballot.vote.rated if ballot.vote else NOT_RATED
        vote = Vote(ballot.code, self._voter, choice, self.ballot.tags, datetime.now(UTC), rated)
        self._ballots = tuple(
            replace(one, vote=vote) if one is ballot else one for one in self._ballots
        )
        self._keeper.add(ballot.code, Said(ballot.code, choice, vote.tags))
        self._cast += 1
        self._at = self._next_open(self._at)
        self._show_ballot()
        self._save()

    async def _put(self, said: Mapping[str, Said]) -> None:
        for one in said.values():
            await self._session.ask(rounds.cast, self._voter, one)

    @work(group="change")
    async def _save(self) -> None:
        try:
            await self._keeper.flush()
        except BadInput as refused:
            self._session.tell(refused)
            self._load(None)
        except UserError as refused:
            self._session.tell(refused)

    @property
    def _to_rate(self) -> BlindBallot | None:
        """The ballot on screen if it has a vote, else the one that was voted on last."""
        if self._ballot is not None and self._ballot.vote is not None:
            return self._ballot
        voted = [(one.vote.made_at, one) for one in self._ballots if one.vote]
        return max(voted, key=lambda one: one[0])[1] if voted else None

    @work(group="ask", exclusive=True)
    async def action_rate(self) -> None:
        """Rate the texts of a vote that is in the store already."""
        ballot = self._to_rate
        if ballot is None:
            return
        rated = await self.app.push_screen_wait(RateSides(ballot))
        if rated is not None:
            with self._session.errors_told():
                await self._keeper.flush()
                await self._session.ask(rounds.rate, self._voter, ballot.code, rated)
                await self._session.refresh()

    def action_look(self, by: int) -> None:
        """Go to the ballot before or behind."""
        self._at = max(0, min(len(self._ballots), self._at + by))
        self._show_ballot()

    def action_why(self, tag: str) -> None:
        self.ballot.tick(tag)

    def action_scroll(self, by: int) -> None:
        self.ballot.scroll_by(by)

    @work(group="ask", exclusive=True)
    async def action_reveal(self) -> None:
        with self._session.errors_told():
            await self._keeper.flush()
            line = await self._fresh_line()
            if line is None:
                return
            missing = [
                f"{one_line(who, 20)} {done} of {line.ballots}"
                for who, done in line.votes.items()
                if done < line.ballots
            ]
            lacking = f" Not all have voted to the end: {', '.join(missing)}." if missing else ""
            question = Confirm("Show the sides?", SHOWN_FOR_GOOD + lacking, "Show them")
            if await self.app.push_screen_wait(question):
                await self._session.ask(rounds.reveal, line.id, early=True)
                self._session.changed.publish(None)

    async def _fresh_line(self) -> RoundLine | None:
        reader = self._session.reader
        self._rounds = await self._session.ask(rounds.rounds, reader.id) if reader else ()
        return self._line

    @work(group="ask", exclusive=True)
    async def action_make(self) -> None:
        reader = self._session.reader
        if reader is None:
            return
        with self._session.errors_told():
            offered = await self._session.ask(making.offered, reader.id)
            if not offered:
                self.notify("Press 5 and have two models describe some books first.", markup=False)
                return
            chosen = await self.app.push_screen_wait(MakeRound(offered))
            if chosen is None:
                return
            made = await self._session.ask(making.make_round, reader.id, chosen)
            self._round_id, self._at = made.id, 0
            for left in made.left_out:
                self.notify(f"{left.book_id} is left out. {left.reason}", markup=False)
            await self._session.refresh()

    @work(group="change")
    async def action_pairs(self) -> None:
        reader = self._session.reader
        if reader is None:
            return
        with self._session.errors_told():
            made = await self._session.ask(pairs_of_votes, reader.id)
            await self._session.refresh()
            lines = next_round_lines(made)
            self.app.push_screen(ShowLines("Pairs for the next training", lines))

    @work(group="ask", exclusive=True)
    async def action_judge(self) -> None:
        if self._round_id is None:
            return
        question = ChooseProvider("Who judges this round?", "Judge", "both texts and the card")
        provider = await self.app.push_screen_wait(question)
        if provider is not None:
            with self._session.errors_told():
                cost = await judging_cost(self._session.data_dir, self._round_id, provider)
                asks = f"{cost} The answers are kept; the same again goes on where it stopped."
                if await self.app.push_screen_wait(Confirm("Have it judged?", asks, "Judge")):
                    events = judged(self._session.data_dir, self._round_id, provider)
                    self._session.tracker.watch(self._judging, "Judging a round", events)

    @work(group="ask", exclusive=True)
    async def action_rounds(self) -> None:
        if chosen := await self.app.push_screen_wait(ChooseRound(self._rounds)):
            self._round_id, self._at, self._ballots = chosen, 0, ()
            self._load(None)

    @work(group="ask", exclusive=True)
    async def action_card(self) -> None:
        reader = self._session.reader
        if reader is not None:
            with self._session.errors_told():
                card = await self._session.ask(conditioning_text, reader.id)
                lines = [line for told in card.splitlines() for line in (visible(told), "")]
                await self.app.push_screen(ShowLines(f"Who {reader.name} is", lines))

    @work(group="ask", exclusive=True)
    async def action_voter(self) -> None:
        blank = Blank("Name", self._voter, "Give a name, a nickname will do.")
        about = "Votes are kept under this name, and told by it when the sides are shown."
        answer = await self.app.push_screen_wait(AskWords("Who votes?", about, [blank], "Take it"))
        if answer is not None:
            with self._session.errors_told():
                await self._keeper.flush()
                self._voter, self._ballots, self._at = answer[0], (), 0
                self._load(None)
