"""The house itself: imports never run in circles, and no file grows long without saying why."""
