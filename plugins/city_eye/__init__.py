"""城市眼: what cameras notice, confirmed by people. See plugin.py."""
