"""The audit trail: written with each change, chained by the sequencer, signed, verified off line."""
