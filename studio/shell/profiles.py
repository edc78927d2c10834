"""Commands about a reader's profile: build, show, correct, carry elsewhere and back."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from engine.domain import Profile
from models.errors import BadInput
from studio.shell import cards, comparing, countries, editing, suggestions
from studio.shell.base import Group, find_reader, give, tell
from studio.shell.events import read_to_end
from studio.shell.files import FORCE, write_private
from studio.shell.trait_lines import quotes_of, trait_line


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
@click.option("--dry-run", is_flag=True, help="Tell what a chat model would be asked, and stop.")
@click.option("--fresh", is_flag=True, help="Ask a chat model again what it answered before.")
def build(reader: str, provider: str, sensitive: bool | None, dry_run: bool, fresh: bool) -> None:
    """Read a reader's reviews into a profile."""
    from engine import desk, editing
    from engine.profile.cost import profile_cost

    data_dir, reader_id = find_reader(reader)
    if provider == "embedded" and (dry_run or fresh):
        raise BadInput(
            "The embedded provider asks no chat model.",
            "--dry-run and --fresh go with --provider local:… or endpoint:….",
        )
    if dry_run:
        cost = asyncio.run(profile_cost(data_dir, reader_id, provider, fresh, sensitive))
        give(cost.as_json(), [str(cost)])
        return
    if sensitive is not None and sensitive != desk.sensitive_allowed(data_dir, reader_id):
        editing.switch_sensitive(data_dir, reader_id, sensitive)
    events = desk.build_profile(data_dir, reader_id, provider, fresh)
    result = asyncio.run(read_to_end(events))
    built = desk.built_profile(data_dir, reader_id)
    give(result, profile_lines(built, desk.trait_names(), evidence=False, everything=False))


@profile.command("show")
@click.argument("reader")
@click.option("--evidence", is_flag=True, help="Quote the reviews under each trait.")
@click.option("--all", "everything", is_flag=True, help="Unknown traits too, with the reason.")
def show(reader: str, evidence: bool, everything: bool) -> None:
    """Show a profile: scores from -1 (low pole) to 1 (high pole)."""
    from engine import countries as country_scores
    from engine import desk
    from engine.record import profile_as_json

    data_dir, reader_id = find_reader(reader)
    built = desk.built_profile(data_dir, reader_id)
    prior, no_prior = country_scores.prior_for(data_dir, built)
    give(
        {
            **profile_as_json(built),
            "country_prior": prior.as_json() if prior else None,
            "country_prior_note": prior.note if prior else no_prior,
        },
        [
            *profile_lines(built, desk.trait_names(), evidence, everything),
            "",
            *(countries.prior_lines(prior) if prior else [no_prior]),
            *(line for guess in built.suggestions for line in suggestions.guess_lines(guess)),
        ],
    )


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


for command in (*editing.COMMANDS, *comparing.COMMANDS, *cards.COMMANDS, *suggestions.COMMANDS):
    profile.add_command(command)


@profile.command("export")
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--no-findings", is_flag=True, help="Leave out the quotes that no trait shows.")
@FORCE
def export(reader: str, file: Path, no_findings: bool, force: bool) -> None:
    """Write a profile to a JSON file that `profile load` reads; `profile schema` describes it."""
    from engine import desk, profile_files
    from engine.profile.document import sensitive_note

    data_dir, reader_id = find_reader(reader)
    told = profile_files.exported(data_dir, reader_id, with_findings=not no_findings)
    note = sensitive_note(desk.built_profile(data_dir, reader_id))
    if str(file) == "-":
        click.echo(json.dumps(told, indent=2))
        tell(note)
        return
    write_private(file, json.dumps(told, indent=2, ensure_ascii=False) + "\n", force)
    give({**told, "file": str(file)}, [f"Written to {file}.", note])


@profile.command("load")
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def load(reader: str, file: Path) -> None:
    """Load a profile that `profile export` wrote; every quote must be in the reader's reviews.

    A reader without reviews takes the scores over as your own word, without the quotes.
    """
    from engine import desk, profile_files
    from engine.record import profile_as_json

    data_dir, reader_id = find_reader(reader)
    done = profile_files.load_profile(data_dir, reader_id, file)
    tell("The profile was loaded; `persona-studio undo` brings back the one before.")
    for note in done.notes:
        tell(note)
    give(
        {**profile_as_json(done.profile), "notes": list(done.notes)},
        profile_lines(done.profile, desk.trait_names(), evidence=False, everything=False),
    )


@profile.command("schema")
def schema() -> None:
    """Print the JSON Schema of the files that `profile export` writes."""
    from engine.profile.document import schema

    click.echo(json.dumps(schema(), indent=2))
