"""What the support of a service needs to know about a job."""
