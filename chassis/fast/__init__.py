"""The few hot reads, answered without the ORM and the model layer; see docs/decisions."""
