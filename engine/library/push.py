"""Upload a planned folder to the Hugging Face Hub: only ever because a person told it to.

It is no coroutine: the Hub's client blocks, and is to end at once when the person interrupts it.
The token is the environment's or that of `hf auth login`, and is kept nowhere here. Going on after
an interruption is the Hub's own way: a file whose content it has already is not sent again, and
the commit that makes the files visible comes last.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.library.folder import FolderPlan, PlannedFile
from models.errors import BadInput, JobFailed, UserError
from models.events import Event, Finished, Note, Step

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

OF_THE_HUB = (".gitattributes",)
"""What the Hub puts into a new repository by itself."""
TOKENS = "Get one with write access at https://huggingface.co/settings/tokens"
AGAIN = "Tell it again: what has arrived is not sent again."
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def check_repo(repo: str) -> None:
    """Refuse what is no name of a repository.

    Raises:
        BadInput: it is none.
    """
    if not _REPO.fullmatch(repo) or ".." in repo or "--" in repo or repo.endswith(".git"):
        raise BadInput(f"{repo!r} names no repository.", "Write it as OWNER/NAME.")


def push(plan: FolderPlan, repo: str, public: bool) -> Iterator[Event]:
    """Make the repository where it is not there, and put the planned files into it.

    Args:
        repo: OWNER/NAME.
        public: for everybody to see; else private.

    Yields:
        Steps over megabytes, then Finished with `repo`, `address`, `files` and `public`.

    Raises:
        BadInput: no token, no such name, or the repository holds other things.
        JobFailed: the Hub cannot be reached, or refuses; what has arrived stays there.
    """
    check_repo(repo)
    api = _api()
    with _refusals_told(repo):
        yield Note(_made_sure_of(api, plan, repo, public))
        operations, done = [], 0
        for file in plan.files:
            yield Step(done // 1_000_000, plan.size_bytes // 1_000_000, f"MB sent; {file.name}")
            operation = _operation(file)
            api.preupload_lfs_files(repo, [operation])
            operations.append(operation)
            done += file.size_bytes
        yield Note("The files are put into place in one commit.")
        said = f"{plan.title}, by Persona Studio"
        commit = api.create_commit(repo, operations, commit_message=said)
    yield Finished(
        {
            "repo": repo,
            "address": f"{api.endpoint}/{repo}",
            "commit": commit.oid,
            "files": [file.name for file in plan.files],
            "size_bytes": plan.size_bytes,
            "public": public,
        }
    )


def _api() -> "HfApi":
    """The Hub's client with the person's token.

    Raises:
        BadInput: there is no token.
    """
    # Here: it takes a third of a second, and only a push needs it.
    # Its bars would be drawn over our lines.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import HfApi, get_token

    if not get_token():
        raise BadInput(
            "There is no token for the Hugging Face Hub.",
            f"{TOKENS}, then `hf auth login`, or set HF_TOKEN. It is not stored here.",
        )
    return HfApi(library_name="persona-studio")


def _operation(file: PlannedFile) -> "CommitOperationAdd":
    from huggingface_hub import CommitOperationAdd

    content = str(file.source) if file.source else file.text.encode()
    return CommitOperationAdd(path_in_repo=file.name, path_or_fileobj=content)


def _made_sure_of(api: "HfApi", plan: FolderPlan, repo: str, public: bool) -> str:
    """Make the repository, or see that an old one is ours to write to; says which.

    Raises:
        BadInput: it holds other files, or can be seen by others than it should.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        there = api.model_info(repo)
    except RepositoryNotFoundError:
        api.create_repo(repo, private=not public)
        return f"{repo} is made, {'public' if public else 'private'}."
    if there.private is public:
        stands, wanted = ("private", "public") if there.private else ("public", "private")
        raise BadInput(
            f"{repo} is there already, and is {stands}: it was to be {wanted}.",
            f"Name another, push with --{stands}, or change it on its page.",
        )
    names = {file.rfilename for file in there.siblings or ()}
    others = sorted(names - {file.name for file in plan.files} - {*OF_THE_HUB})
    if others:
        some = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if others[4:] else "")
        raise BadInput(
            f"{repo} is there already and holds other files: {some}. Nothing was sent.",
            "Name a repository of its own for this model.",
        )
    return f"{repo} is there already, {'public' if public else 'private'}; this goes into it."


@contextmanager
def _refusals_told(repo: str) -> Iterator[None]:
    """Say in a sentence what the Hub, or the way to it, refused."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled as error:
        raise BadInput(
            "HF_HUB_OFFLINE is set: nothing may be sent to the Hub.", "Unset it to push."
        ) from error
    except HfHubHTTPError as error:
        raise _refused(repo, error.response.status_code, error) from error
    except (HTTPError, OSError) as error:
        raise JobFailed(
            f"The Hugging Face Hub cannot be reached: {_first_line(error)}.", f"Then: {AGAIN}"
        ) from error
    except ValueError as error:
        told = f"The Hub and its client did not agree: {_first_line(error)}."
        raise JobFailed(told, AGAIN) from error


def _refused(repo: str, status: int, error: Exception) -> UserError:
    if status == 401:
        return BadInput("The Hub does not take the token (401).", f"{TOKENS}, then log in again.")
    if status == 403:
        owner = repo.partition("/")[0]
        return BadInput(
            f"The token may not write to {repo} (403).",
            f"It needs write access, and you need to be {owner} or in that organisation.",
        )
    return JobFailed(f"The Hub refused with {status}: {_first_line(error)}.", AGAIN)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
