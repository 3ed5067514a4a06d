"""Interpretable neural networks for regression: what the chapters and labs of Glassbox share.

| module      | what it holds                                                     |
|-------------|-------------------------------------------------------------------|
| `data`      | the running examples, and your own CSV file                       |
| `models`    | the shipped networks, and how they were trained                   |
| `layers`    | a Keras network opened: a layer, its kernel, its activations      |
| `weights`   | connection weights and Garson's shares of a dense network         |
| `maps`      | Grad-CAM and occlusion for images, and how well they point        |
| `gradients` | slopes of the prediction: plain, smoothed, integrated             |
| `predict`   | a Keras network as a fast function for SHAP, LIME, scikit-learn   |
| `effects`   | accumulated local effects, which scikit-learn does not have       |
| `shapley`   | exact Shapley values, the referee of every other method           |
| `measures`  | how far an explanation can be trusted, in numbers                 |
| `report`    | what belongs under an explanation: a form to fill in              |
| `figures`   | the house style, a diagram of a network, saving a figure          |
| `checks`    | the exercises' checks, one module a lab                           |
"""

import os

__version__ = "0.1.0"


def import_keras_quietly() -> None:
    """Import Keras and TensorFlow without the notes that they print about the processor.

    TensorFlow writes them from C++, before any log level is in force, so they land in the output of
    whichever notebook cell comes first, and differ from one computer to the next. Errors are Python
    exceptions and are raised as always.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        import keras  # noqa: F401
        import tensorflow  # noqa: F401
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


import_keras_quietly()
