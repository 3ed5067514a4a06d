"""The shipped networks: load one, read its card, train it again (`make models`)."""

from dataclasses import replace
import hashlib
from importlib.resources import as_file, files
import json
import math
from pathlib import Path
import re
from tempfile import TemporaryDirectory
import zipfile

from glassbox import data
import keras
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

SHIPPED = files("glassbox") / "shipped"

# What `make models` trains. Penalty and epochs were chosen by cross-validation on the training rows
# alone: the held-out rows say how good a network is, not which one to take.
RECIPES = {
    "diabetes": {"hidden": (32, 16), "l2": 1e-1, "epochs": 30, "seed": 0},
    "heating": {"hidden": (64, 64), "l2": 1e-3, "epochs": 30, "seed": 0},
    "gauge": {"filters": (16, 32, 32), "hidden": 24, "epochs": 25, "seed": 0},
    "gauge_shortcut": {
        "filters": (16, 32, 32),
        "hidden": 24,
        "epochs": 25,
        "seed": 0,
    },
    # The gauge network trained again: what two good networks differ by.
    "gauge_twin": {
        "filters": (16, 32, 32),
        "hidden": 24,
        "epochs": 25,
        "seed": 1,
    },
    # It can only learn its images by heart, and with 6,000 of them it learns nothing.
    "gauge_permuted": {
        "filters": (16, 32, 32),
        "hidden": 24,
        "epochs": 120,
        "seed": 1,
    },
}
PERMUTED = 2000
"""How many training images `gauge_permuted` has."""


def trained_on(name: str) -> data.Dataset | data.Images:
    """The data that a shipped network learned from.

    Those of `gauge_permuted` are the first 2,000 training images of the gauge, each with the reading of
    another one, and the true test images.

    Raises
    ------
    ValueError
        No network of that name ships.
    """
    _known(name)
    if name == "gauge_shortcut":
        return data.gauge(shortcut=True)
    if name == "gauge_permuted":
        images = data.gauge()
        return replace(
            images,
            X_train=images.X_train[:PERMUTED],
            y_train=np.random.default_rng(0).permutation(
                images.y_train[:PERMUTED]
            ),
            relevant_train=images.relevant_train[:PERMUTED],
        )
    return data.gauge() if name == "gauge_twin" else getattr(data, name)()


def train(
    dataset: data.Dataset,
    hidden: tuple[int, ...] = (32, 16),
    activation: str = "relu",
    l2: float = 1e-1,
    epochs: int = 30,
    seed: int = 0,
) -> keras.Model:
    """Train a dense regression network that reads and predicts in original units.

    Standardization is part of the network: a `Normalization` layer at its start, a `Rescaling` layer
    at its end. So an explanation of the network is in the features' and the target's own units, and
    no scaler has to be carried along. Training minimizes the squared error of the standardized
    target with Adam, in batches of 32, with a learning rate that falls from 0.003 to zero.

    Parameters
    ----------
    dataset : Dataset
        Only its training rows are used.
    hidden : tuple of int
        Units of each hidden layer.
    activation : str
        Activation of the hidden layers.
    l2 : float
        Weight of the squared norm of the hidden kernels in the loss.
    epochs : int
        Passes over the training rows.
    seed : int
        Seed of the initial weights and of the order of rows. The same seed on the same processor
        gives the same network.

    Returns
    -------
    keras.Model
        Functional, from (n, d) to (n, 1).
    """
    keras.utils.set_random_seed(seed)
    X = dataset.X_train
    # A constant feature has no spread to divide by; 1 leaves it at zero, where it does nothing.
    variance = np.where(X.var(axis=0) > 0, X.var(axis=0), 1.0)
    inputs = keras.Input((X.shape[1],), name="features")
    layer = keras.layers.Normalization(
        mean=X.mean(axis=0), variance=variance, name="standardize"
    )
    hidden_values = layer(inputs)
    for number, units in enumerate(hidden, start=1):
        hidden_values = keras.layers.Dense(
            units,
            activation=activation,
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
            name=f"hidden_{number}",
        )(hidden_values)
    return _fit(inputs, hidden_values, dataset, epochs, 32, 3e-3)


