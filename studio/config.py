"""Where the window and the command line keep their data."""

import os
from pathlib import Path

from platformdirs import user_data_path

ENVIRONMENT_VARIABLE = "PERSONA_STUDIO_DATA"


def data_dir(given: Path | None) -> Path:
    """The data directory: as given, else from the environment, else the platform's usual place."""
    named = given or os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    return user_data_path("persona-studio", appauthor=False)
