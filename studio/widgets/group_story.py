"""What there is to say of a whole group of traits, and of a profile with nothing in it."""

from engine.domain import Framework, Profile
from engine.frameworks import about
from engine.profile.circle import circle
from engine.store.readers import ReaderSummary
from studio.pictures.circle import clash_lines
from studio.text import one_line, visible
from studio.widgets.trait_story import Surroundings

WAYS = (
    "o  set scores and facts by hand, line by line\n"
    "q  fill in the questionnaire\n"
    "t  make a dozen either/or picks\n"
    "1, then d  duplicate a reader who is alike"
)


def group_story(framework: Framework, profile: Profile, around: Surroundings) -> str:
    """The group's caution, what it shows as a whole, and what the provider says of itself."""
    told = [about(framework).caution]
    if not any(trait.is_known for trait in profile.traits) and not around.titles:
        told.append(f"Nothing is known and no review stands behind it. Ways to fill it:\n{WAYS}")
    if framework == "schwartz":
        drawn = circle(profile)
        told.append("\n".join([drawn.note(), *clash_lines(drawn)]))
    if framework == "hofstede":
        prior = around.prior
        place = f"Country: {prior.country} ({prior.vintage}). {prior.note}" if prior else ""
        told.append(place or around.no_prior)
    told.append(visible(profile.provider_note))
    return "\n\n".join(filter(None, told))


def invitation(reader: ReaderSummary | None) -> str:
    """What to do while there is no profile to show."""
    if reader is None:
        return "A profile says what a reader cares about.\n\nPress 1 to bring in a reader first."
    name = one_line(reader.name, 40)
    if not reader.reviews:
        return (
            f"{name} has no reviews and no profile yet. Ways to make one:\n\n"
            "q  fill in the questionnaire\n"
            "t  make a dozen either/or picks\n"
            "1, then n  begin a reader by hand\n"
            "1, then d  duplicate a reader who is alike"
        )
    return (
        "A profile says what a reader cares about, each line with quotes from the reviews.\n\n"
        f"Press b to build the profile of {name}.\n\n"
        "The Big Five also come from a questionnaire (q) or from twelve quick picks (t)."
    )
