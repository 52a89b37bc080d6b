"""What people and programs touch: command line, Python API, panel, scheduler, services, alerts."""
