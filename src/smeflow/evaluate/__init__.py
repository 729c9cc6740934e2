"""Measure a recipe against the truth.

Accuracy, silent errors, calibration, a threshold for review, and what corrections teach.
"""
