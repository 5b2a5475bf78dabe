"""Pipelines that are run again and again: their cron expressions, and how they are made."""
