"""Run a recipe durably: take each item as far as it can go, bring outputs up to date, redo, watch."""
