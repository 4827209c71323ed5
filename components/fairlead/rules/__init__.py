"""Rules: what a platform's resources must keep to, as pure functions of plain data.

`model` says what a rule is, `book` has them all, `judge` holds resources, a plan and changes against them. The same
functions serve components when they are built, the policy pack, `fairlead check policies` and `fairlead preview`.
"""
