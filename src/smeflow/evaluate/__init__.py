"""Measure a recipe against the truth: accuracy, silent errors, calibration, thresholds."""
