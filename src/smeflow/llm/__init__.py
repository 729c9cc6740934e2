"""One verb, and all that is known of models: providers, prices, wrappers, checked answers."""
