"""Recipes to start from, as text; ``smeflow init`` copies one."""
