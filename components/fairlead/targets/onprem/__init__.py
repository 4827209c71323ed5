"""A cluster that others have built: taken over as it is, made to keep the contract, given back as it was."""
