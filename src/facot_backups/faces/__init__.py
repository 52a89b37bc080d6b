"""What people and programs touch: the command line, the Python API, later the service and the panel."""
