"""Graft's own files (.graft): what may lie in them, written once, and checked in full before use."""
