"""Reports for the support of a service, and the raw exchanges that they contain."""
