"""Read a record out of documents, whatever its kind: candidates, grounding, proof, confidence, a model."""
