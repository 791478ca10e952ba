"""The way in: folders of images, tables and arrays become NNC data sets.

Reading comes first (`image_folder`, `source_table` with `text_encoding` and `delimited`, `array_archive`), then every
column is judged (`column_cells`, `input_column`, `label_plan`), the rows are dealt out (`row_parts`), and the result is
one `ImportedData`, which `workflow.import_data` writes. Every decision that was taken for the user is a sentence of it.

Pandas is imported in this room and in `frames` only: a click on a plugin never waits for it.
"""
