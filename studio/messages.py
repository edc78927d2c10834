"""What widgets and workers tell the screens and the app, as facts in the past tense."""

from dataclasses import dataclass

from textual.message import Message

from engine.domain import Evidence
from models.events import Failed, Finished


@dataclass
class WorkEnded(Message):
    """A piece of long work that was under way in this session came to its end."""

    key: str
    """The run's id, or `profile:READER`."""
    work_title: str
    outcome: Finished | Failed


@dataclass
class QuoteOpened(Message):
    """The editor asked for the whole review behind a quote."""

    evidence: Evidence


@dataclass
class AnswerEnded(Message):
    """One pane of the preview has its whole answer, was stopped, or failed."""

    pane_id: str
