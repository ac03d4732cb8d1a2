"""HTTP for every service: clients, transfers, downloads, origin rules."""
