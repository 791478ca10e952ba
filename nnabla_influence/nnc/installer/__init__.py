"""Brings the plugins into Neural Network Console, says whether they are complete there, and removes them."""
