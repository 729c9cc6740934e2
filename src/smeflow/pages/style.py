"""Colours and measures of charts and pages. A colour never says alone what it says.

The colours differ in lightness as well as in hue, so that they are told apart by people who see no red or no
green, and in grey; each has a contrast of at least 3 to 1 against white.
"""

INK = "#1d2733"
SOFT = "#5b6673"
LINE = "#d5dbe1"
PALE = "#f3f6f8"
ACCENT = "#12436d"
SERIES = ("#12436d", "#28a197", "#801650", "#e4591a", "#3d3d3d", "#9578c9")
RISE, FALL, WHOLE = "#12436d", "#e4591a", "#5b6673"
HEAT = ("#eef4f8", "#c3d9e8", "#86b3d1", "#3f7fae", "#12436d")
FONT = "Inter"
FONTS = f"{FONT}, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
WIDTH = 710
"""Of a chart with its margins, in pixels; on paper it takes the width of the text."""
