"""The commands `models`: what lies on this disk, deleting it, folders for others, the Hub."""

import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.errors import BadInput
from models.events import Finished, JsonObject
from studio.library_words import amount, detail_lines, list_line, loss_lines
from studio.shell.base import Group, give, shared, tell
from studio.shell.events import Narrator, read_to_end
from studio.text import count, size

if TYPE_CHECKING:
    from engine.library.artefact import Artefact
    from engine.library.folder import FolderPlan


@click.group("models", cls=Group, invoke_without_command=True)
@click.pass_context
def models(ctx: click.Context) -> None:
    """List the models tuned here and the bases on offer; see `list` for every file."""
    if ctx.invoked_subcommand is None:
        _tuned_and_offered()


def _tuned_and_offered() -> None:
    from engine.tuned_models import tuned_models
    from models.catalogue import offers

    tuned = tuned_models(shared().data_dir)
    document: dict[str, object] = {
        "tuned": [
            {
                **asdict(model),
                "gguf": str(model.gguf),
                "base_gguf": str(model.base_gguf),
                "created_at": model.created_at.isoformat(),
            }
            for model in tuned
        ],
        "bases": [asdict(offer) for offer in offers()],
    }
    lines = ["Tuned here:" if tuned else "No model was tuned here yet."]
    lines += [
        f"  {model.gguf}: {size(model.size_bytes)}, sha256 {model.sha256[:12]}, "
        f"for {', '.join(model.reader_ids)}"
        for model in tuned
    ]
    lines += ["", "Bases on offer (any other: a GGUF, a folder, or a Hugging Face id):"]
    lines += [
        f"  {offer.spec}: {offer.parameters / 1e6:,.0f} M parameters, {offer.licence}, "
        f"from {offer.source}. {offer.note}"
        for offer in offers()
    ]
    give(document, lines)


@models.command("list")
@click.option("--find", "words", default="", help="Only those in which these words stand.")
@click.option("--sort", default="made", show_default=True, help="made, size, kind or reader.")
def list_(words: str, sort: str) -> None:
    """List everything that was made or is kept on this disk, with what it would free."""
    from engine.library.listing import artefacts, shown

    found = shown(artefacts(shared().data_dir), words, sort)
    lines = [list_line(it) for it in found]
    lines.append(f"{count(len(found), 'thing')}, {amount(sum(it.size_bytes for it in found))}.")
    give({"artefacts": [_as_json(it) for it in found]}, lines if found else ["There is nothing."])


@models.command("show")
@click.argument("artefact")
def show(artefact: str) -> None:
    """Show one: hashes, readers, effect, what needs it, what deleting it would free."""
    from engine.library.listing import hashed

    found = hashed(shared().data_dir, _found(artefact))
    give(_as_json(found), detail_lines(found))


@models.command("delete")
@click.argument("artefacts", nargs=-1, required=True, metavar="ARTEFACT...")
@click.option("--all-but-adapter", is_flag=True, help="Each is a RUN: all of it but its adapter.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(artefacts: tuple[str, ...], all_but_adapter: bool, yes: bool) -> None:
    """Delete from this disk. No undo brings it back."""
    from engine import runs
    from engine.library import listing
    from engine.library.artefact import found
    from engine.library.room import freed_bytes

    data_dir = shared().data_dir
    every = listing.artefacts(data_dir)
    if all_but_adapter:
        run_ids = [runs.find_run(data_dir, name).id for name in artefacts]
        chosen = [it for run in run_ids for it in listing.of_run_but_the_adapter(every, run)]
    else:
        chosen = [found(every, name) for name in artefacts]
    for it in chosen:
        tell(list_line(it))
        for line in loss_lines(it):
            tell(f"  {line}")
    listing.check_deletable(chosen)
    freed = amount(freed_bytes(it.path for it in chosen))
    _agreed(yes, f"Delete {count(len(chosen), 'thing')} for good? It frees {freed}.", "delete")
    deleted = listing.delete(data_dir, [it.id for it in chosen])
    give(
        {"deleted": list(deleted.ids), "freed_bytes": deleted.freed_bytes},
        [f"Deleted {count(len(deleted.ids), 'thing')}; {amount(deleted.freed_bytes)} are free."],
    )


@models.command("export-folder")
@click.argument("artefact")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--card", default="", metavar="READER", help="Put this reader's card into Modelfile.")
def export_folder(artefact: str, folder: Path, card: str) -> None:
    """Write a folder for others: weights, model card, licence, Modelfile, checksums."""
    from engine.library import folder as folders

    data_dir, found = shared().data_dir, _found(artefact)
    wanted = folder.expanduser().absolute()
    events = folders.export_folder(data_dir, found, wanted, _reader(card))
    result = asyncio.run(read_to_end(events))
    give(result, [f"{result['folder']}: {_files_told(result)}."])


@models.command("push")
@click.argument("artefact")
@click.option("--repo", required=True, metavar="OWNER/NAME", help="On the Hugging Face Hub.")
@click.option("--private/--public", "private", default=True, show_default=True)
@click.option("--card", default="", metavar="READER", help="Put this reader's card into Modelfile.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def push(artefact: str, repo: str, private: bool, card: str, yes: bool) -> None:
    """Upload what `export-folder` would write to the Hugging Face Hub.

    The token is that of HF_TOKEN or of `hf auth login`.
    """
    from engine.library import push as pushing
    from engine.library.folder import plan_folder

    pushing.check_repo(repo)
    plan = plan_folder(shared().data_dir, _found(artefact), _reader(card))
    for line in _push_lines(plan, repo, private, card):
        tell(line)
    _agreed(yes, f"Type {repo} to send them.", repo)
    narrator = Narrator()
    for event in pushing.push(plan, repo, not private):
        if isinstance(event, Finished):
            give(event.result, [f"{event.result['address']}: {_files_told(event.result)}."])
        else:
            narrator.see(event)


def _push_lines(plan: "FolderPlan", repo: str, private: bool, card: str) -> Iterator[str]:
    """What goes where, and who will see it."""
    seen_by = "only you and those you let in see it" if private else "EVERYBODY can see it"
    hub = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    yield f"To {hub}/{repo} ({seen_by}):"
    for file in plan.files:
        yield f"  {file.name}: {amount(file.size_bytes)}"
    yield f"{amount(plan.size_bytes)} in all. The base's licence: {plan.licence.name}."
    if card:
        yield "The Modelfile holds the profile card of a reader: it is personal."


def _agreed(yes: bool, question: str, word: str) -> None:
    """Go on where the person has said so, by --yes or by typing the word.

    Raises:
        BadInput: nobody is there to ask, or something else was typed.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput(f"{question} Nobody is there to ask: nothing was done.", "Or tell --yes.")
    typed = click.prompt(f"{question} [{word}]", default="", show_default=False, err=True)
    if typed.strip() != word:
        raise BadInput(f"{word!r} was not typed. Nothing was done.")


def _found(named: str) -> "Artefact":
    from engine.library.artefact import found
    from engine.library.listing import artefacts

    return found(artefacts(shared().data_dir), named)


def _reader(named: str) -> str:
    from engine import desk

    return desk.reader_id_of(shared().data_dir, named) if named else ""


def _files_told(result: JsonObject) -> str:
    files = result["files"]
    assert isinstance(files, list)
    return f"{count(len(files), 'file')}, {amount(int(str(result['size_bytes'])))}"


def _as_json(artefact: "Artefact") -> dict[str, object]:
    told = asdict(artefact)
    del told["kept_in"]
    return {**told, "path": str(artefact.path), "made_at": artefact.made_at.isoformat()}
