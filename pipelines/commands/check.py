"""`check`: the settings with their origin, and whether a run would find all that it needs."""

import sys

import typer
from pydantic import SecretStr
from rich.console import Console


def check() -> None:
    """Show every setting with where it comes from, and check what they name."""
    from pipelines.settings import origins, try_settings
    from pipelines.submit.findings import show
    from pipelines.submit.preflight import preflight

    console = Console(file=sys.stdout)

    def line(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    settings, wrong_settings = try_settings()
    if settings is None:
        for told in wrong_settings:
            line(f"  {told}")
        raise typer.Exit(1)
    for name, origin in origins().items():
        line(f"  {name.upper():<24} {_shown(getattr(settings, name)):<50} {origin}")
    line("")
    findings = preflight(settings)
    show(findings, console)
    wrong = [finding.name for finding in findings if finding.status == "wrong"]
    if wrong:
        line(f"\n`make submit` would stop: {', '.join(wrong)}")
        raise typer.Exit(1)
    bucket = f"{settings.bucket or 'DATA only, there is no BUCKET'}"
    line(f"\n`make submit PIPELINE=...` would go to {settings.backend}, with data in {bucket}")


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else ""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, dict):
        return ",".join(f"{key}={text}" for key, text in value.items())
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None else str(value)
