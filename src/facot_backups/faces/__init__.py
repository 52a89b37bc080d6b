"""What people and programs touch: the command line, the Python API, the panel, the scheduler, services, alerts."""
