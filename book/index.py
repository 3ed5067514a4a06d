"""What the front page shows: one prediction of the heating network, explained, beside the truth."""

from pathlib import Path

from glassbox import data, figures, models, shapley
from glassbox.predict import Predictor
import matplotlib.pyplot as plt
import numpy as np


def compute(folder: Path) -> dict[str, str]:
    """Write the figure into `folder` and return the numbers of its caption."""
    figures.use_style()
    heating = data.heating()
    f = Predictor(models.load("heating"))
    rng = np.random.default_rng(0)
    background = heating.X_train[
        rng.choice(len(heating.X_train), 100, replace=False)
    ]
    # Of the buildings that the network has not seen, the one that it finds worst.
    worst = f(heating.X_test).argmax()
    x = heating.X_test[worst : worst + 1]
    phi, phi0 = shapley.exact(f, x, background)
    truth, _ = data.heating_shapley(x, background)
    phi, truth = phi[0], truth[0]

    order = np.argsort(np.abs(phi))
    place = np.arange(len(order))
    fig, ax = plt.subplots(figsize=(5.6, 4.6))
    colors = np.where(
        phi[order] > 0, figures.POSITIVE, figures.NEGATIVE
    ).tolist()
    ax.barh(place, phi[order], color=colors, alpha=0.85, label="_nolegend_")
    ax.plot(truth[order], place, "D", color="black", markersize=7, markerfacecolor="white",
            markeredgewidth=1.8, label="true effect")  # fmt: skip
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(place, [heating.feature_names[i] for i in order])
    ax.set_xlabel(f"effect on the prediction ({heating.unit})")
    ax.legend(loc="lower right", handletextpad=0.2)
    figures.save(fig, folder / "why.png", dpi=120)
    plt.close(fig)

    return {
        "prediction": f"{f(x)[0]:.0f}",
        "base_value": f"{phi0:.0f}",
        "largest_error": f"{np.abs(phi - truth).max():.1f}",
        "off_by": heating.feature_names[np.abs(phi - truth).argmax()],
    }
