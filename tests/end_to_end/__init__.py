"""The whole platform, as its users reach it: processes, ports, the gateway."""
