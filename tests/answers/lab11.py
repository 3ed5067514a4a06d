"""Answers to the exercises of Lab 11, How good is this explanation?: open, right in another way, and wrong.

Each wrong answer stands under a part of the message that it gets.
"""

from glassbox import measures
from glassbox.report import Report
import numpy as np
from scipy.stats import rankdata, spearmanr
import tensorflow as tf


def joined(f, x, background, sets):
    """Predictions of all joined rows, (k, m)."""
    rows = [np.where(away, background, x) for away in sets]
    return f(np.concatenate(rows)).reshape(len(sets), len(background))


def fall(f, x, background, sets):
    return f(x[None])[0] - joined(f, x, background, sets).mean(axis=1)


def by_the_package(f, x, phi, background, sets):
    told = [phi[away].sum() for away in sets]
    return told, list(f(x[None]) - measures.without(f, x, background, sets)[0])


def set_by_set(f, x, phi, background, sets):
    return sets @ phi, np.array(
        [fall(f, x, background, away[None])[0] for away in sets]
    )


def pair(happens):
    return lambda f, x, phi, b, sets: (
        np.einsum("kd,d->k", sets, phi),
        happens(f, x, b, sets),
    )


def centered(says, happens):
    """Without np.corrcoef."""
    a = says - says.mean(axis=1, keepdims=True)
    b = happens - happens.mean(axis=1, keepdims=True)
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    flat = np.ptp(says, axis=1) < 1e-9
    return np.where(flat, np.nan, (a * b).sum(axis=1) / np.where(flat, 1, size))


def each_row(measure):
    return lambda says, happens: np.array(
        [measure(a, b) for a, b in zip(says, happens, strict=True)]
    )


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


def curve_by_loop(f, X, phi, background):
    """One row, one feature at a time; a list."""
    d = X.shape[1]
    total = [0.0] * (d + 1)
    for x, values in zip(X, phi, strict=True):
        rows = np.repeat(x[None], len(background), axis=0)
        for k, feature in enumerate(np.argsort(-np.abs(values)), start=1):
            rows[:, feature] = background[:, feature]
            moved = abs(f(x[None])[0] - f(rows).mean())
            total[k] += moved / len(X)
    return total


def left(f, X, phi, background, order=lambda phi: -np.abs(phi), more=0):
    """Mean predictions without the first ones, (n, d + 1)."""
    rank = np.argsort(np.argsort(order(phi), axis=1), axis=1)
    away = rank[:, None, :] < more + np.arange(X.shape[1] + 1)[:, None]
    return measures.without(f, X, background, away)


def curve(measure):
    return lambda f, X, phi, b: measure(f(X)[:, None] - left(f, X, phi, b))


def ordered(order):
    return lambda f, X, phi, b: np.abs(
        f(X)[:, None] - left(f, X, phi, b, order)
    ).mean(axis=0)


def changes(explain, X, moves):
    return np.array([explain(X + move) for move in moves]) - explain(X)


def moved(measure):
    return lambda explain, X, moves, spread: (
        measure(changes(explain, X, moves)) / spread
    )


def rms(values, axis):
    return np.sqrt((values**2).mean(axis=axis))


def running_maximum(explain, X, moves, spread):
    before, largest = np.asarray(explain(X)), np.zeros(len(X))
    for move in moves:
        change = np.linalg.norm(explain(X + move) - before, axis=1)
        largest = np.maximum(largest, change / np.sqrt(X.shape[1]))
    return tf.constant(largest / spread)


def chained(explain, X, moves, spread):
    before, largest = explain(X), np.zeros(len(X))
    for move in moves:
        after = explain(X + move)
        largest = np.maximum(largest, rms(after - before, 1))
        before = after
    return largest / spread


def in_place(explain, X, moves, spread):
    before = explain(X)
    X += moves[0]
    return rms(explain(X) - before, 1) / spread


def of_ranks(a, b, mask):
    """Without np.corrcoef; a NumPy number."""
    first, second = (rankdata(m[mask]) for m in (a, b))
    first, second = first - first.mean(), second - second.mean()
    size = (first**2).sum() * (second**2).sum()
    return np.float32(
        (first * second).sum() / np.sqrt(size) if size else np.nan
    )


def ranks(measure):
    return lambda a, b, mask: measure(rankdata(a[mask]), rankdata(b[mask]))


