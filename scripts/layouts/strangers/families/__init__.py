"""Families of stranger invoices for the sealed test."""

from drawing import Family

from . import benelux, english, france, france_services, germany, iberia, italy, narrow, poland, swiss

MODULES = (france, france_services, germany, swiss, english, benelux, italy, iberia, poland, narrow)

FAMILIES: dict[str, Family] = {name: family for module in MODULES for name, family in module.FAMILIES.items()}
"""Every family by name."""
