"""Families of layouts: ``TRAIN`` to learn from, ``TUNE`` to choose by, ``FAMILIES`` both."""

from families.compose import family
from families.mixed import MIXED
from families.plans import TRAIN_PLANS, TUNE_PLANS
from families.typst_pages import TYPST_TRAIN, TYPST_TUNE

TRAIN = {name: family(plan) for name, plan in TRAIN_PLANS.items()} | MIXED | TYPST_TRAIN
TUNE = {name: family(plan) for name, plan in TUNE_PLANS.items()} | TYPST_TUNE
FAMILIES = TRAIN | TUNE
