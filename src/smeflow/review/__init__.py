"""Decisions of people about items: what waits, and what may be decided."""

from smeflow.review.decide import approve, ask_again, correct, reject, relabel
from smeflow.review.waiting import waiting

__all__ = ["approve", "ask_again", "correct", "reject", "relabel", "waiting"]
