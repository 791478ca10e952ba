"""Data sets: NNC CSVs as text and as numbers, the plan of batches, label noise, and embedded real data.

Importing this package loads nothing; import from its modules: `csv` (the text and its grammar), `arrays` (`Dataset`),
`batches` (which samples at which step), `noise` (wrong labels on purpose), `digits` (1,797 handwritten digits) and
`store` (the data cache on disk).
"""
