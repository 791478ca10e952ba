"""A hook of MkDocs: pages and pictures that lie elsewhere in the repository become part of the site.

The READMEs of the samples and the manual of the plugins are read on GitHub too, beside what they describe. They keep
their place and their relative links; this hook adds them to the site under the same names.
"""

from pathlib import Path
from typing import Optional

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = ("samples/*/README.md", "samples/*/results/*.png", "plugins/README*.md", "plugins/pictures/*.png")
# The README of the repository is no page of the site: what it says, the first page says.
HOME = {"](../README.md)": "](../index.md)"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and pictures to those of ``docs/``."""
    for pattern in PATTERNS:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> Optional[str]:
    """Lead links to the repository's README to the first page."""
    for link, replacement in HOME.items():
        markdown = markdown.replace(link, replacement)
    return markdown
