"""What lies around a model that is served in a container: its recipe, what it installs, how it is started."""
