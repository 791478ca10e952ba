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


# Lower bounds are the oldest versions that the smoke suite passes with, on Python 3.8; `make test-oldest` installs
# exactly these. Raise one only together with what needs it.
CORE = [
    "nnabla>=1.35",  # the newest for macOS; 1.39 elsewhere
    "numpy>=1.23,<2",  # NNabla pins it more closely, by Python version
    "scipy>=1.8",
    "h5py>=3.5",  # older ones never write the same bytes twice
    "pillow>=9.1",
    "protobuf>=3.19",
    # Data sets of tables and data frames, see `dataset.importing` and `frames`.
    "pandas>=1.3",
    "threadpoolctl>=3.1",
    "tqdm>=4.40",
]
REPORT = ["jinja2>=3.0", "markupsafe>=2.0", "matplotlib>=3.7"]
EVALUATION = ["scikit-learn>=1.0"]
DASK = ["dask>=2022.5", "distributed>=2022.5"]
TYPES = ["mypy>=1.11", "pandas-stubs", "types-tqdm"]
# mkdocstrings (1.0.6 is the newest) cannot highlight with pymdown-extensions 12.
DOCS = [
    "mkdocs>=1.6,<2",
    "mkdocs-material>=9.5",
    "mkdocstrings>=0.26",
    "mkdocstrings-python>=1.11",
    "pymdown-extensions>=10.2,<12",
]
# Enough for the smoke suite.
TEST = ["pytest>=7.3", "pytest-xdist>=3.3", "hypothesis>=6.100", "imageio>=2.16", "pyyaml>=5.4"]
SCRIPTS = "nnabla_influence.nnc.plugins"

setup(
    name="nnabla-influence",
    version=read_version(),
    description="Influence of every training sample on the validation loss, for NNabla networks",
    long_description=read_readme(),
    long_description_content_type="text/markdown",
    author="The nnabla_influence developers",
    project_urls={"Paper": "https://arxiv.org/abs/2103.11807", "NNabla": "https://nnabla.org"},
    license="Apache-2.0",
    license_files=["LICENSE"],
    # The scripts for Neural Network Console lie in a folder of their own and are data of the wheel.
    packages=[*find_packages(include=["nnabla_influence", "nnabla_influence.*"]), SCRIPTS],
    package_dir={SCRIPTS: "plugins"},
    package_data={"nnabla_influence": ["py.typed", "dataset/digits.*", "report/templates/*"], SCRIPTS: ["_*/**/*.py"]},
    # NNabla publishes wheels for these versions only.
    python_requires=">=3.8,<3.11",
    install_requires=CORE,
    extras_require={
        "report": REPORT,
        "evaluation": EVALUATION,
        "dask": DASK,
        "all": REPORT + EVALUATION + DASK,
        "cuda110": ["nnabla-ext-cuda110"],
        "cuda116": ["nnabla-ext-cuda116"],
        "cuda120": ["nnabla-ext-cuda120"],
        "docs": DOCS,
        "test": TEST,
        "types": TYPES,
        "dev": [
            *TEST,
            "ruff",
            *TYPES,
            "playwright",
            "wheel",
        ],
    },
    entry_points={"console_scripts": ["nnabla-influence = nnabla_influence.__main__:run"]},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "License :: OSI Approved :: Apache Software License",
        "Natural Language :: English",
        "Operating System :: MacOS",
        "Operating System :: Microsoft :: Windows",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.8",
        "Programming Language :: Python :: 3.9",
        "Programming Language :: Python :: 3.10",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
