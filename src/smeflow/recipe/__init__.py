"""A recipe: from YAML, every problem told at its line, to a plan that runs; the workspace around it."""