def report(**change):
    """A report in other words; the keywords replace a line by what a function of the case gives."""

    def write(phi, exact, again, facts):
        off, unit = phi - exact, facts["unit"]
        error = np.sqrt((off**2).mean())
        moves = np.sqrt(again.var(axis=0, ddof=1).mean())
        lines = {
            "question": f"{facts['row']}: what makes up {facts['prediction']:.2f} {unit}?",
            "model": f"{facts['model']} (held-out R² = {facts['r2']:.2f})",
            "background": f"Mean prediction {facts['base']:.1f} over {facts['background']}.",
            "unit": unit,
            "method": f"{facts['method']}.",
            "fidelity": f"RMS over the features, {unit}: {error:.2f}. That is {error / facts['spread']:.2f} of the spread.",
            "stability": f"The {len(again)} runs scatter by {moves:.2f} {unit}.",
            "limits": "Rows that were joined may not exist, and causes are another matter.",
        }
        for name, text in change.items():
            lines[name] = text(error, moves, phi, exact, again, facts)
        return Report(**lines)

    return write


STUBS = {
    "says_and_happens": lambda f, x, phi, background, sets: ...,
    "faithfulness": lambda says, happens: ...,
    "deletion_curve": lambda f, X, phi, background: ...,
    "sensitivity": lambda explain, X, moves, spread: ...,
    "similarity": lambda a, b, mask: ...,
    "write_report": lambda phi, exact, again, facts: ...,
}

OTHER = {
    "says_and_happens": [
        by_the_package,
        lambda *a: np.array(by_the_package(*a)),
        pair(lambda *a: tf.constant(fall(*a))),
    ],
    "faithfulness": [
        centered,
        lambda s, h: centered(s, h).tolist(),
        lambda s, h: tf.constant(centered(s, h)),
        lambda s, h: tuple(centered(s, h).astype(np.float32)),
    ],
    "deletion_curve": [
        curve_by_loop,
        lambda f, X, phi, b: measures.deletion_curve(f, X, phi, b).mean(axis=0),
    ],
    "sensitivity": [
        running_maximum,
        moved(lambda c: rms(c, 2).max(axis=0)),
        lambda e, X, moves, s: list(
            rms(changes(e, X, moves), 2).max(axis=0) / s
        ),
    ],
    "similarity": [
        of_ranks,
        lambda a, b, mask: spearmanr(a[mask], b[mask]).statistic,
        lambda a, b, mask: tf.constant(of_ranks(a, b, mask)),
    ],
    "write_report": [
        report(),
        report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"±{e:.3g}\n {facts['unit']} against the exact values"
            ),
            model=lambda e, m, phi, exact, again, facts: (
                f"{facts['model']}, R² {100 * facts['r2']:.0f} % held out"
            ),
        ),
        report(  # in German, with a decimal comma; the unit far behind
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"{e:.2f}, quadratisches Mittel über die Merkmale, in "
                f"{facts['unit']}".replace(".", ",")
            ),
            stability=lambda e, m, phi, exact, again, facts: (
                f"±{m:.1f}{facts['unit']}".replace(".", ",")
            ),
            method=lambda e, m, phi, exact, again, facts: facts[
                "method"
            ].upper(),
        ),
    ],
}

