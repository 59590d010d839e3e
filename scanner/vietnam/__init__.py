"""Language and law of Việt Nam as data with sources; no images."""
