"""The part of NNC Desktop that knows plugins, written again from the contract (no code of ours is used).

make_database(path)                                   # the tables of version 0.2 that matter, Grad-CAM among the rows
offered(path)                                         # what the context menu shows
command(row, result_folder, values)                   # the arguments a click passes; empties the output
shown(row, arguments)                                 # the file that the editor shows when the plugin has ended
datasets(path)                                        # the list of data sets
page(path, number, row, column)                       # ten rows and columns of one, as its table shows them
listed(row, arguments)                                # what it lists under "Others"
"""

import csv
import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

SAMPLE_TENANT = "ccbf15a0-bcb6-4ba6-b10e-27fc877c4348"
USER_TENANT = "11111111-2222-4333-8444-555555555555"
SCHEMA = """
CREATE TABLE tenants (tenant_id VARCHAR(36) NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL);
CREATE TABLE plugins (
    update_datetime DATETIME NOT NULL, create_datetime DATETIME NOT NULL,
    plugin_id VARCHAR(36) NOT NULL PRIMARY KEY, owner_tenant_id VARCHAR(36) NOT NULL,
    plugin_name VARCHAR(255) NOT NULL, plugin_file VARCHAR(255) NOT NULL, parameters TEXT NOT NULL,
    description TEXT NOT NULL, computing_service VARCHAR(255), deleted INTEGER NOT NULL,
    FOREIGN KEY (owner_tenant_id) REFERENCES tenants (tenant_id));
CREATE TABLE users (
    update_datetime DATETIME NOT NULL, create_datetime DATETIME NOT NULL,
    user_id INTEGER NOT NULL PRIMARY KEY, tenant_id VARCHAR(36) NOT NULL, nickname VARCHAR(255) NOT NULL,
    FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id));
CREATE TABLE datasets (
    update_datetime DATETIME NOT NULL, create_datetime DATETIME NOT NULL,
    dataset_id INTEGER NOT NULL PRIMARY KEY, tenant_id VARCHAR(36) NOT NULL, owner_user_id INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL, storage_used INTEGER NOT NULL, extract_progress INTEGER NOT NULL,
    cache_progress INTEGER NOT NULL, cache_status INTEGER NOT NULL, data_num INTEGER NOT NULL, column_num INTEGER,
    header TEXT, status INTEGER NOT NULL, error_code INTEGER, upload_prefix VARCHAR(64), copy_status INTEGER NOT NULL,
    original INTEGER, hash VARCHAR(128), deleted INTEGER NOT NULL, description TEXT,
    FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id), FOREIGN KEY (owner_user_id) REFERENCES users (user_id));
CREATE TABLE dataset_metadatas (
    update_datetime DATETIME NOT NULL, create_datetime DATETIME NOT NULL,
    metadata_id INTEGER NOT NULL PRIMARY KEY, dataset_id INTEGER NOT NULL, item_name VARCHAR(64) NOT NULL,
    text_value VARCHAR(512) NOT NULL);
"""
TIMES = ("2024-01-01 00:00:00.000000", "2024-01-01 00:00:00.000000")
GRAD_CAM = (
    "2024-01-01 00:00:00.000000", "2024-01-01 00:00:00.000000", "7de3c778-849b-48bf-8fb5-3956fd22f98f", SAMPLE_TENANT,
    "Grad-CAM", f"plugins/{SAMPLE_TENANT}/gradcam.py", '[{"name": "output", "direction": "output"}]', "text", None, 0,
)  # fmt: skip
NAME = r"[a-zA-Z0-9_ !#$%&'()+,.\-=@\[\]^`{}~]"
ALLOWED = {"path": NAME + r"{1,64}", "str": NAME + r"{1,128}", "int": r"-?\d+", "select": r"\d+,\d+"}
PICTURES = {".bmp", ".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff"}


def make_database(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(str(path))) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.executescript(SCHEMA)
        database.executemany("INSERT INTO tenants VALUES (?, ?)", [(SAMPLE_TENANT, "sample"), (USER_TENANT, "me")])
        database.execute("INSERT INTO users VALUES (?, ?, 1, ?, 'me')", (*TIMES, USER_TENANT))
        database.execute(f"INSERT INTO plugins VALUES ({','.join('?' * 10)})", GRAD_CAM)
        database.commit()
    return path


def dump(path: Path):
    """Everything in the database."""
    with closing(sqlite3.connect(str(path))) as database:
        return list(database.iterdump())


def execute(path: Path, sql: str):
    with closing(sqlite3.connect(str(path))) as database:
        database.executescript(sql)


