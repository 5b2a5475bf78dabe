"""The exported GAN is used by a process that knows nothing of this project."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from models.adversarial.export import export_gan
from models.adversarial.networks import build_discriminator, build_generator, find_networks

SHAPE = (10, 12, 1)
PIXELS = 120

USE = """
import json, sys
import numpy as np
import tensorflow as tf

model = tf.saved_model.load(sys.argv[1])
noise, images = np.load(sys.argv[2]).values()
generate, discriminate = (model.signatures[name] for name in ("generate", "discriminate"))
out = generate(noise=tf.constant(noise))
told = discriminate(input_batch_raw=tf.constant(images))
again = generate(noise=tf.constant(noise))

def operations(graph):
    found = {node.op for node in graph.node}
    return found | {node.op for function in graph.library.function for node in function.node_def}

print(json.dumps({
    "signatures": {name: [
        [[v.name.partition(":")[0], v.shape.as_list(), v.dtype.name] for v in function.inputs
         if v.dtype != tf.resource],
        {name: [v.shape.as_list(), v.dtype.name] for name, v in
         function.structured_outputs.items()}] for name, function in model.signatures.items()},
    "images": out["generated_images"].numpy().tolist(),
    "probabilities": told["p_for_data"].numpy().tolist(),
    "same": np.array_equal(out["generated_images"], again["generated_images"]),
    "operations": sorted(operations(generate.graph.as_graph_def())
                         | operations(discriminate.graph.as_graph_def())),
    "project": [name for name in sys.modules if name.startswith(("models", "preprocessing"))],
}))
"""


def test_a_fresh_process_generates_and_discriminates_as_the_networks_do(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    networks = find_networks("models.gan", "Dcgan")
    generator = build_generator(networks, SHAPE, "")
    discriminator = build_discriminator(networks, SHAPE, "")
    for _ in range(2):  # the second time over the first
        export_gan(generator, discriminator, tmp_path / "model")
    rng = np.random.default_rng(0)
    noise = rng.uniform(-1, 1, (3, 100)).astype(np.float32)
    images = rng.uniform(0, 1, (2, PIXELS)).astype(np.float32)
    np.savez(tmp_path / "given.npz", noise, images)
    done = subprocess.run(
        [sys.executable, "-c", USE, tmp_path / "model" / "saved_model", tmp_path / "given.npz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)

    assert found["signatures"] == {
        "generate": [
            [["noise", [None, 100], "float32"]],
            {"generated_images": [[None, PIXELS], "float32"]},
        ],
        "discriminate": [
            [["input_batch_raw", [None, PIXELS], "float32"]],
            {"p_for_data": [[None, 1], "float32"]},
        ],
    }
    assert found["same"]
    assert found["project"] == []
    assert not [name for name in found["operations"] if "Random" in name or "Assign" in name]

    kept = {
        name: keras.saving.load_model(tmp_path / "model" / f"{name}.keras", compile=False)
        for name in ("generator", "discriminator")
    }
    expected = kept["generator"].predict(noise, verbose=0).reshape(3, PIXELS)
    np.testing.assert_allclose(found["images"], expected, atol=1e-6)
    logits = kept["discriminator"].predict(images.reshape(-1, *SHAPE), verbose=0)
    np.testing.assert_allclose(found["probabilities"], 1 / (1 + np.exp(-logits)), atol=1e-6)
