"""The contract as a whole, on one running platform: who may call what, and what any bytes are answered."""
