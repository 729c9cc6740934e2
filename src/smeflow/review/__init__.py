"""Decisions of people: what waits for them, what they may decide, and corrections with their checks."""
