"""What survives a restart: database, settings, keys and folders."""
