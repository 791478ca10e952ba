"""Neural Network Console: the plugins' manifest, their options, their installation, and what they do when clicked.

Importing `manifest`, `protocol`, `manual`, `install` and `desktop` loads the standard library only, because Neural
Network Console (NNC) asks every script for its fields with ``-h`` and waits for the answer.
"""
