"""Submissions of strangers against each other: the contract, the sandbox, matches, tournaments.

`contract` says what a submission promises, `sandbox` runs one so that it can do no harm, `match`
has the rules of a battle, `tournament` the bracket, `submission` checks a single one.
"""
