"""What each task adds to the program of a training; `registry` lists them."""
