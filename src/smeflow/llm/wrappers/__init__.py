"""An LLM around an LLM, from outside in: Resident, Redacted, Journaled, Cached, Retrying, Budgeted."""
