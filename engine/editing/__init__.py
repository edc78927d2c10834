"""What an editor does with a profile: correct it, question it, forget a part of it, start one.

Front ends call these. Each takes the data directory first, may be called from any thread, and makes
at most one change, which undo takes back; only forgetting is for good.
"""

from engine.editing.by_hand import clone_reader, new_reader
from engine.editing.comparing import Difference, compare
from engine.editing.dated import Dated, timeline
from engine.editing.forgetting import ForgottenReview, Mention, TraitChange, forget_review
from engine.editing.influence import Influence, carried_by_one_review, influence
from engine.editing.overrides import accept_trait, clear_override, mark_unknown, set_trait
from engine.editing.quoted import quotes_in_review
from engine.editing.sensitive import switch_sensitive

__all__ = [
    "Dated",
    "Difference",
    "ForgottenReview",
    "Influence",
    "Mention",
    "TraitChange",
    "accept_trait",
    "carried_by_one_review",
    "clear_override",
    "clone_reader",
    "compare",
    "forget_review",
    "influence",
    "mark_unknown",
    "new_reader",
    "quotes_in_review",
    "set_trait",
    "switch_sensitive",
    "timeline",
]
