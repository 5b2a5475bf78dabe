"""Submissions of strangers against each other: the contract, the sandbox, matches, tournaments.

`contract` says what a submission promises, `sandbox` runs one so that it can do no harm,
`submission` checks a single one. `match` has the rules of a battle and `play` plays one; `bracket`
and `round_robin` draw a tournament, `hold` holds it, `results` and `page` show what came of it.
"""
