"""What the project costs, measured beside what a user would do without it and beside the limit."""
