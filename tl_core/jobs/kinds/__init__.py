"""One module for each kind of job; `jobs.registry` lists them."""
