"""Teach the starter backbone what a larger ImageNet network sees, from unlabelled pictures."""
