"""The judge of everything declared on Azure: references that neither the program nor its author wrote."""
