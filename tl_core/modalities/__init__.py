"""Kinds of examples, one folder each."""
