"""Training and judging of generative adversarial networks; the networks are in `models/gan.py`.

From raw parts to whole: `losses`, `options`, `step` (one step of both networks), `loop`,
`training` (the whole of it), `export` (the SavedModel), `evaluation` and its page.
"""
