"""A case, a step, the plan that orders steps, what results claim, and a run in memory."""
