"""Commands about a reader's profile: build, show, correct, carry elsewhere and back."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from engine.domain import Profile, Trait
from studio.shell.base import Group, give, shared, tell
from studio.shell.events import read_to_end
from studio.shell.files import write_private
from studio.text import bar, one_line


@click.group("profile", cls=Group)
def profile() -> None:
    """What a reader's reviews tell: build, show, correct."""


@profile.command("build")
@click.argument("reader")
@click.option(
    "--provider",
    default="embedded",
    show_default=True,
    help="embedded, local:FILE.gguf, or endpoint:NAME.",
)
@click.option(
    "--sensitive/--no-sensitive",
    default=None,
    help="Allow items on religion, sexuality, politics and health for this reader.",
)
def build(reader: str, provider: str, sensitive: bool | None) -> None:
    """Read a reader's reviews into a profile."""
    from engine import desk

    data_dir = shared().data_dir
    reader_id = desk.reader_id_of(data_dir, reader)
    if sensitive is not None and sensitive != desk.sensitive_allowed(data_dir, reader_id):
        desk.switch_sensitive(data_dir, reader_id, sensitive)
    result = asyncio.run(read_to_end(desk.build_profile(data_dir, reader_id, provider)))
    built = desk.built_profile(data_dir, reader_id)
    give(result, profile_lines(built, desk.trait_names(), evidence=False, everything=False))


@profile.command("show")
@click.argument("reader")
@click.option("--evidence", is_flag=True, help="Quote the reviews under each trait.")
@click.option("--all", "everything", is_flag=True, help="Unknown traits too, with the reason.")
def show(reader: str, evidence: bool, everything: bool) -> None:
    """Show a profile: scores from -1 (low pole) to 1 (high pole)."""
    from engine import desk
    from engine.record import profile_as_json

    data_dir = shared().data_dir
    built = desk.built_profile(data_dir, desk.reader_id_of(data_dir, reader))
    lines = profile_lines(built, desk.trait_names(), evidence, everything)
    give(profile_as_json(built), lines)


def profile_lines(
    profile: Profile, names: Mapping[str, str], evidence: bool, everything: bool
) -> Iterator[str]:
    """A profile for people, framework by framework."""
    from engine.frameworks import about

    known = sum(trait.is_known for trait in profile.traits)
    yield (
        f"{profile.reader_id}, read by {profile.provider}: "
        f"{known} of {len(profile.traits)} traits known"
    )
    if profile.provider_note:
        yield profile.provider_note
    for framework in dict.fromkeys(trait.framework for trait in profile.traits):
        traits = [trait for trait in profile.of(framework) if trait.is_known or everything]
        yield ""
        yield f"{about(framework).name}: {len(traits)} of {len(profile.of(framework))}"
        for trait in traits:
            yield f"  {trait_line(trait, names)}"
            if evidence:
                yield from quotes_of(trait)


def trait_line(trait: Trait, names: Mapping[str, str]) -> str:
    """One trait on a line: where it stands, how surely, and its id for `profile set`."""
    name = f"{one_line(names.get(trait.id, trait.id), 70)} [{trait.id}]"
    if trait.override:
        reason = f": {one_line(trait.override.reason)}" if trait.override.reason else ""
        return f"{_score(trait.override.score)} {name} (set by the editor{reason})"
    if trait.status != "known":
        return f"{trait.status}: {name} {one_line(trait.note)}".rstrip()
    if trait.value is not None:
        return f"{one_line(trait.value)}: {name}"
    return f"{_score(trait.score)} {name}, confidence {trait.confidence:.0%}"


def _score(score: float) -> str:
    return f"{bar(score)} {score:+.2f}"


def quotes_of(trait: Trait) -> Iterator[str]:
    """The quoted spans of a trait, those that say most first."""
    for span in sorted(trait.evidence, key=lambda span: -abs(span.stance)):
        side = "for" if span.stance > 0 else "against"
        yield f"      {side}: “{one_line(span.quote, 300)}” ({span.review_id})"


@profile.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("reader")
@click.argument("trait")
@click.argument("score", type=click.FloatRange(-1, 1))
@click.option("--reason", default="", help="Why; kept beside the score.")
def set_(reader: str, trait: str, score: float, reason: str) -> None:
    """Set your own score for a trait; it wins over the extracted one, which is kept."""
    from engine import desk

    data_dir = shared().data_dir
    reader_id = desk.reader_id_of(data_dir, reader)
    _give_trait(desk.override_trait(data_dir, reader_id, trait, score, reason), trait)


@profile.command("unset")
@click.argument("reader")
@click.argument("trait")
def unset(reader: str, trait: str) -> None:
    """Take your own score away; the extracted one holds again."""
    from engine import desk

    data_dir = shared().data_dir
    reader_id = desk.reader_id_of(data_dir, reader)
    _give_trait(desk.override_trait(data_dir, reader_id, trait, None), trait)


def _give_trait(profile: Profile, trait_id: str) -> None:
    from engine import desk
    from engine.record import trait_as_json

    trait = profile.trait(trait_id)
    assert trait is not None, "override_trait refuses a trait that the profile lacks"
    give(
        {"reader": profile.reader_id, "trait": trait_as_json(trait)},
        [trait_line(trait, desk.trait_names())],
    )


@profile.command("export")
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
def export(reader: str, file: Path) -> None:
    """Write a profile to a JSON file that `profile load` reads."""
    from engine import desk
    from engine.record import profile_as_json

    data_dir = shared().data_dir
    told = profile_as_json(desk.built_profile(data_dir, desk.reader_id_of(data_dir, reader)))
    if str(file) == "-":
        click.echo(json.dumps(told, indent=2))
        return
    write_private(file, json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    give({**told, "file": str(file)}, [f"Written to {file}."])


@profile.command("load")
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def load(reader: str, file: Path) -> None:
    """Load a profile that `profile export` wrote; every quote must be in the reader's reviews."""
    from engine import desk, exchange
    from engine.record import profile_as_json

    data_dir = shared().data_dir
    loaded = exchange.load_profile(data_dir, desk.reader_id_of(data_dir, reader), file)
    tell("The profile was loaded; `persona-studio undo` brings back the one before.")
    give(
        profile_as_json(loaded),
        profile_lines(loaded, desk.trait_names(), evidence=False, everything=False),
    )
