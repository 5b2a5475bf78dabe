"""Tests of how measurements are taken and kept."""
