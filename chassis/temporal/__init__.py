"""History of resources: valid time in business dates, recorded time in the sequencer's stamps."""
