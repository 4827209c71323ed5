"""The judge of everything declared on AWS, from references that the product's authors did not write."""
