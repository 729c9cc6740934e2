"""Plain sentences made of facts where no model writes: a file a language."""
