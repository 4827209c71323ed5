"""The rules as a policy pack of Pulumi: the engine shows it every resource, in whatever program it is declared.

It speaks the engine's protocol itself (pulumi/analyzer.proto of sdk/v3 v3.255.0): docs/adr/0061 says why.
"""