def offered(path: Path):
    """The rows the menu shows to the user, oldest first, parameters as values."""
    with closing(sqlite3.connect(str(path))) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute(
            "SELECT * FROM plugins WHERE owner_tenant_id IN (?, ?) ORDER BY create_datetime",
            (SAMPLE_TENANT, USER_TENANT),
        ).fetchall()
    return [{**dict(row), "parameters": json.loads(row["parameters"])} for row in rows]


def command(row, result_folder: Path, values=None):
    """The arguments that a click passes to the script, after the checks of the GUI; the output exists, empty.

    Values are passed as they were typed. Whatever an earlier click left in the output is gone before the script starts.
    """
    suffix, arguments, outputs, values = None, [], [], values or {}
    fixed = {parameter["name"] for parameter in row["parameters"] if parameter.get("readonly")}
    assert not fixed & set(values), "a field that is shown grey cannot be edited"
    for parameter in row["parameters"]:
        value = values.get(parameter["name"], parameter["default"])
        assert re.fullmatch(ALLOWED[parameter["format"]], value), f"invalid {parameter['name']}: {value!r}"
        if parameter["direction"] == "output":
            outputs.append((len(arguments) + 1, value))
        elif parameter["format"] == "select":
            value = str(clicked(result_folder, value))
            suffix = Path(value).suffix
        elif parameter["format"] == "path":
            value = str(result_folder / value)
            suffix = Path(value).suffix
        arguments += ["--" + parameter["name"], value]
    ((position, name),) = outputs
    output = result_folder / "plugins" / row["plugin_id"] / name / (name + suffix)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(b"")
    arguments[position] = str(output)
    return arguments


def clicked(result_folder: Path, cell: str):
    """The copy that NNC Desktop makes of the clicked cell, row and column counted from 0; it must be a picture."""
    row, column = map(int, cell.split(","))
    evaluated = result_folder / "validation.csv"
    with evaluated.open(newline="", encoding="utf-8") as stream:
        file = evaluated.parent / list(csv.reader(stream))[1 + row][column]
    assert file.suffix in PICTURES, "NNC Desktop answers with an error where no picture was clicked"
    copy = result_folder / "plugins" / f"plugin_{row}_{column}{file.suffix}"
    copy.parent.mkdir(exist_ok=True)
    shutil.copyfile(str(file), str(copy))
    return copy


def shown(row, arguments):
    """The file that the editor shows: that of the parameter called exactly ``output``."""
    names = [parameter["name"] for parameter in row["parameters"] if parameter["direction"] == "output"]
    assert names == ["output"], f"the editor looks for 'output' and would wait for ever for {names}"
    return Path(arguments[arguments.index("--output") + 1])


def listed(row, arguments):
    """The files that the editor lists under "Others": each right in the folder of the output, all by its name."""
    return sorted(path.name for path in shown(row, arguments).parent.iterdir() if path.is_file())


def datasets(path: Path):
    """The list of data sets: number, name, state, progress, samples, columns, header; the deleted are not in it."""
    with closing(sqlite3.connect(str(path))) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM datasets WHERE deleted = 0 ORDER BY create_datetime").fetchall()
    states = {3: "failed", 4: "completed"}
    for row in rows:
        datetime.strptime(row["update_datetime"], "%Y-%m-%d %H:%M:%S.%f")
    return [
        {
            "number": row["dataset_id"],
            "name": row["name"],
            "state": states.get(row["status"] if row["status"] == row["cache_status"] else 0, "extracting"),
            "progress": (row["extract_progress"] + row["cache_progress"]) // 2,
            "samples": row["data_num"],
            "columns": row["column_num"],
            "header": row["header"],
        }
        for row in rows
    ]


def index(path: Path, number: int) -> Path:
    """The CSV that a training on a data set reads."""
    return path.parents[1] / "nncd-datasets-rdc" / USER_TENANT / str(number) / "index.csv"


def page(path: Path, number: int, row: int, column: int):
    """Ten rows and ten columns of a data set: for each cell its type and its data."""
    (dataset,) = [dataset for dataset in datasets(path) if dataset["number"] == number]
    assert dataset["state"] == "completed", "there is no referable result"
    assert 0 <= row < dataset["samples"] and 0 <= column < dataset["columns"], "index out of range"
    file = index(path, number).parent / "page" / f"index_{column}_{row}.cache.json"
    return [[(cell["type"], cell["data"]) for cell in cells] for cells in json.loads(file.read_text(encoding="utf-8"))]