WRONGS = {
    "says_and_happens": {
        "have changed places": lambda *a: by_the_package(*a)[::-1],
        "wrong sign. A feature": pair(lambda *a: -fall(*a)),
        "happens has lost its sign": pair(lambda *a: np.abs(fall(*a))),
        "Everything but the set": pair(
            lambda f, x, b, sets: fall(f, x, b, ~sets)
        ),
        "features by their means": pair(
            lambda f, x, b, sets: (
                f(x[None])[0] - f(np.where(sets, b.mean(axis=0), x))
            )
        ),
        "set to 0": pair(
            lambda f, x, b, sets: f(x[None])[0] - f(np.where(sets, 0, x))
        ),
        "first background row alone": pair(
            lambda f, x, b, sets: fall(f, x, b[:1], sets)
        ),
        "added up over the background": pair(
            lambda f, x, b, sets: f(x[None])[0] - joined(f, x, b, sets).sum(1)
        ),
        "median": pair(
            lambda f, x, b, sets: (
                f(x[None])[0] - np.median(joined(f, x, b, sets), axis=1)
            )
        ),
        "sets are mixed up": pair(
            lambda f, x, b, sets: (
                f(x[None])[0]
                - joined(f, x, b, sets).reshape(len(b), -1).mean(axis=0)
            )
        ),
        "How far is that from f(x)": pair(
            lambda f, x, b, sets: joined(f, x, b, sets).mean(axis=1)
        ),
        "begin at f(x)": pair(
            lambda f, x, b, sets: (
                joined(f, x, b, sets).mean(axis=1) - f(b).mean()
            )
        ),
        "features that stay": lambda f, x, phi, b, sets: (
            ~sets @ phi,
            fall(f, x, b, sets),
        ),
        "says has lost its signs": lambda f, x, phi, b, sets: (
            sets @ np.abs(phi),
            fall(f, x, b, sets),
        ),
        "says is a mean": lambda f, x, phi, b, sets: (
            sets @ phi / sets.sum(axis=1),
            fall(f, x, b, sets),
        ),
        "Do not subtract them yet": lambda *a: np.subtract(*by_the_package(*a)),
        "happens is still missing": lambda f, x, phi, b, sets: (
            sets @ phi,
            ...,
        ),
        "this has (4,)": lambda f, x, phi, b, sets: (
            (sets * phi).sum(axis=0),
            fall(f, x, b, sets),
        ),
        "says should be a NumPy array": lambda f, x, phi, b, sets: (
            "sum",
            fall(f, x, b, sets),
        ),
        "says should have shape (9,) here, one number for each set; this has ()": lambda f, x, phi, b, sets: (
            (sets @ phi).sum(),
            fall(f, x, b, sets),
        ),
        "joined.reshape(-1, d)": pair(
            lambda f, x, b, sets: f(x) - joined(f, x, b, sets).mean(axis=1)
        ),
        "Right, and slow": set_by_set,
        "does not subtract True": lambda f, x, phi, b, sets: sets - sets,
        "is not right at": pair(lambda *a: np.sort(fall(*a))),
    },
    "faithfulness": {
        "still the flattering one": lambda s, h: np.corrcoef(
            np.abs(s).ravel(), np.abs(h).ravel()
        )[0, 1],
        "signs are back": lambda s, h: correlation(s.ravel(), h.ravel()),
        "the signs are still dropped": each_row(
            lambda a, b: correlation(np.abs(a), np.abs(b))
        ),
        "forgives turned signs again": each_row(
            lambda a, b: abs(correlation(a, b))
        ),
        "square of the correlation": each_row(
            lambda a, b: correlation(a, b) ** 2
        ),
        "one for each set": lambda s, h: centered(s.T, h.T),
        "rank correlation": each_row(lambda a, b: spearmanr(a, b).statistic),
        "covariance": each_row(lambda a, b: np.cov(a, b)[0, 1]),
        "cosine": each_row(
            lambda a, b: a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        ),
        "mean over the rows": lambda s, h: centered(s, h).mean(),
        "all rows with all rows": lambda s, h: np.corrcoef(s, h),
        "and this gives": each_row(
            lambda a, b: 0.0 if np.ptp(a) < 1e-9 else correlation(a, b)
        ),
        "other rows are lost too": lambda s, h: (
            centered(s, h) * (np.nan if (np.ptp(s, 1) < 1e-9).any() else 1)
        ),
        "is not right at": lambda s, h: np.sort(centered(s, h)),
        "missing or infinite": lambda s, h: centered(s, h) * np.nan,
        "np.nan, not None": lambda s, h: [
            None if np.isnan(value) else value for value in centered(s, h)
        ],
    },
    "deletion_curve": {
        "follows the mean prediction": lambda *a: left(*a).mean(axis=0),
        "outside of the mean": curve(lambda c: np.abs(c.mean(axis=0))),
        "absolute value is missing": curve(lambda c: c.mean(axis=0)),
        "a curve for each row": curve(np.abs),
        "over the numbers of features": curve(lambda c: np.abs(c).mean(axis=1)),
        "sum over the rows": curve(lambda c: np.abs(c).sum(axis=0)),
        "median": curve(lambda c: np.median(np.abs(c), axis=0)),
        "root mean square": curve(lambda c: rms(c, 0)),
        "first point is missing": curve(lambda c: np.abs(c).mean(axis=0)[1:]),
        "last point is missing": curve(lambda c: np.abs(c).mean(axis=0)[:-1]),
        "smallest goes first": ordered(np.abs),
        "what lowers the prediction most goes last": ordered(lambda phi: -phi),
        "from the most negative on": ordered(lambda phi: phi),
        "with rank < k, not <=": lambda f, X, phi, b: np.abs(
            f(X)[:, None] - left(f, X, phi, b, more=1)
        ).mean(axis=0),
        "argsort gives a list": ordered(
            lambda phi: np.argsort(-np.abs(phi), axis=1)
        ),
        "One order for all rows": ordered(
            lambda phi: np.tile(-np.abs(phi).mean(axis=0), (len(phi), 1))
        ),
        "order of the columns": ordered(
            lambda phi: np.tile(np.arange(phi.shape[1]), (len(phi), 1))
        ),
        "comes back before": lambda f, X, phi, b: np.abs(
            f(X)[:, None]
            - measures.without(
                f,
                X,
                b,
                np.argsort(np.argsort(-np.abs(phi), axis=1), axis=1)[:, None]
                == np.arange(-1, X.shape[1])[:, None],
            )
        ).mean(axis=0),
        "the mean over everything": curve(lambda c: np.abs(c).mean()),
        "away must have shape": lambda f, X, phi, b: measures.without(
            f, X, b, np.ones((2, 3, 1), bool)
        ),
        "is not right at": curve(lambda c: np.sort(np.abs(c).mean(axis=0))),
    },
    "sensitivity": {
        "depends on the unit": lambda e, X, moves, s: rms(
            changes(e, X, moves), 2
        ).max(axis=0),
        "mean over the moves": moved(lambda c: rms(c, 2).mean(axis=0)),
        "the last move alone": moved(lambda c: rms(c, 2)[-1]),
        "the first move alone": moved(lambda c: rms(c, 2)[0]),
        "each move and each row": moved(lambda c: rms(c, 2)),
        "largest is taken over the rows": moved(
            lambda c: rms(c, 2).max(axis=1)
        ),
        "mean square runs over the rows": moved(
            lambda c: rms(c, 1).max(axis=0)
        ),
        "one number for all rows": moved(lambda c: rms(c, 2).max()),
        "grows with the number of features": moved(
            lambda c: np.linalg.norm(c, axis=2).max(axis=0)
        ),
        "square root is missing": moved(
            lambda c: (c**2).mean(axis=2).max(axis=0)
        ),
        "mean absolute change": moved(
            lambda c: np.abs(c).mean(axis=2).max(axis=0)
        ),
        "a single feature": moved(lambda c: np.abs(c).max(axis=(0, 2))),
        "how far the sum moves": moved(
            lambda c: np.abs(c.sum(axis=2)).max(axis=0)
        ),
        "how far the row has moved": lambda e, X, moves, s: (
            (rms(changes(e, X, moves), 2) / rms(moves, 2)).max(axis=0) / s
        ),
        "moves themselves": lambda e, X, moves, s: (
            np.max([rms(e(m) - e(X), 1) for m in moves], axis=0) / s
        ),
        "attributions after the move": lambda e, X, moves, s: (
            np.max([rms(e(X + m), 1) for m in moves], axis=0) / s
        ),
        "go through its first axis": lambda e, X, moves, s: e(X + moves),
        "rows of several moves": lambda e, X, moves, s: (
            rms(
                e((X + moves).reshape(-1, X.shape[1])).reshape(moves.shape)
                - e(X),
                2,
            ).max(axis=0)
            / s
        ),
        "changes the table": in_place,
        "is not right at": chained,
    },
    "similarity": {
        "correlation of the values. Asked": lambda a, b, m: correlation(
            a[m], b[m]
        ),
        "This is the whole map": lambda a, b, m: correlation(
            rankdata(a), rankdata(b)
        ),
        "outside of the mask": lambda a, b, m: of_ranks(a, b, ~m),
        "those in the whole map": lambda a, b, m: correlation(
            rankdata(a).reshape(a.shape)[m], rankdata(b).reshape(b.shape)[m]
        ),
        "sets the other pixels to 0": lambda a, b, m: (
            spearmanr((a * m).ravel(), (b * m).ravel()).statistic
        ),
        "The signs are gone": lambda a, b, m: of_ranks(np.abs(a), np.abs(b), m),
        "a map and its opposite": lambda a, b, m: abs(of_ranks(a, b, m)),
        "a distance": lambda a, b, m: 1 - of_ranks(a, b, m),
        "argsort gives the places": lambda a, b, m: correlation(
            np.argsort(a[m]), np.argsort(b[m])
        ),
        "different ranks here": lambda a, b, m: correlation(
            *(np.argsort(np.argsort(x[m])) for x in (a, b))
        ),
        "p-value": lambda a, b, m: spearmanr(a[m], b[m]),
        "table of 2 × 2": ranks(np.corrcoef),
        "One number is asked for": ranks(lambda a, b: a * b),
        "at all pixels of the mask: Your": lambda a, b, m: (
            None if np.ptp(a[m]) == 0 else of_ranks(a, b, m)
        ),
        "has no order, and this gives 0.00": lambda a, b, m: np.nan_to_num(
            of_ranks(a, b, m)
        ),
        "has no order, and this gives 1.00": lambda a, b, m: np.nan_to_num(
            of_ranks(a, b, m), nan=1.0
        ),
    },
    "write_report": {
        "has no number: 'very accurate'": report(
            fidelity=lambda *a: "very accurate"
        ),
        "has no number: 'not measured'": report(
            stability=lambda *a: "not measured"
        ),
        "not its unit: 'off by": report(
            fidelity=lambda e, *a: f"off by {e:.1f}, root mean square"
        ),
        "stability has the right number and not": report(
            stability=lambda e, m, *a: f"{m:.1f} between the seeds"
        ),
        "not its unit: 'off by 1.9 kWh/m²": report(
            fidelity=lambda e, *a: f"off by {e:.1f} kWh/m²"
        ),
        "fidelity states a share of the spread": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"error {e / facts['spread']:.3f}"
            )
        ),
        "stability states a share": report(
            stability=lambda e, m, phi, exact, again, facts: (
                f"{100 * m / facts['spread']:.1f} % of the spread"
            )
        ),
        "fits its own samples": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"R² {facts['surrogate_r2']:.2f}"
            )
        ),
        "the R² of the model. That": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"R² {facts['r2']:.2f}"
            )
        ),
        "fidelity states how far the seeds": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"{m:.1f} {facts['unit']}"
            )
        ),
        "completeness gap": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"{abs(facts['prediction'] - facts['base'] - phi.sum()):.1f} left over"
            )
        ),
        "mean absolute error": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"{np.abs(phi - exact).mean():.2f} {facts['unit']}"
            )
        ),
        "divides by the number of times": report(
            stability=lambda e, m, phi, exact, again, facts: (
                f"{rms(again.std(axis=0), 0):.2f} {facts['unit']}"
            )
        ),
        "mixes the features": report(
            stability=lambda e, m, phi, exact, again, facts: (
                f"{again.std():.2f} {facts['unit']}"
            )
        ),
        "It is near: rounded too far": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"{1.1 * e:.1f} {facts['unit']}"
            )
        ),
        "other numbers than the lab's": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"4,100 {facts['unit']}"
            )
        ),
        "leaves out the base value": report(
            background=lambda e, m, phi, exact, again, facts: (
                f"{facts['background']}"
            )
        ),
        "in place of the base value": report(
            background=lambda e, m, phi, exact, again, facts: (
                f"{facts['background']}, base value {facts['prediction']:.1f}"
            )
        ),
        "what the background is": report(
            background=lambda e, m, phi, exact, again, facts: (
                f"base value {facts['base']:.1f}"
            )
        ),
        "unit leaves out": report(unit=lambda *a: "kWh/m²"),
        "which row is explained": report(
            question=lambda *a: "Why this prediction?"
        ),
        "settings and seed": report(method=lambda *a: "LIME"),
        "model gives the R² of LIME": report(
            model=lambda e, m, phi, exact, again, facts: (
                f"{facts['model']}, R² {facts['surrogate_r2']:.2f}"
            )
        ),
        "a minus sign": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"−{e:.1f} {facts['unit']}"
            )
        ),
        "mean square, which is not in": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"{e**2:.1f} {facts['unit']}"
            )
        ),
        "holds a judgement, 'accurate'": report(
            fidelity=lambda e, m, phi, exact, again, facts: (
                f"very accurate: {e:.1f} {facts['unit']}"
            )
        ),
        "Which one is it": report(
            fidelity=lambda e, m, phi, exact, again, facts: " ".join(
                f"{k / 10} {facts['unit']}" for k in range(400)
            )
        ),
        "Round to what means": report(
            stability=lambda e, m, phi, exact, again, facts: (
                f"{m} {facts['unit']}"
            )
        ),
        "There are no limits": report(
            limits=lambda *a: "There are no limits at all."
        ),
        "limits says 'not causal'": report(limits=lambda *a: "not causal"),
        "limits is empty": report(limits=lambda *a: " "),
        "Return a Report, with eight": lambda phi, exact, again, facts: facts,
        "The keys of facts are": lambda phi, exact, again, facts: facts["mean"],
    },
}
