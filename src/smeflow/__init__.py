"""Turn the repetitive office work of a small firm into tested, durable workflows around a language model."""
