"""The program that takes accelerators back which nobody uses. It runs in the cluster, as the files of this package.

Python 3.11's standard library alone, and of this product only what is sent along: `labels`, `series`, `values`. `look`
reads what there is, `decide` says what is done about it, `act` does it.
"""
