"""What a training will take and bring, said before it starts."""
