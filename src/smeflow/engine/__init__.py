"""Run a recipe durably.

Set a run up, take each item as far as it can go, bring the outputs up to date, redo, deliver, watch.
"""
