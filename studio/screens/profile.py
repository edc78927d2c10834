"""Profile: what a reader cares about, with the quotes it rests on, and the editor's corrections."""

from collections.abc import Mapping
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Tree

from engine import desk, editing
from engine.domain import Book, Profile, Review, Trait
from engine.frameworks import about
from models.errors import BadInput
from studio.messages import QuoteOpened
from studio.screens.choose_provider import ChooseProvider
from studio.screens.confirm import Confirm
from studio.screens.override_trait import OverrideTrait
from studio.screens.picks import PicksScreen
from studio.screens.pictures import PicturesScreen
from studio.screens.profile_card import ProfileCard
from studio.screens.questionnaire import QuestionnaireScreen
from studio.screens.show_review import ShowReview
from studio.session import Session
from studio.text import one_line, visible
from studio.widgets.empty_state import EmptyState
from studio.widgets.step_bar import StepBar
from studio.widgets.trait_detail import TraitDetail, TraitWords
from studio.widgets.trait_tree import TraitTree, framework_of, trait_of
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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "build", "Build", id="profile.build", tooltip="Build the profile"),
        Binding("o", "override", "Override", id="profile.override", tooltip="Override a score"),
        Binding(
            "r", "remove_override", "Remove", id="profile.remove", tooltip="Remove an override"
        ),
        Binding(
            "s",
            "sensitive",
            "Sensitive",
            id="profile.sensitive",
            tooltip="Switch sensitive items on or off",
        ),
        Binding("c", "card", "Card", id="profile.card", tooltip="Show the profile card"),
        Binding("p", "pictures", "Pictures", id="profile.pictures", tooltip="Show it as pictures"),
        Binding(
            "q",
            "questionnaire",
            "Questionnaire",
            show=False,
            id="profile.questionnaire",
            tooltip="Fill in the questionnaire",
        ),
        Binding(
            "t",
            "picks",
            "Picks",
            show=False,
            id="profile.picks",
            tooltip="Make the either/or picks",
        ),
        Binding("escape", "cancel", "Cancel", id="profile.cancel", tooltip="Cancel the building"),
    ]
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
        possible = {
            "build": self._session.reader is not None,
            "override": self._can_override(),
            "remove_override": self._trait is not None and self._trait.override is not None,
            "sensitive": self._session.reader is not None,
            "pictures": self._profile is not None,
            "card": self._profile is not None,
            "questionnaire": self._session.reader is not None,
            "picks": self._session.reader is not None,
        }
        if action == "cancel":
            return self._session.tracker.is_going_on(self._key)
        return True if possible.get(action, True) else None

    def _can_override(self) -> bool:
        return self._trait is not None and self._trait.framework != "demographics"

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

    def _show(self, profile: Profile | None) -> None:
        same_reader = self._profile and profile and self._profile.reader_id == profile.reader_id
        self._profile = profile
        self.set_class(profile is None, "-empty")
        if profile is None:
            self._trait = None
            self.empty.update(self._invitation())
        else:
            self._names = self._names or desk.trait_names()
            self.traits.border_title = Content(one_line(f"Read by {profile.provider}", 60))
            self.traits.show(profile, self._names)
            if same_reader and self._trait is not None:
                self._show_trait(profile.trait(self._trait.id))
            if self.focused is None:
                self.traits.focus()
        self.refresh_bindings()

    def _invitation(self) -> str:
        reader = self._session.reader
        if reader is None:
            return (
                "A profile says what a reader cares about.\n\nPress 1 to bring in a reader first."
            )
        return (
            "A profile says what a reader cares about, each line with quotes from the reviews.\n\n"
            f"Press b to build the profile of {one_line(reader.name, 40)}.\n\n"
            "The Big Five also come from a questionnaire (q) or from twelve quick picks (t)."
        )

    def _show_work(self, key: str) -> None:
        if key == self._key:
            self.progress.show(self._session.tracker.works.get(key))
            self.refresh_bindings()

    @on(Tree.NodeHighlighted)
    def _highlighted(self, event: Tree.NodeHighlighted[Trait | None]) -> None:
        trait, profile = trait_of(event), self._profile
        if trait is not None:
            self._show_trait(trait)
        elif profile is not None and (framework := framework_of(event)) is not None:
            self._trait = None
            self.detail.show_group(about(framework), visible(profile.provider_note))
            self.refresh_bindings()

    def _show_trait(self, trait: Trait | None) -> None:
        self._trait = trait
        if trait is not None:
            low, high = desk.poles(trait.id)
            words = TraitWords(self._names.get(trait.id, trait.id), low, high)
            titles = {key: book.title for key, (_, book) in self._reviews.items()}
            self.detail.show(trait, words, titles)
        self.refresh_bindings()

    @on(QuoteOpened)
    def _open_review(self, event: QuoteOpened) -> None:
        found = self._reviews.get(event.evidence.review_id)
        if found is None:
            self._session.tell(BadInput("That review is gone.", "Build the profile again (b)."))
        else:
            self.app.push_screen(ShowReview(*found, event.evidence))

    @work(group="ask", exclusive=True)
    async def action_build(self) -> None:
        reader = self._session.reader
        if reader is None or self._session.tracker.is_going_on(self._key):
            return
        provider = await self.app.push_screen_wait(ChooseProvider())
        if provider is not None:
            self._session.tracker.watch(
                f"profile:{reader.id}",
                f"Profile of {reader.name}",
                desk.build_profile(self._session.data_dir, reader.id, provider),
            )

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
    async def action_override(self) -> None:
        trait = self._trait
        if trait is None:
            return
        name = self._names.get(trait.id, trait.id)
        answer = await self.app.push_screen_wait(OverrideTrait(trait, name, desk.poles(trait.id)))
        if answer is not None:
            await self._set_override(trait, *answer)

    @work(group="ask", exclusive=True)
    async def action_remove_override(self) -> None:
        if self._trait is not None:
            await self._set_override(self._trait, None, "")

    async def _set_override(self, trait: Trait, score: float | None, reason: str) -> None:
        assert self._profile is not None
        with self._session.errors_told():
            reader_id = self._profile.reader_id
            if score is None:
                profile = await self._session.ask(editing.clear_override, reader_id, trait.id)
            else:
                profile = await self._session.ask(
                    editing.set_trait, reader_id, trait.id, score, reason
                )
            self._show(profile)

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
                self.notify(
                    f"Sensitive items are {'off' if is_on else 'on'}. Press b to build again.",
                    markup=False,
                )

    def action_questionnaire(self) -> None:
        if (reader := self._session.reader) is not None:
            self.app.push_screen(QuestionnaireScreen(self._session, reader))

    def action_picks(self) -> None:
        if (reader := self._session.reader) is not None:
            self.app.push_screen(PicksScreen(self._session, reader))
