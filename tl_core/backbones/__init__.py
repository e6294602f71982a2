"""Pretrained networks: what is known of each, where it can be cut, its weights."""
