"""Families of invoices that no reader of invoices was made with; see the folder above."""

import inspect

from drawing import Family

from families import (
    alps,
    belgium,
    france_services,
    france_trade,
    germany_services,
    germany_trade,
    guests,
    iberia,
    islands,
    italy,
    netherlands,
    papers_of_months,
    poland,
)

MODULES = (
    france_trade,
    france_services,
    germany_trade,
    germany_services,
    alps,
    belgium,
    netherlands,
    papers_of_months,
    islands,
    italy,
    iberia,
    poland,
    guests,
)
FAMILIES: dict[str, Family] = {
    name: family
    for module in MODULES
    for name, family in vars(module).items()
    if inspect.isfunction(family) and family.__module__ == module.__name__ and not name.startswith("_")
}
