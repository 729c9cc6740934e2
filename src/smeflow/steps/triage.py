"""Sort a case under one of a closed list of labels: rules first, then examples, then a model."""
