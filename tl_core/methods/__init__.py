"""Ways of training: what each brings besides the data set, one module for each and a registry."""
