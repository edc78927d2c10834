"""Commands about the bank that pairs are made from."""

import click

from studio.shell import bank_extend
from studio.shell.base import Group


@click.group("bank", cls=Group)
def bank() -> None:
    """The scenes, questions and books that pairs are made from: extend, look through."""


for command in bank_extend.COMMANDS:
    bank.add_command(command)
