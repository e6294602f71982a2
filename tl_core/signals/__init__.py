"""What workers and those who watch them tell each other: files in the folder of the work."""
