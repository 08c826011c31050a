"""The change feed (CloudEvents 1.0): outbox, sequencer, what readers see, consumers, replicas."""
