"""A Keras regression network as a fast function, for SHAP, LIME and scikit-learn."""

from glassbox import layers
import keras
import numpy as np
from numpy.typing import ArrayLike
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
import tensorflow as tf

BATCH_ROWS = 32_768
"""Rows of a table in one forward pass; a layer of 128 units then takes 17 MB."""


class Predictor(RegressorMixin, BaseEstimator):
    """Wrap a trained network with one output as f(X) -> (n,), in the target's unit.

    ``model.predict`` is made for one long call. Explainers make many calls or send very many
    rows, so this class makes one compiled, batched call instead. It is a function for SHAP and
    LIME, and a fitted regressor for ``sklearn.inspection`` (``score`` is R²).

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network: input (n, d) or images
        (n, height, width, channels), output (n, 1).
    x_scaler, y_scaler : fitted scikit-learn transformers, optional
        For a network that was trained on scaled data: ``x_scaler.transform`` goes before the
        network and ``y_scaler.inverse_transform`` after it, so that f takes and returns the
        original units. Leave them out when the network scales by itself. `x_scaler` is for tables.

    Attributes
    ----------
    network : keras.Model
        The same layers and weights as `model`, with one plain input and output tensor.

    Raises
    ------
    TypeError
        If `model` is not a Keras model.
    ValueError
        If the network is not built or subclassed, takes several inputs or rows of no fixed size, or has more
        than one output. The message says how to wrap it.

    Examples
    --------
    >>> f = Predictor(model)                                             # doctest: +SKIP
    >>> f(X_test)                                                        # doctest: +SKIP
    >>> shap.PermutationExplainer(f, background)(X_test)                 # doctest: +SKIP
    >>> lime_explainer.explain_instance(X_test[0], f)                    # doctest: +SKIP
    >>> sklearn.inspection.permutation_importance(f, X_test, y_test)     # doctest: +SKIP
    """

    def __init__(self, model, x_scaler=None, y_scaler=None) -> None:
        self.model = model
        self.x_scaler = x_scaler
        self.y_scaler = y_scaler
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"Predictor wraps a Keras model, but got {type(model).__name__}; explainers take any "
                "other regressor as a function, such as its predict method"
            )
        self.network = network = layers.single_output(model)
        # A Sequential that was built by a call remembers how many rows it got; any number will do.
        self._shape = shape = (None, *network.inputs[0].shape[1:])
        if len(shape) < 2 or None in shape[1:]:
            raise ValueError(
                f"Predictor takes rows or images of one size, but this network takes {shape}"
            )
        if len(shape) > 2 and x_scaler is not None:
            raise ValueError(
                "x_scaler is for tables, but this network takes images; put the scaling into the network, "
                "such as keras.layers.Rescaling(1 / 255)"
            )

        def forward(rows):
            return tf.reshape(network(rows, training=False), [-1])

        # Traced once, here: one signature for all numbers of rows. XLA would be faster still,
        # but compiles again for each new number of rows.
        signature = tf.TensorSpec(shape, tf.float32)
        self._forward = tf.function(
            forward, autograph=False
        ).get_concrete_function(signature)

    def __call__(self, X: ArrayLike) -> np.ndarray:
        """Predict the target.

        Parameters
        ----------
        X : array or DataFrame of shape (n, d), or one row (d,); or images (n, height, width, channels)
            Features in their original units. Columns are taken in their order.

        Returns
        -------
        ndarray of shape (n,), float64
            Predictions in the target's unit.

        Raises
        ------
        ValueError
            If X is not numeric, has missing or infinite values, or the wrong shape.
        """
        if len(self._shape) > 2:
            return self._in_batches(layers.batch(self.network, X), layers.BATCH)
        rows = as_rows(X)
        if len(rows) == 0:
            return np.empty(0)
        if self.x_scaler is not None:
            # A scaler that was fitted on a DataFrame warns at each call without the names.
            if (
                names := getattr(self.x_scaler, "feature_names_in_", None)
            ) is not None:
                rows = pd.DataFrame(rows, columns=getattr(X, "columns", names))
            rows = np.asarray(self.x_scaler.transform(rows))
        if rows.shape[1] != self._shape[1]:
            scaled = " after x_scaler" if self.x_scaler is not None else ""
            raise ValueError(
                f"X has {rows.shape[1]} columns{scaled}, but the network takes {self._shape[1]}"
            )
        return self._in_batches(rows.astype(np.float32), BATCH_ROWS)

    def _in_batches(self, rows: np.ndarray, size: int) -> np.ndarray:
        batches = (rows[i : i + size] for i in range(0, len(rows), size))
        y = np.concatenate(
            [self._forward(batch).numpy() for batch in batches]
        ).astype(np.float64)
        if self.y_scaler is not None:
            y = np.asarray(
                self.y_scaler.inverse_transform(y[:, None]), dtype=np.float64
            ).ravel()
        return y

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the target: the same as calling the object."""
        return self(X)

    def fit(self, X, y=None):
        """Refuse: the network is already trained (scikit-learn asks that the method exists)."""
        raise NotImplementedError(
            "Predictor wraps a network that is already trained; train the Keras model with "
            "model.fit, then wrap it"
        )

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __reduce__(self):
        # A compiled function cannot be pickled, which scikit-learn's n_jobs needs.
        return type(self), (self.model, self.x_scaler, self.y_scaler)


def as_rows(X: ArrayLike, name: str = "X") -> np.ndarray:
    """Return X as a finite float64 array of shape (n, d); one row (d,) becomes (1, d).

    Raises
    ------
    ValueError
        If X, called `name` in the message, is not a numeric table, or has missing or infinite
        values.
    """
    try:
        rows = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} is not a table of numbers ({error}); encode or drop the other columns first"
        ) from error
    if rows.ndim == 1:
        rows = rows[None, :]
    if rows.ndim != 2:
        raise ValueError(
            f"{name} must be a table (rows, columns), but has shape {rows.shape}"
        )
    if not np.isfinite(rows).all():
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=0))
        columns = ", ".join(
            str(X.columns[i]) if hasattr(X, "columns") else str(i) for i in bad
        )
        raise ValueError(
            f"{name} has missing or infinite values in column {columns}; fill or drop them first"
        )
    return rows
