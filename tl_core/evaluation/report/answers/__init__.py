"""What each task tells of its answers in a report: a module each, and a line in `registry`."""
