"""Decisions of people about items.

What waits, what may be decided, and corrected values with their checks run again.
"""
