"""Packaging of nnabla_influence; settings of the tools are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent


def read_version():
    """Read the version without importing the package, whose dependencies may not be installed yet."""
    text = (HERE / "nnabla_influence" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE).group(1)


def read_readme():
    """Return the long description; a checkout without README still installs."""
    readme = HERE / "README.md"
    return readme.read_text(encoding="utf-8") if readme.exists() else ""


REPORT = ["jinja2", "matplotlib"]
EVALUATION = ["scikit-learn"]
DASK = ["dask", "distributed"]
SCRIPTS = "nnabla_influence.nnc.plugins"

setup(
    name="nnabla-influence",
    version=read_version(),
    description="Influence of every training sample on the validation loss, for NNabla networks",
    long_description=read_readme(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    # The scripts for Neural Network Console lie in a folder of their own and are data of the wheel.
    packages=[*find_packages(include=["nnabla_influence", "nnabla_influence.*"]), SCRIPTS],
    package_dir={SCRIPTS: "plugins"},
    package_data={"nnabla_influence": ["py.typed", "dataset/digits.*", "report/templates/*"], SCRIPTS: ["_*/**/*.py"]},
    # NNabla publishes wheels for these versions only.
    python_requires=">=3.8,<3.11",
    # SciPy, Pillow and protobuf come with nnabla, which also pins NumPy by Python version.
    install_requires=["nnabla", "numpy<2", "h5py", "pandas", "threadpoolctl", "tqdm"],
    extras_require={
        "report": REPORT,
        "evaluation": EVALUATION,
        "dask": DASK,
        "all": REPORT + EVALUATION + DASK,
        "cuda110": ["nnabla-ext-cuda110"],
        "cuda116": ["nnabla-ext-cuda116"],
        "cuda120": ["nnabla-ext-cuda120"],
        "dev": [
            "pytest",
            "pytest-xdist",
            "ruff",
            "mypy",
            "pandas-stubs",
            "pyyaml",
            "types-tqdm",
            "playwright",
            "wheel",
        ],
    },
    entry_points={"console_scripts": ["nnabla-influence = nnabla_influence.cli.main:main"]},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3.8",
        "Programming Language :: Python :: 3.9",
        "Programming Language :: Python :: 3.10",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
