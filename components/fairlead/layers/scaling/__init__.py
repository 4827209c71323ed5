"""The scaling layer: KEDA, which makes services follow requests and accelerator use, to and from zero."""
