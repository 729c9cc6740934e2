"""Measure a recipe against the truth: accuracy, silent errors, calibration, and a threshold for review."""
