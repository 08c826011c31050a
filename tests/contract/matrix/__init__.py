"""Every operation of the contract, called by every role from every place."""
