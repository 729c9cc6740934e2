"""The one small language of conditions, columns and filters."""
