"""Execute the notebook again, in place: ``python samples/notebook/execute.py``.

Needs ``pip install nbclient ipykernel`` beside this package and its extras.
"""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).with_name("digits.ipynb")
# Of the moment, so they would change with every execution: when a cell ran, and log lines with the time of day.
TIMES = "execution"
LOG = "stderr"


def main():
    """Run every cell in a fresh kernel and keep what it shows."""
    notebook = nbformat.read(str(NOTEBOOK), as_version=4)
    NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop(TIMES, None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != LOG]
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, str(NOTEBOOK))
    print(f"{NOTEBOOK}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells executed")


if __name__ == "__main__":
    main()
