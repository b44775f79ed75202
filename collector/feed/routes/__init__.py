"""What may be asked, one module a topic; each has a `router`."""
