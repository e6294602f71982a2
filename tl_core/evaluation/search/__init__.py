"""The automatic choice: which settings to try on a data set, for how long, and which to take in the end.

Numbers only: what is tried is trained by `jobs.kinds.search`.
"""
