"""An LLM around an LLM, from outside in: Resident, Redacted, Journaled, Cached, Retrying, Budgeted.

`stack` puts them round a model in this order.
"""
