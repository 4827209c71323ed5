"""The program that a check of the network runs on every node: an all-reduce of growing messages, timed.

It is sent inside the job and needs Python 3.8 of the job's image; each module is written so. The table that it
prints is that of nccl-tests (https://github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md).
"""
