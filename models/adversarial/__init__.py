"""Training and judging of generative adversarial networks; the networks are in `models/gan.py`.

From raw parts to whole: `losses`, `networks`, `options`, `step` (one step of both networks),
`loop`, `training` (the whole of it), `export` (the SavedModel), `check` (a trial in seconds),
`evaluation` and its page.
"""
