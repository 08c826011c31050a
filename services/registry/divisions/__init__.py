"""Administrative divisions (GB/T 2260) with the editions between which each entry stood."""
