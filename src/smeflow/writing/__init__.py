"""Prose: facts and reports as data, the checks of sentences against them, templates, grammar and prompts."""