def train_on_images(
    images: data.Images,
    filters: tuple[int, ...] = (16, 32, 32),
    hidden: int = 24,
    epochs: int = 25,
    seed: int = 0,
) -> keras.Model:
    """Train a convolutional regression network that predicts in the target's unit.

    Each convolution of 3 by 3 pixels but the last is followed by a pooling that halves the image.
    Training is as in `train`, in batches of 64.

    Parameters
    ----------
    images : Images
        Only its training images are used.
    filters : tuple of int
        Feature maps of each convolution.
    hidden : int
        Units of the dense layer behind them.
    epochs : int
        Passes over the training images.
    seed : int
        Seed of the initial weights and of the order of images. Convolutions add up in another order with
        another number of processor cores, so that the last digits differ.

    Returns
    -------
    keras.Model
        Functional, from (n, height, width, 1) with brightness from 0 to 1, to (n, 1).
    """
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(images.X_train.shape[1:], name="image")
    maps = inputs
    for number, count in enumerate(filters, start=1):
        maps = keras.layers.Conv2D(
            count, 3, padding="same", activation="relu", name=f"conv_{number}"
        )(maps)
        if number < len(filters):
            maps = keras.layers.MaxPooling2D(name=f"pool_{number}")(maps)
    flat = keras.layers.Flatten(name="flatten")(maps)
    dense = keras.layers.Dense(hidden, activation="relu", name="hidden")(flat)
    return _fit(inputs, dense, images, epochs, 64, 2e-3)


def _fit(
    inputs: keras.KerasTensor,
    last_hidden: keras.KerasTensor,
    dataset: data.Dataset | data.Images,
    epochs: int,
    batch_size: int,
    learning_rate: float,
) -> keras.Model:
    """Add the output, train on the standardized target, return the network in the target's unit."""
    X, y = dataset.X_train, dataset.y_train
    standardized = keras.layers.Dense(1, name="output")(last_hidden)
    in_units = keras.layers.Rescaling(
        float(y.std()), float(y.mean()), name="to_units"
    )(standardized)

    network = keras.Model(inputs, standardized)
    # A rate that falls to zero leaves the network at rest, instead of wherever the last batch threw it.
    steps = epochs * math.ceil(len(X) / batch_size)
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate, decay_steps=steps
    )
    network.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    network.fit(
        X,
        (y - y.mean()) / y.std(),
        epochs=epochs,
        batch_size=batch_size,
        verbose=0,
    )
    return keras.Model(inputs, in_units, name=dataset.name)


def load(name: str) -> keras.Model:
    """Load a shipped network.

    Parameters
    ----------
    name : {"diabetes", "heating", "gauge", "gauge_shortcut", "gauge_twin", "gauge_permuted"}
        `gauge_shortcut` cheats: it was trained on dials with a patch that gives the answer away,
        and reads that. `gauge_twin` is `gauge` trained again with another seed. `gauge_permuted` has
        learned 2,000 dials by heart, each with the reading of another.

    Returns
    -------
    keras.Model
        Functional, from (n, d) rows in their own units, or (n, 32, 32, 1) images, to (n, 1)
        predictions in the target's unit.

    Raises
    ------
    ValueError
        No network of that name ships, or its file is not the one that its card describes.
    """
    expected = card(name)["sha256"]
    with as_file(SHIPPED / f"{name}.keras") as path:
        if checksum(path) != expected:
            raise ValueError(
                f"{name}.keras is not the file that its card describes. Install the package again, or "
                "run `make models` to train the networks and write their cards."
            )
        return keras.models.load_model(path, compile=False)


def card(name: str) -> dict:
    """The model card of a shipped network: data, seed, quality, checksum.

    Raises
    ------
    ValueError
        No network of that name ships.
    """
    _known(name)
    return json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))


