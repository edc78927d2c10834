"""Errors a person can act on. Everything else is a bug and shows its traceback."""

from typing import ClassVar


class UserError(Exception):
    """Something the person at the keyboard can mend: what happened, and what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class BadInput(UserError):
    """A file, an argument or a value that is not what was asked for; nothing was changed."""

    exit_code: ClassVar[int] = 2


class JobFailed(UserError):
    """Work that was started and could not be finished; what it had finished is kept."""


class RequestRefused(UserError):
    """A model's server takes no such request; it may well take another."""
