"""What people can take home, one module a format; `registry.FORMATS` lists them all."""
