"""Sample data made by code, so that every challenge runs with no data given."""
