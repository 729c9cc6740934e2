"""Sort a case under one label of a closed list, by rules, words, likeness to examples, or a model."""
