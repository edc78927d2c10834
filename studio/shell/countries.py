"""Commands about countries: their published scores, and the editor's own copy of the matrix."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio.shell.base import Group, give, shared
from studio.text import one_line

if TYPE_CHECKING:
    from engine.profile.country import CountryPrior


@click.group("countries", cls=Group)
def countries() -> None:
    """Hofstede's country scores, which stand beside a reader and never in a score."""


@countries.command("show")
@click.argument("name", required=False)
def show(name: str | None) -> None:
    """Show the scores of a country, by name, people or city; without NAME list all."""
    from engine import countries as engine_countries

    data_dir = shared().data_dir
    if name is not None:
        prior = engine_countries.shown(data_dir, name)
        give(prior.as_json(), prior_lines(prior))
        return
    known = engine_countries.countries(data_dir)
    names = [country.name for country in known.countries]
    told = {"vintage": known.vintage, "source": known.source}
    rows = [{"name": one.name, "scores": dict(one.scores)} for one in known.countries]
    give(
        {**told, "countries": rows},
        [f"{len(names)} countries, {known.source}, vintage {known.vintage}:", ", ".join(names)],
    )


@countries.command("load")
@click.argument("file", type=click.Path(path_type=Path))
def load(file: Path) -> None:
    """Read your own copy of the whole matrix (ctr;country;pdi;idv;mas;uai;ltowvs;ivr)."""
    from engine import countries as engine_countries

    loaded = engine_countries.load_countries(shared().data_dir, file)
    figures = sum(len(country.scores) for country in loaded.countries)
    give(
        {"countries": len(loaded.countries), "figures": figures, "vintage": loaded.vintage},
        [f"{len(loaded.countries)} countries with {figures} figures, used from now on."],
    )


def prior_lines(prior: "CountryPrior") -> Iterator[str]:
    """A country's scores for people, with the caution that belongs to them."""
    from engine.frameworks import dimensions

    yield f"{one_line(prior.country)} ({one_line(prior.source, 200)}, vintage {prior.vintage}):"
    for scale in dimensions("hofstede"):
        score = prior.scores.get(scale.id)
        told = "not published" if score is None else f"{score:>3} of 100"
        yield f"  {told}  {scale.name}"
    yield one_line(prior.note, 1000)
