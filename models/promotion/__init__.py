"""Champion and challenger: a new model takes the old one's place only where it proves better.

`comparison` lets both judge the same examples and `decision` weighs what came out; a `registry` (a
folder, or Vertex AI's) keeps the versions and who reigns; `promote` does all of it; `drift`
compares the data that they are trained on.
"""
