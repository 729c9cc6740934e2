"""Sort a case under one of a closed list of labels, and read what it asks.

Rules, words, likeness to examples, a model.
"""
