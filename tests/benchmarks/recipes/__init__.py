"""A study of fine-tuning recipes."""
