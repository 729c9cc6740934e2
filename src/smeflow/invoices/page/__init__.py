"""Read an invoice from its pages without a model: by labels, places and arithmetic."""
