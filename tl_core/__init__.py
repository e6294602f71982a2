"""Graft's core: everything that is not a page. It never imports Streamlit."""
