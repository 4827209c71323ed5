"""What a change of a stack does, before any cloud is asked: verdicts, reasons and reports. Pure."""
