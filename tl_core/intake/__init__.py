"""From what a person brings (folders, archives, tables) to a data set, and nothing of it trusted."""
