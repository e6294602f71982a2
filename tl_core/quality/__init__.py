"""What is wrong with a data set's pictures, and what to do about it."""
