"""What is to be learnt, and the exact solution of the last layer."""
