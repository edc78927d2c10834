"""Country scores as a front end asks for them: what is shipped, or the editor's own matrix."""

from pathlib import Path

from engine.domain import Profile
from engine.frameworks.countries import Countries, from_matrix, shipped
from engine.profile.country import CountryPrior, country_prior, find_country, prior_of, why_no_prior
from engine.text_file import read_text
from models.aside import written_aside
from models.errors import BadInput

FILE_NAME = "hofstede_matrix.csv"


def countries(data_dir: Path) -> Countries:
    """The editor's own copy of the matrix where one was loaded, else what is shipped.

    Raises:
        BadInput: the copy was damaged.
    """
    path = data_dir / FILE_NAME
    if not path.exists():
        return shipped()
    return from_matrix(read_text(path).splitlines(), FILE_NAME)


def load_countries(data_dir: Path, path: Path) -> Countries:
    """Read a researcher's copy of the whole matrix into the data directory (0600).

    Raises:
        BadInput: it cannot be read, or is not laid out as the matrix is; nothing was changed.
    """
    text = read_text(path)
    loaded = from_matrix(text.splitlines(), path.name)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with written_aside(data_dir / FILE_NAME) as aside:
        aside.touch(mode=0o600)
        aside.write_text(text, encoding="utf-8")
    return loaded


def prior_for(data_dir: Path, profile: Profile) -> tuple[CountryPrior | None, str]:
    """The country prior of a profile; where there is none, the reason."""
    known = countries(data_dir)
    return country_prior(profile, known), why_no_prior(profile, known)


def shown(data_dir: Path, name: str) -> CountryPrior:
    """The scores of one country, by its name, people, or a well-known city.

    Raises:
        BadInput: it is none that is known here.
    """
    known = countries(data_dir)
    country = find_country(name, known)
    if country is None:
        raise BadInput(
            f"{name!r} is none of the {len(known.countries)} countries known here.",
            "`countries show` lists them; `countries load FILE` reads your own copy of the matrix, "
            "which is for researchers and does not come with the studio.",
        )
    return prior_of(country, known)
