"""What answers are worth, in plain NumPy, and how far each number can be trusted."""
