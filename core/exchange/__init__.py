"""进出 imports and exports: declared by plugins, made and looked after here."""
