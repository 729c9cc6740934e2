"""The facts of a month, for what is written about them."""

from support.october import english, french, october

__all__ = ["english", "french", "october"]
