"""The service's protocol served on this machine, with clips that are really rendered."""
