"""Containers of arrays and files - ZIP, ``.npy``, ``.npz``, HDF5 - read as a stranger's.

Whoever is sent a network or a cache has no reason to trust it. What is declared is checked against what is there before
anything is unpacked, nothing is unpickled, nothing is written to the disk on the way, and no link leads to another
file. A `CorruptFileError` says in one sentence what is wrong; its caller adds the name of the file.
"""
