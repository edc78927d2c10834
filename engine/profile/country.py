"""The scores of a reader's country on Hofstede's dimensions: a weak prior, shown beside the person.

The dimensions were made for countries and do not hold for single persons (Venaik and Brewer 2013;
Gerlach and Eriksson 2021). So nothing here is ever mixed into a trait; it stands beside what the
reader wrote, with its vintage.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from engine.domain import Profile
from engine.frameworks.countries import Countries, Country, shipped

LOCATION = "demographics.location"
CAUTION = (
    "A country's mean, not a person's score: people of one country differ far more than countries "
    "do. It is shown beside what this reader wrote and is never part of a score."
)
REVISION = (
    "In October 2023 the publisher replaced individualism and long-term orientation by figures on "
    "another basis (new and old individualism correlate 0.75; the USA went from 91 to 60, Japan "
    "from 46 to 62), so these two may not agree with newer tables."
)
_DIRECTION = re.compile(
    r"^(?:the|north|south|east|west|northern|southern|eastern|western|central|rural|greater|"
    r"downtown|upstate|inner|outer|[NS][EW]?|[EW])(?:[ -]|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CountryPrior:
    """What is published about a reader's country, beside which the reader's own scores stand."""

    country: str
    vintage: str
    source: str
    scores: Mapping[str, int]
    """By dimension id, 0 to 100; a dimension without a published figure is missing."""
    note: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def country_prior(profile: Profile, known: Countries | None = None) -> CountryPrior | None:
    """The scores of the country where the reader lives, as stated or set by the editor.

    Args:
        known: the editor's own copy of the matrix; the countries that are shipped without it.

    Returns:
        None where the country is not known; `why_no_prior` tells the reason.
    """
    countries = known or shipped()
    country = find_country(_place(profile), countries)
    if country is None:
        return None
    return prior_of(country, countries)


def prior_of(country: Country, countries: Countries) -> CountryPrior:
    """A country's scores with the caution that belongs to them."""
    missing = 6 - len(country.scores)
    unknown = f" {missing} of the six were not published for {country.name}." if missing else ""
    note = f"{CAUTION}{unknown} {REVISION}"
    return CountryPrior(country.name, countries.vintage, countries.source, country.scores, note)


def why_no_prior(profile: Profile, known: Countries | None = None) -> str:
    """Why there is no country prior, in a sentence; empty where there is one."""
    countries, place = known or shipped(), _place(profile)
    if not place:
        return "No country prior: this reader states no place, and you have set none."
    if find_country(place, countries):
        return ""
    if any(part.lower() in countries.ambiguous for part in _parts(place)):
        return f"No country prior: {place!r} is in several countries; set the country's name."
    return (
        f"No country prior: {place!r} is none of the {len(countries.countries)} countries known "
        "here, nor a larger city of one. Set the country's name, or load your own copy of the "
        "matrix: `persona-studio countries load FILE`."
    )


def find_country(place: str, countries: Countries) -> Country | None:
    """The country that a place names: itself, its people, or a well-known city or region of it.

    Of `Leeds, England` the last part decides; a place that several countries share does not.
    """
    by_name = {name.lower(): country for country in countries.countries for name in country.names}
    for part in reversed(_parts(place)):
        plain = part.lower()
        if plain in countries.ambiguous:
            continue
        if found := by_name.get(plain) or by_name.get(_DIRECTION.sub("", plain)):
            return found
    return None


def _parts(place: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;/()]", place) if part.strip()]


def _place(profile: Profile) -> str:
    trait = profile.trait(LOCATION)
    return (trait.effective_value or "") if trait else ""
