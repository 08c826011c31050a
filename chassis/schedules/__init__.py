"""What is done by the clock: declared by services, run by one of their replicas."""