def _known(name: str) -> None:
    if name not in RECIPES:
        raise ValueError(
            f"No network {name!r} ships. There are: {', '.join(RECIPES)}."
        )


def checksum(path: Path) -> str:
    """SHA-256 of a file, as a hexadecimal string."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def quality(predictions: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """R² and the mean absolute error, rounded as a model card prints them."""
    return {
        "r2": round(float(r2_score(truth, predictions)), 3),
        "mean_absolute_error": round(
            float(np.abs(predictions - truth).mean()), 2
        ),
    }


def save(model: keras.Model, path: Path) -> None:
    """Save a network so that the same weights give the same bytes.

    Keras writes the time and memory addresses into the file, and the zip format another time. Without
    them `make models` changes nothing in git unless the network changed.
    """
    addresses: dict[str, str] = {}

    def number(match: re.Match) -> str:
        return f'"shared_object_id": {addresses.setdefault(match[1], str(len(addresses)))}'

    with TemporaryDirectory() as folder:
        plain = Path(folder) / "model.keras"
        model.save(plain)
        with (
            zipfile.ZipFile(plain) as source,
            zipfile.ZipFile(path, "w") as target,
        ):
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name == "metadata.json":
                    metadata = json.loads(content)
                    metadata.pop("date_saved", None)
                    content = json.dumps(metadata).encode()
                elif name == "config.json":
                    content = re.sub(
                        r'"shared_object_id": (\d+)', number, content.decode()
                    ).encode()
                entry = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(entry, content)


def make(name: str, folder: Path) -> dict:
    """Train one of `RECIPES`, write its network and its card into `folder`, return the card."""
    dataset = trained_on(name)
    fit = train_on_images if isinstance(dataset, data.Images) else train
    model = fit(dataset, **RECIPES[name])
    path = folder / f"{name}.keras"
    save(model, path)
    content = {
        "name": name,
        "data": (data.gauge if "gauge" in name else getattr(data, name))
        .__doc__.strip()
        .splitlines()[0],
        "rows": {"train": len(dataset.X_train), "test": len(dataset.X_test)},
        "target": dataset.target,
        "unit": dataset.unit,
        "recipe": RECIPES[name],
        "parameters": int(
            sum(np.prod(w.shape) for w in model.trainable_weights)
        ),
        "on held-out rows": held_out(model, dataset),
        "intended use": "Teaching. Not for decisions about patients, buildings or plants.",
        "sha256": checksum(path),
    }
    if name == "gauge_permuted":
        content["data"] += " Each has the reading of another."
        learned = model.predict(dataset.X_train, verbose=0).ravel()
        content["on training rows"] = {
            "network": quality(learned, dataset.y_train)
        }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return content


def held_out(
    model: keras.Model, dataset: data.Dataset | data.Images
) -> dict[str, dict]:
    """How good a network is on rows that it has not seen, and what it is compared with."""

    def scored(X: np.ndarray) -> dict[str, float]:
        return quality(model.predict(X, verbose=0).ravel(), dataset.y_test)

    if isinstance(dataset, data.Dataset):
        line = LinearRegression().fit(dataset.X_train, dataset.y_train)
        predictions = line.predict(dataset.X_test)
        return {
            "network": scored(dataset.X_test),
            "linear regression": quality(predictions, dataset.y_test),
        }
    result = {"network": scored(dataset.X_test)}
    if dataset.name == "gauge_shortcut":
        # The same dials; the patch is gone, or shows the reading of another dial.
        result["without the corner"] = scored(data.gauge().X_test)
        other = dataset.X_test.copy()
        corner = (slice(None), *data.GAUGE_CORNER)
        other[corner] = dataset.X_test[::-1][corner]
        result["with another dial's corner"] = scored(other)
    return result


if __name__ == "__main__":
    with as_file(SHIPPED) as shipped:
        for model_name in RECIPES:
            scores = make(model_name, shipped)["on held-out rows"]
            print(f"{model_name}: {scores}")
