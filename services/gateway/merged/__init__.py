"""What every service has alike, as one list: the error catalogue and the vocabularies."""
