"""What both engines do with an app's files: reading its Dockerfile, packing and unpacking, following output. Knows no engine."""
