"""Read a record out of documents, whatever kind of record.

Candidates, a model as one reader among others, grounding, proof and confidence.
"""
