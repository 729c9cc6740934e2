"""What is durable: items, calls, results, decisions, effects. Nothing here parses a document."""
