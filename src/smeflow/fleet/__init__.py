"""Many machines on one ledger: who leads a recipe, who works on which item, and what becomes of the dead."""
