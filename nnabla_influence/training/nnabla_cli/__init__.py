"""An imitation of ``nnabla_cli train``: its data iterator, its monitors, its learning curve.

A project that was trained by NNabla's own command is repeated as it was: the same rows in the same batches, the same
monitors on the same data, the same choice of the best epoch. Our own trainings draw every sample once an epoch instead
and need none of this. Importing this package loads nothing; import from its modules.
"""
