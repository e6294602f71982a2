"""Bundled examples, made by our own code."""
