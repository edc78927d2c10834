"""Profile: what a reader cares about, with the quotes it rests on, and the editor's corrections."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Tree
from textual.widgets.tree import TreeNode

from engine import countries, desk, editing, suggestions
from engine.domain import Book, Profile, Review, Suggestion, Trait
from engine.editing.by_hand import BY_HAND
from engine.frameworks import about
from engine.profile.cost import profile_cost
from engine.store.readers import ReaderSummary
from models.errors import BadInput
from studio.messages import QuoteOpened
from studio.screens.choose_provider import ChooseProvider
from studio.screens.choose_reader import ChooseReader
from studio.screens.compare import CompareScreen
from studio.screens.confirm import Confirm
from studio.screens.influence import InfluenceScreen
from studio.screens.picks import PicksScreen
from studio.screens.pictures import PicturesScreen
from studio.screens.profile_card import ProfileCard
from studio.screens.profile_keys import KEYS
from studio.screens.questionnaire import QuestionnaireScreen
from studio.screens.say_word import Word, can_say, say
from studio.screens.show_review import ShowReview
from studio.session import Session
from studio.text import one_line, visible
from studio.widgets.empty_state import EmptyState
from studio.widgets.group_story import group_story, invitation
from studio.widgets.step_bar import StepBar, next_step
from studio.widgets.trait_detail import TraitDetail
from studio.widgets.trait_story import Surroundings, TraitWords
from studio.widgets.trait_tree import TraitTree, framework_of
from studio.widgets.work_line import WorkLine

SENSITIVE = (
    "Sensitive items are about religion, sexuality, politics and health. While they are off, "
    "nothing of the kind is read out of the reviews. Switch them on only if the reader agreed. "
    "Then build the profile again (b)."
)


class ProfileScreen(Screen[None]):
    """The second step."""

    CSS_PATH = "profile.tcss"
    AUTO_FOCUS = "#traits"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    traits = getters.query_one(TraitTree)
    detail = getters.query_one(TraitDetail)
    empty = getters.query_one(EmptyState)
    progress = getters.query_one(WorkLine)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._profile: Profile | None = None
        self._reviews: Mapping[str, tuple[Review, Book]] = {}
        self._names: Mapping[str, str] = {}
        self._trait: Trait | None = None
        self._around = Surroundings()

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "profile")
        yield EmptyState()
        with Horizontal(id="work"):
            yield TraitTree()
            yield TraitDetail(classes="panel")
        yield WorkLine()
        yield Footer()

    def on_mount(self) -> None:
        self.traits.add_class("panel")
        self._session.changed.subscribe(self, self._load)
        self._session.tracker.changed.subscribe(self, self._show_work)
        self._load(None)
        self._show_work(self._key)

    @property
    def _key(self) -> str:
        reader = self._session.reader
        return f"profile:{reader.id}" if reader else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        reader = self._session.reader
        possible = {
            "build": reader is not None and reader.reviews > 0,
            "influence": self._trait is not None and bool(self._reviews),
            "sensitive": reader is not None,
            "card": self._profile is not None,
            "pictures": self._profile is not None,
            "compare": self._profile is not None and bool(self._others),
            "guess": self._guess is not None,
            "questionnaire": reader is not None,
            "picks": reader is not None,
        }
        if action == "cancel":
            return self._session.tracker.is_going_on(self._key)
        if action == "word":
            return True if can_say(self._trait, *parameters) else None
        return True if possible.get(action, True) else None

    @property
    def _others(self) -> list[ReaderSummary]:
        """The readers to compare with."""
        chosen = self._session.reader
        return [one for one in self._session.readers if one.profile_built and one != chosen]

    @property
    def _guess(self) -> Suggestion | None:
        """The first guess at the fact that the cursor is on."""
        guesses = self._profile.suggestions if self._profile else ()
        own = self._trait.id if self._trait else None
        return next((guess for guess in guesses if guess.trait_id == own), None)

    @work(group="load", exclusive=True)
    async def _load(self, _: None) -> None:
        reader = self._session.reader
        profile = None
        if reader is not None:
            with self._session.errors_told():
                profile = await self._session.ask(desk.profile, reader.id)
                reviews = await self._session.ask(desk.reviews, reader.id)
                self._reviews = {review.id: (review, book) for review, book in reviews}
        self._show(profile)
        if profile is not None:
            await self._look_around(profile)

    async def _look_around(self, profile: Profile) -> None:
        """Find out what takes a moment: the country's scores, and which review carries what."""
        with self._session.errors_told():
            prior, no_prior = await self._session.ask(countries.prior_for, profile)
            carried = await self._session.ask(editing.carried_by_one_review, profile.reader_id)
            if profile is self._profile:
                self._around = replace(
                    self._around, prior=prior, no_prior=no_prior, carried=carried
                )
                self._tell_of(self.traits.cursor_node)

    def _show(self, profile: Profile | None) -> None:
        same_reader = self._profile and profile and self._profile.reader_id == profile.reader_id
        self._profile = profile
        self.set_class(profile is None, "-empty")
        if profile is None:
            self._trait = None
            self.empty.update(invitation(self._session.reader))
        else:
            self._names = self._names or desk.trait_names()
            self._around = replace(
                self._around if same_reader else Surroundings(),
                titles={key: book.title for key, (_, book) in self._reviews.items()},
                books={book.id: book.title for _, book in self._reviews.values()},
                suggestions=profile.suggestions,
            )
            by_hand = profile.provider == BY_HAND
            told = "By hand" if by_hand else f"Read by {profile.provider}"
            self.traits.border_title = Content(one_line(told, 60))
            self.traits.border_subtitle = f"score, confidence  {next_step(self._session)}".rstrip()
            self.traits.show(profile, self._names)
            self._tell_of(self.traits.cursor_node)
            if self.focused is None:
                self.traits.focus()
        self.refresh_bindings()

    def _show_work(self, key: str) -> None:
        if key == self._key:
            self.progress.show(self._session.tracker.works.get(key))
            self.refresh_bindings()

    @on(Tree.NodeHighlighted)
    def _highlighted(self, event: Tree.NodeHighlighted[Trait | None]) -> None:
        self._tell_of(event.node)

    def _tell_of(self, node: TreeNode[Trait | None] | None) -> None:
        """Show what the line of the tree is about."""
        profile = self._profile
        self._trait = trait = node.data if node else None
        if trait is not None:
            low, high = desk.poles(trait.id)
            self.detail.show(trait, TraitWords(self._name_of(trait), low, high), self._around)
        elif node and profile and (framework := framework_of(node)) is not None:
            told = group_story(framework, profile, self._around)
            self.detail.show_group(about(framework).name, told)
        self.refresh_bindings()

    def _name_of(self, trait: Trait) -> str:
        return self._names.get(trait.id, trait.id)

    @on(QuoteOpened)
    def _open_review(self, event: QuoteOpened) -> None:
        entry = self._reviews.get(event.evidence.review_id)
        if entry is None:
            self._session.tell(BadInput("That review is gone.", "Build the profile again (b)."))
        elif self._profile and (trait := self._trait):
            at, name = event.evidence, self._name_of(trait)
            review = ShowReview(self._session, self._profile, trait, name, entry, at)
            self.app.push_screen(review)

    @work(group="ask", exclusive=True)
    async def action_build(self) -> None:
        reader = self._session.reader
        if reader is None or self._session.tracker.is_going_on(self._key):
            return
        provider = await self.app.push_screen_wait(ChooseProvider())
        if provider is not None and await self._is_worth_its_cost(reader, provider):
            self._session.tracker.watch(
                f"profile:{reader.id}",
                f"Profile of {reader.name}",
                desk.build_profile(self._session.data_dir, reader.id, provider),
            )

    async def _is_worth_its_cost(self, reader: ReaderSummary, provider: str) -> bool:
        """Whether the editor wants a chat model asked, knowing how many requests that is."""
        if provider == "embedded":
            return True
        with self._session.errors_told():
            cost = await profile_cost(self._session.data_dir, reader.id, provider)
            explanation = f"{cost}\n\nEvery answer is kept: what is stopped goes on where it was."
            return await self.app.push_screen_wait(Confirm("Ask the model?", explanation, "Ask"))
        return False

    @work(group="ask", exclusive=True)
    async def action_card(self) -> None:
        reader = self._session.reader
        if reader is None or self._profile is None:
            return
        if await self.app.push_screen_wait(ProfileCard(self._session, reader, self._names)):
            self.notify("Every model of this reader is given the new card.", markup=False)

    def action_pictures(self) -> None:
        reader, profile = self._session.reader, self._profile
        if reader is not None and profile is not None:
            written_at = {key: review.written_at for key, (review, _) in self._reviews.items()}
            self.app.push_screen(PicturesScreen(profile, reader.name, self._names, written_at))

    def action_cancel(self) -> None:
        self._session.tracker.cancel(self._key)

    @work(group="ask", exclusive=True)
    async def action_word(self, word: Word) -> None:
        trait, profile = self._trait, self._profile
        if trait is None or profile is None:
            return
        with self._session.errors_told():
            said = await say(
                self.app, self._session, profile.reader_id, trait, self._name_of(trait), word
            )
            if said is not None:
                await self._show_changed(said)

    @work(group="ask", exclusive=True)
    async def action_guess(self, verb: Literal["confirm", "dismiss"]) -> None:
        guess, profile = self._guess, self._profile
        if guess is None or profile is None:
            return
        act = {"confirm": suggestions.confirm, "dismiss": suggestions.dismiss}[verb]
        with self._session.errors_told():
            reader_id = profile.reader_id
            await self._session.ask(act, reader_id, guess.trait_id, guess.model)
            await self._show_changed(await self._session.ask(desk.built_profile, reader_id))

    async def _show_changed(self, profile: Profile) -> None:
        if self._profile and self._profile.reader_id == profile.reader_id:
            self._show(profile)
            await self._look_around(profile)

    @work(group="ask", exclusive=True)
    async def action_influence(self) -> None:
        trait, profile = self._trait, self._profile
        if trait is None or profile is None:
            return
        with self._session.errors_told():
            found = await self._session.ask(editing.influence, profile.reader_id, trait.id)
            if not found:
                self.notify("No review bears on this trait.", markup=False)
                return
            name = self._name_of(trait)
            self.app.push_screen(
                InfluenceScreen(self._session, profile, trait, name, self._reviews, found)
            )

    @work(group="ask", exclusive=True)
    async def action_compare(self) -> None:
        reader = self._session.reader
        if reader is not None:
            heading = f"Compare {reader.name} with"
            other = await self.app.push_screen_wait(ChooseReader(heading, self._others))
            if other is not None:
                self.app.push_screen(CompareScreen(self._session, reader, other))

    @work(group="ask", exclusive=True)
    async def action_sensitive(self) -> None:
        reader = self._session.reader
        if reader is None:
            return
        with self._session.errors_told():
            is_on = await self._session.ask(desk.sensitive_allowed, reader.id)
            verb = "Switch off" if is_on else "Switch on"
            heading = f"Sensitive items are {'on' if is_on else 'off'} for {visible(reader.name)}"
            if await self.app.push_screen_wait(Confirm(heading, SENSITIVE, verb)):
                await self._session.ask(editing.switch_sensitive, reader.id, not is_on)
                off = "Sensitive items are off. What was read of them is taken out."
                on = "Sensitive items are on. Press b to build again."
                self.notify(off if is_on else on, markup=False)
                self._load(None)

    def action_questionnaire(self) -> None:
        if (reader := self._session.reader) is not None:
            self.app.push_screen(QuestionnaireScreen(self._session, reader))

    def action_picks(self) -> None:
        if (reader := self._session.reader) is not None:
            self.app.push_screen(PicksScreen(self._session, reader))
