"""The exported model is used by a process that knows nothing of this project."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from models.export import export_model
from models.network import build_network, find_network
from preprocessing.examples import Examples
from tests.models.conftest import CLASS_NAMES, IMAGE_SHAPE, pixels_and_labels

PREDICT = """
import json, sys
import numpy as np
import tensorflow as tf

def example(image, image_id):
    features = {"image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image]))}
    if image_id:
        features["image_id"] = tf.train.Feature(
            bytes_list=tf.train.BytesList(value=[image_id.encode()]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()

images = np.load(sys.argv[1])
for folder in sys.argv[2:]:
    model = tf.saved_model.load(folder)
    serve = model.signatures["serving_default"]
    examples = [example(image.tobytes(), str(i or "")) for i, image in enumerate(images)]
    out = serve(example_bytes=tf.constant(examples))
    plain = model.signatures["predict_images"](image=tf.constant(images))
    print(json.dumps({
        "dtypes": {name: value.dtype.name for name, value in out.items()},
        "image_id": [x.decode() for x in out["image_id"].numpy()],
        "class_indexes": out["class_indexes"].numpy().tolist(),
        "predictions": out["predictions"].numpy().tolist(),
        "probabilities": plain["probabilities"].numpy().tolist(),
        "project": [name for name in sys.modules if name.startswith(("models", "preprocessing"))],
    }))
"""


def test_a_fresh_process_predicts_as_the_network_does(
    transform_folder: Path, examples: Examples, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    network = build_network(
        find_network("models.quickdraw", "Logistic"), IMAGE_SHAPE, 3, [70.0], [4000.0]
    )
    classes = {2: 2, 5: 3}  # there are three
    folders = [tmp_path / f"model-{top_k}" for top_k in classes]
    for folder, top_k in zip(folders, classes, strict=True):
        for _ in range(2):  # the second time over the first
            export_model(network, transform_folder, CLASS_NAMES, top_k, folder)
        assert sorted(path.name for path in folder.iterdir()) == [
            "labels.txt",
            "network.keras",
            "saved_model",
        ]
    images, _ = pixels_and_labels(examples, "test")
    np.save(tmp_path / "images.npy", images)
    (tmp_path / "elsewhere").mkdir()
    output = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            PREDICT,
            tmp_path / "images.npy",
            *(folder / "saved_model" for folder in folders),
        ],
        cwd=tmp_path / "elsewhere",
        check=True,
        stdout=subprocess.PIPE,
    ).stdout

    expected = network.predict(images, verbose=0)
    for line, count in zip(output.splitlines(), classes.values(), strict=True):
        found = json.loads(line)
        order = np.argsort(-expected, axis=1, kind="stable")[:, :count]
        assert found["project"] == []
        assert found["dtypes"] == {
            "image_id": "string",
            "class_indexes": "int32",
            "predictions": "float32",
        }
        assert found["image_id"] == [""] + [str(index) for index in range(1, len(images))]
        assert found["class_indexes"] == order.tolist()
        np.testing.assert_allclose(found["probabilities"], expected, atol=1e-6)
        np.testing.assert_allclose(
            found["predictions"], np.take_along_axis(expected, order, axis=1), atol=1e-6
        )
