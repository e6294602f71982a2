"""Work that leaves the web process: started, watched, ended."""
