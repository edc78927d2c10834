"""The command `persona-studio`: alone it opens the window, with a subcommand it needs none."""

import sys

import click

from engine.store.authors import come_by
from studio.shell import (
    bank,
    catalogues,
    countries,
    data,
    evaluating,
    imports,
    library,
    pair_doctor,
    pairs,
    personas,
    picks,
    previews,
    profiles,
    reporting,
    runs,
    self_report,
    tailoring,
    votes,
)
from studio.shell.base import Root, shared
from studio.shell.demo import demo
from studio.shell.doctor import doctor


@click.group(
    cls=Root,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="persona-studio", message="%(prog)s %(version)s")
@click.pass_context
def studio(ctx: click.Context) -> None:
    """From a reader's reviews to book descriptions by a model tuned for that reader.

    Alone it opens the window. Everything stays on this machine.
    """
    come_by("command")
    if ctx.invoked_subcommand is None:
        _open_window()


def _open_window() -> None:
    if shared().as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "The window needs a terminal. `persona-studio --help` lists commands."
        )
    from studio.app import StudioApp

    app = StudioApp(shared().data_dir)
    app.run()
    sys.exit(app.return_code)


for command in (
    *(demo, imports.import_, data.readers, data.books, data.datasets),
    *(profiles.profile, self_report.questionnaire, picks.picks),
    *(pairs.pairs, bank.bank, personas.persona, runs.train, runs.export, previews.preview),
    catalogues.catalogue,
    *(votes.vote, evaluating.evaluate, reporting.report),
    *(runs.runs_, library.models, countries.countries, doctor, data.undo, data.redo, data.forget),
):
    studio.add_command(command)
pairs.pairs.add_command(pair_doctor.doctor)
for command in (tailoring.answer, tailoring.evaluate, tailoring.ballots, tailoring.report):
    personas.persona.add_command(command)


def main() -> None:
    """The entry of the installed command."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a question mark, and goes on.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    studio(prog_name="persona-studio")


if __name__ == "__main__":
    main()
