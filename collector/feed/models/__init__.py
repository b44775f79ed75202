"""What the API answers and takes, one module a topic; times are Unix ms."""
