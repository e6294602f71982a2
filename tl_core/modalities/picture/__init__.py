"""Pictures: how one is opened, resized, stored and told from its copies."""
