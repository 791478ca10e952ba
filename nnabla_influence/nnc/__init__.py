"""Neural Network Console (NNC): a door to the package for people who click.

`host` is how the two products of NNC find, start and read a plugin; `actions` is what a click does; `installer` brings
the plugins into the products. Importing `host.manifest` and `host.protocol` loads the standard library only, because NNC
asks every script for its fields with ``-h`` and waits for the answer.
"""
