"""The frozen part, run once over the examples; its outputs are kept in tables of rows."""
