"""Small damage to good data, drawn by Hypothesis."""

from hypothesis import strategies as st

damage = st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=3)), min_size=1, max_size=12)
"""Where bytes are overwritten, as a share of the whole, and with what; nothing means that a byte goes."""


def damaged(data: bytes, changes: list[tuple[float, bytes]]) -> bytes:
    """Give *data* with *changes* made."""
    for place, piece in changes:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + max(1, len(piece)) :]
    return data
