"""HTTP for every service: calls, transfers, downloads and the rules about addresses."""
