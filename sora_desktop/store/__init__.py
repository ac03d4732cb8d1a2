"""Everything that survives a restart: database, settings, keys and folders."""
