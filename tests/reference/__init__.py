"""Everything that the stacks declare, judged by references that the product's authors did not write."""
