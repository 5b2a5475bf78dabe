"""Self-contained HTML pages of one look: `page.html.jinja` frames them, `page.css` dresses them."""

from pathlib import Path
from typing import Any

import jinja2

from models.curves import percent
from models.pictures import image_uri


def render_page(template: str, **values: Any) -> str:
    """Returns a page: HTML with all styles and pictures in it, and no script.

    Args:
        template: a file that extends `page.html.jinja`, by its path in this folder.
        values: what it shows; texts are escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"percent": percent, "image_uri": image_uri}
    return environment.get_template(template).render(**values)


def write_page(path: str | Path, html: str) -> None:
    """Writes a page under a temporary name and renames it, so that it is whole or not there."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(path)


def duration(seconds: float) -> str:
    """Returns a time such as `42 s`, `7 min 5 s` or `2 h 10 min`."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
