"""The check as a child process: it needs torch, which the command line never loads."""

import json
import subprocess
import sys

from engine.bank_check.measure import Measure
from models.errors import UserError


def checked_in_a_child() -> list[Measure]:
    """Every measure of the bank, from `python -m engine.bank_check`.

    Raises:
        UserError: the child ended without them, with the last line of what it said.
    """
    command = [sys.executable, "-P", "-m", "engine.bank_check"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"The bank could not be checked: {said}", "`doctor` tells what is missing.")
    return [Measure.from_json(row) for row in json.loads(done.stdout)]
