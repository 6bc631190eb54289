"""Nouns that everybody uses: errors, types, typed settings, paths, the device, small arithmetic."""
