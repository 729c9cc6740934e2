"""A report as it is printed: its elements, its layout, its charts, and one file a format."""
