#!/usr/bin/env python3
"""The policy pack: all rules of fairlead.rules. What it does lies in fairlead.pack."""

from __future__ import annotations

from fairlead.pack.service import serve

serve()
