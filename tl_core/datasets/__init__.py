"""Data sets: what stands in one, how it is divided, and what a person may change in it."""
