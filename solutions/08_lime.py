# %% [markdown]
# # Lab 08. Can a straight line explain one prediction?
#
# A network is too bent to read. But close to one building it may be nearly straight. LIME makes use of this: it
# invents buildings, asks the network about each, lets the near ones count more, and fits a straight line to the
# answers. Perturb, weight, fit. The line is a **surrogate**: it stands in for the network, and its slopes are the
# explanation. Here you write LIME yourself, show that it is the library's, and measure when you can trust it.
#
# **You will be able to**
#
# - write LIME in three small functions, for any network;
# - print with every explanation how well its line stands in for the network;
# - use the `lime` library for a regression, and read its rows without a mistake of sign, order or unit;
# - say what bins, the place of the samples and the kernel width change;
# - tell a stable explanation from a true one.
#
# **You need** Python with NumPy, and a straight line fitted by least squares, as in
# [Lab 01](01_tradeoff.ipynb). The chapter [LIME](../book/local/lime.md) explains the ideas that you use here.
#
# **Time** About 105 minutes. The code itself runs in less than a minute.
#
# **Models and data** Two networks that ship with this book. The *heating* network reads ten features of a
# building and predicts its yearly heating demand in kWh/m². These data come from a formula, so the truth is
# known. The *diabetes* network reads ten measurements of a patient and predicts in points how far the disease
# progresses in a year.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of three
# verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as often as you
# like: `check.fit.hint()`. The [solution](../solutions/08_lime.ipynb) also says why.
#
# A check tries your function on small tables of its own, of other sizes than the lab's. So use the arguments of
# the function, not the tables of the lab, and write no number of rows or columns by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once, and come
# back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell did not run
# at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `08_lime.mine.ipynb`.

# %%
# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, gradients, models, shapley
from glassbox.checks import lab08 as check
from glassbox.predict import Predictor
from lime.lime_tabular import LimeTabularExplainer
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

figures.use_style()


def root_mean_square(values, axis=None):
    return np.sqrt(np.mean(np.square(values), axis=axis))


# %% [markdown]
# ## 1. Perturb and weight
#
# `f` is the network as a function: a table in, predictions in kWh/m² out. We explain `x`, the first of the
# held-out buildings.

# %%
buildings = data.heating()
network = models.load("heating")
f = Predictor(network)

X_train, names = buildings.X_train, list(buildings.feature_names)
mean, sd = X_train.mean(axis=0), X_train.std(axis=0)
x = buildings.X_test[0]
d = len(x)

print(f"prediction for x: {f(x)[0]:.1f} kWh/m²")
print(f"mean prediction:  {f(X_train).mean():.1f} kWh/m²")
print(f"their spread:     {f(X_train).std():.1f} kWh/m²")

# %% [markdown]
# **Perturb.** Draw 5,000 invented buildings. Each feature gets a normal random number, with the standard
# deviation that it has in the training rows. The samples lie around a `center`. Unless you ask for `x`, the library
# takes the *mean* row of the training data. (With bins it draws in another way: part 5.) The first sample is `x`
# itself.
#
# The noise is drawn outside of the function, so that the same noise gives the same explanation. `RandomState`
# is NumPy's older generator. The library uses it, and part 4 needs the same numbers.


# %%
def perturb(x, center, sd, noise):
    """Invented rows around a center, shape (n, d); the first one is x."""
    Z = center + sd * noise
    Z[0] = x
    return Z


noise = np.random.RandomState(0).normal(size=(5000, d))
Z = perturb(x, mean, sd, noise)

outside = (X_train.min(axis=0) > Z) | (X_train.max(axis=0) < Z)
negative = Z[:, names.index("heat_recovery")] < 0
print(f"outside the training data: {outside.any(axis=1).mean():.2f}")
print(f"negative heat recovery:    {negative.mean():.2f}")

# %% [markdown]
# More than half of the samples lie outside of the training data in some feature. A few have a negative heat
# recovery, which no building can have. And each feature is drawn on its own, so there are high places as
# warm as low ones. The network answers for all of them, and nobody knows how well. LIME explains what the network
# says about *invented* buildings.
#
# **Weight.** Near samples should count more. Divide each difference by the feature's standard deviation; the
# length of what you get is the standardized distance $D$ of the sample from `x`. The weight $\pi$ falls with it.
# This is the **proximity kernel**:
#
# $$
# \pi = \exp\Bigl(-\frac{1}{2} \Bigl(\frac{D}{\nu}\Bigr)^2\Bigr)
# $$
#
# At `x` it is 1. The **kernel width** $\nu$ says how far “near” reaches, in standard deviations.
#
# ### Exercise 1: weigh the samples
#
# Write it. `Z` has shape `(n, d)`, `x` and `sd` have shape `(d,)`, `width` is $\nu$, a number. Return one weight for
# each sample, shape `(n,)`.


# %%
def kernel_weights(Z, x, sd, width):
    """Weight of each sample by its standardized distance from x: (n,)."""
    # SOLUTION
    distance = np.sqrt((((Z - x) / sd) ** 2).sum(axis=1))
    return np.exp(-0.5 * (distance / width) ** 2)
    # STUB
    # return ...  # put your code here
    # END


kernel_weights = check.kernel_weights(kernel_weights)

# %% [markdown] tags=["solution"]
# **Why.** Without `/ sd` the altitude, in meters, would decide alone who is near, and the heat recovery, a
# fraction, would not count at all.
#
# Typical wrong answers: the ½ or one of the squares is forgotten, so that the width means something else. A sum
# along axis 0 adds up the samples. Weights that are divided by their sum look tidy, and change the fit: the
# penalty in the next part is compared with them.

# %% [markdown]
# How many samples count? A useful number is $(\sum\pi)^2 / \sum\pi^2$, the **effective sample size**. It is
# 5,000 if all weights are equal, and 1 if a single sample has all the weight. The default width of the library
# is $0.75\sqrt{d}$, here 2.37.

# %%
default = 0.75 * np.sqrt(d)
lines = {}
for width in (0.25, 0.5, 1.0, default, 10.0):
    line = lines.setdefault(f"{width:.2f}", {})
    for label, center in (("around mean", mean), ("around x", x)):
        Z = perturb(x, center, sd, noise)
        pi = np.asarray(kernel_weights(Z, x, sd, width))
        line[label] = pi.sum() ** 2 / (pi**2).sum()
print("effective sample size, of 5,000")
print(pd.DataFrame(lines).T.round(0).astype(int).to_string())

# %% [markdown]
# “Small neighborhood” has a price. In ten dimensions nearly all samples are far away, so with a small width
# almost none is left. At 0.25 the only sample that counts is `x` itself. At the default width most samples count,
# so that “near” is nearly everywhere.

# %% [markdown]
# ## 2. Fit
#
# Now fit a straight line to the answers of the network, by least squares, where each squared error counts with
# its weight. Standardize the samples first: a slope is then in kWh/m² per standard deviation, and slopes can be
# compared. LIME adds a penalty on the squared slopes (*ridge*): $\lambda$ in the formula, `alpha` in the code, and 1
# in the library.
#
# Subtract the weighted means, and the intercept is out of the way. Let $\bar s$ be the weighted means of the
# standardized samples, and $\bar y$ that of the predictions. $C$ are the samples less $\bar s$, and $\Pi$ is the
# diagonal matrix of the weights. The slopes $\beta$ solve
#
# $$
# (C^\top \Pi\, C + \lambda I)\, \beta = C^\top \Pi\, (y - \bar y)
# $$
#
# The line goes through the point of the weighted means. So the intercept is $\bar y - \bar s^\top \beta$.
#
# ### Exercise 2: the weighted fit
#
# Write it. `S` holds the standardized samples `(n, d)`, `y` the predictions `(n,)`, `pi` the weights `(n,)`, and
# `alpha` is a number. Return intercept and slopes in one array, shape `(d + 1,)`, the intercept first. These are
# the parts: `pi @ S / pi.sum()` is a weighted mean; `pi[:, None] * C` multiplies each row by its weight;
# `np.eye(d)` is $I$; `np.linalg.solve(A, b)` solves $A\beta = b$.


# %%
def fit(S, y, pi, alpha):
    """Weighted ridge regression: intercept and slopes, shape (d + 1,)."""
    # SOLUTION
    s_mean, y_mean = pi @ S / pi.sum(), pi @ y / pi.sum()
    C = S - s_mean
    matrix = C.T @ (pi[:, None] * C) + alpha * np.eye(S.shape[1])
    slopes = np.linalg.solve(matrix, C.T @ (pi * (y - y_mean)))
    return np.concatenate([[y_mean - s_mean @ slopes], slopes])
    # STUB
    # return ...
    # END


fit = check.fit(fit)

# %% [markdown] tags=["solution"]
# **Why.** With the means gone, the best line goes through zero, and the penalty touches the slopes alone.
#
# Typical wrong answers: plain means, which belong to another cloud of points than the weighted one. A column of
# ones together with `alpha * np.eye(d + 1)` pulls the intercept to zero too, from 170 kWh/m². Forgetting `alpha`
# changes next to nothing at the default width, where thousands of samples count. At a small width the penalty
# decides, as part 6 shows.

# %% [markdown]
# A picture of what it does, with a single feature: only the window share of `x` is perturbed, and all else
# stays. Two lines, one for a small and one for a large kernel width.

# %%
# ALT Prediction against window share: a valley with its floor near 0.35. The building stands on the left slope, at
# ALT 0.21. The line of the small width falls along the curve there. The line of the large width is nearly flat.
column = names.index("window_share")
alone = np.repeat(x[None], 300, axis=0)
alone[:, column] = perturb(x, mean, sd, noise[:300])[:, column]
S = ((alone - mean) / sd)[:, [column]]

grid = np.linspace(0.08, 0.62, 80)
moved = np.repeat(x[None], len(grid), axis=0)
moved[:, column] = grid

on_samples = {}  # what each line says of them; part 3 asks how well
fig, ax = plt.subplots()
ax.plot(grid, f(moved), color="black", label="network")
for width, color, style in (
    (0.3, figures.VERMILLION, "--"),
    (3.0, figures.BLUE, ":"),
):
    pi = np.asarray(kernel_weights(alone, x, sd, width))
    intercept, slope = np.asarray(fit(S, f(alone), pi, 1.0))
    on_line = intercept + slope * (grid - mean[column]) / sd[column]
    ax.plot(grid, on_line, style, color=color, label=f"line, width {width}")
    on_samples[width] = pi, intercept + slope * S[:, 0]
    print(f"width {width}: {slope:.1f} kWh/m² per standard deviation")
ax.plot(x[column], f(x)[0], "o", color=figures.PURPLE, label="building x")
ax.set_xlabel(buildings.labels[column])
ax.set_ylabel(buildings.target_label)
ax.legend()
plt.show()

# %% [markdown]
# Both lines are right, for two questions. The steep one says what a *small* change of this window share does.
# The flat one says what window shares do on the whole, for such a building: up to 0.35 more windows save heat,
# beyond it they cost heat, and the two cancel.

# %% [markdown]
# ## 3. How well does the line stand in?
#
# A straight line through anything has slopes. Whether they mean something is another question. Two numbers
# answer part of it, and they belong under every explanation.
#
# - **R²** of the line on the *predictions*, weighted: the share of the network's squared variation in the
#   neighborhood that the line catches. With weighted mean $\bar y$:
#   $1 - \sum\pi\,(y - g)^2 / \sum\pi\,(y - \bar y)^2$.
# - The **local gap**: how far the line is from the network at `x` itself, in the target's unit, without a sign.
#
# ### Exercise 3: R² and local gap
#
# Write both. `y` holds the predictions of the network for the samples, `g` those of the line, `pi` the weights,
# all of shape `(n,)`. The first sample is the row to explain. Return R² and gap, in this order.


# %%
def quality(y, g, pi):
    """Weighted R² of a line, and its local gap in the target's unit."""
    # SOLUTION
    mean_y = pi @ y / pi.sum()
    r2 = 1 - pi @ (y - g) ** 2 / (pi @ (y - mean_y) ** 2)
    return r2, abs(y[0] - g[0])
    # STUB
    # return ...
    # END


quality = check.quality(quality)

# %% [markdown] tags=["solution"]
# **Why.** The fit looked at weighted errors, so its quality is measured with the same weights.
#
# Typical wrong answers: the unweighted R² judges the line by samples that it was told to ignore. The plain mean
# in the denominator makes R² too high, because it is a worse rival. The squared correlation cannot see a line
# that is too high everywhere.

# %% [markdown]
# First the two lines of the picture in part 2.

# %%
for width, (pi, g) in on_samples.items():
    r2, gap = quality(f(alone), g, pi)
    print(f"width {width}: R² {r2:.2f}, local gap {gap:.1f} kWh/m²")

# %% [markdown]
# Put your functions together. This is all of LIME for tables.


# %%
def explain_by_hand(f, x, X_train, noise, width, around, alpha=1.0):
    """LIME: intercept and slopes, R², and local gap."""
    mean, sd = X_train.mean(axis=0), X_train.std(axis=0)
    Z = perturb(x, x if around else mean, sd, noise)
    pi = np.asarray(kernel_weights(Z, x, sd, width))
    y, S = f(Z), (Z - mean) / sd
    beta = np.asarray(fit(S, y, pi, alpha), float)
    r2, gap = quality(y, beta[0] + S @ beta[1:], pi)
    return beta, r2, gap


mine, r2, gap = explain_by_hand(f, x, X_train, noise, default, around=False)
table = pd.Series(mine[1:], index=names)
print("slopes, kWh/m² per standard deviation")
print((table.round(1) + 0).to_string())  # + 0 turns -0.0 into 0.0
print(f"intercept {mine[0]:.1f}, R² {r2:.2f}, local gap {gap:.1f} kWh/m²")

# %% [markdown]
# A wall that insulates worse by one standard deviation raises the prediction by about 19 kWh/m²; a warmer place
# lowers it; the house number does nothing. The line catches 0.90 of the variation around here. At `x` itself it
# is off by 3.3 kWh/m². That is as much as the slope of the altitude.

# %% [markdown]
# ## 4. The library
#
# `lime` wants NumPy arrays, and to be told that this is a regression. Here is what happens otherwise, with your
# data in a DataFrame, as they often are.

# %%
frame = pd.DataFrame(X_train, columns=names)


def explainer_for(training, **settings):
    return LimeTabularExplainer(training, random_state=0, **settings)


attempts = {
    "training rows as a DataFrame": lambda: explainer_for(
        frame, mode="regression"
    ),
    "row as a Series": lambda: explainer_for(
        frame.to_numpy(), mode="regression"
    ).explain_instance(frame.iloc[0], f),
    "row of shape (1, 10)": lambda: explainer_for(
        frame.to_numpy(), mode="regression"
    ).explain_instance(frame.iloc[:1].to_numpy(), f),
    "no mode": lambda: explainer_for(frame.to_numpy()).explain_instance(
        frame.iloc[0].to_numpy(), f
    ),
    "NumPy, one-dimensional row, mode": lambda: explainer_for(
        frame.to_numpy(), mode="regression"
    ).explain_instance(frame.iloc[0].to_numpy(), f),
}
for label, attempt in attempts.items():
    try:
        attempt()
        print(f"{label:33s} works")
    except Exception as error:
        print(f"{label:33s} {type(error).__name__}")

# %% [markdown]
# An explainer keeps its random state. Ask the same one twice about the same row, and you get two explanations.

# %%
explainer = explainer_for(X_train, mode="regression")
for attempt in (1, 2):
    e = explainer.explain_instance(x, f)
    column, weight = e.as_map()[1][0]
    gap = abs(e.predicted_value - e.local_pred[0])
    print(f"{attempt}: {names[column]} {weight:.1f}", end=", ")
    print(f"R² {e.score:.2f}, local gap {gap:.1f} kWh/m²")

# %% [markdown]
# So make a *new* explainer for each row, with a `random_state`. This function does.


# %%
def explain(f, dataset, x, seed, num_features=10, **settings):
    """An explanation of the lime library."""
    explainer = LimeTabularExplainer(
        dataset.X_train,
        mode="regression",
        feature_names=list(dataset.feature_names),
        random_state=seed,
        **settings,
    )
    return explainer.explain_instance(
        x, f, num_features=num_features, num_samples=5000
    )


def gap_of(e):
    """Local gap of an explanation of the library."""
    return abs(e.predicted_value - e.local_pred[0])


e = explain(f, buildings, x, seed=0, discretize_continuous=False)
print(f"prediction       {e.predicted_value:.1f}")
print(f"local prediction {e.local_pred[0]:.1f}")
print(f"intercept        {e.intercept[1]:.1f}")
print(f"R² {e.score:.2f}, local gap {gap_of(e):.1f} kWh/m²")
for label, pairs in e.as_map().items():
    print(label, [(int(i), round(float(w), 1)) for i, w in pairs[:3]])

# %% [markdown]
# The names of the results need care.
#
# - `predicted_value` is the network's prediction. `local_pred` is that of the *line*. They differ by the local gap.
# - `score` is the weighted R² of the line on its own samples. It says nothing about how well the network
#   predicts.
# - `as_map()` has two labels, 0 and 1, as if there were two classes. Look at the numbers: one is the other
#   times −1. A regression is in **label 1**.
#
# ### Exercise 4: spot the bug, the other way round
#
# Somebody wants the weights as an array, in the order of the columns. This runs, and it is wrong in two ways.
# Compare with the slopes that you computed by hand.

# %%
wrong = np.array([weight for _, weight in e.as_map()[0]])
print("this:   ", wrong[:4].round(1))
print("by hand:", mine[1:5].round(1))

# %% [markdown]
# Repair it. `e` is an explanation and `d` the number of features. An explanation may have fewer rows than
# features; those without a row get the weight 0. Return shape `(d,)`.


# %%
def weights_by_column(e, d):
    """Weights of an explanation in the order of the columns: (d,)."""
    # SOLUTION
    weights = np.zeros(d)
    for column, weight in e.as_map()[1]:
        weights[column] = weight
    return weights
    # STUB
    # return np.array([weight for _, weight in e.as_map()[0]])
    # END


weights_by_column = check.weights_by_column(weights_by_column)

# %% [markdown] tags=["solution"]
# **Why.** Each pair is (column, weight), and the pairs are sorted by the size of the weight. Label 0 is the
# “other class” of a classifier. In a regression there is none, and the library fills it with the negative.
#
# Typical wrong answers: reading label 1 and keeping the order; sorting the pairs, which is right until
# `num_features` is smaller than `d`. None of these raises an error.

# %% [markdown]
# ### Is yours the same?
#
# With the same random numbers, it should be, to the last digits. With other random numbers both vary. How much?
# Twenty seeds each will tell. If nothing but sampling separates the two, the difference of their means is about
# as large as its standard error.

# %%
same = weights_by_column(e, d) - mine[1:]
print(f"same numbers: less than 0.001 apart: {np.abs(same).max() < 1e-3}")

seeds = range(20)
by_hand = np.array(
    [
        explain_by_hand(
            f,
            x,
            X_train,
            np.random.default_rng(seed).normal(size=(5000, d)),
            default,
            around=False,
        )[0][1:]
        for seed in seeds
    ]
)
of_library = np.array(
    [
        weights_by_column(
            explain(f, buildings, x, seed, discretize_continuous=False), d
        )
        for seed in seeds
    ]
)
variances = by_hand.var(axis=0, ddof=1), of_library.var(axis=0, ddof=1)
error = np.sqrt(sum(variances) / len(seeds))
difference = by_hand.mean(axis=0) - of_library.mean(axis=0)
print("root mean square over the ten slopes, in kWh/m²:")
print(f"scatter of yours over the seeds {np.sqrt(variances[0].mean()):.2f}")
print(f"scatter of the library          {np.sqrt(variances[1].mean()):.2f}")
print(f"difference of the means         {root_mean_square(difference):.2f}")
print(f"standard error of that          {root_mean_square(error):.2f}")

# %% [markdown]
# It is the library's LIME. One run with 5,000 samples is uncertain by about 0.15 kWh/m² in each slope. This is
# the **sampling error**: what another seed may change. Differences between slopes that are not clearly larger
# mean nothing.

# %% [markdown]
# ## 5. How to read a row
#
# ### A slope per standard deviation
#
# “`wall_u` 18.7” means: among these samples, one standard deviation more goes with 18.7 kWh/m² more. It does not
# mean that the walls add 18.7 to *this* prediction. This building's walls are average. So how much do they add?
# Slope times the standardized value is the **contribution**, in kWh/m²: the part of the line that belongs to this
# feature of this row.
#
# ### Exercise 5: contributions in the target's unit
#
# Write it. `x` has shape `(d,)`, `X_train` has shape `(n, d)`, and `slopes`, shape `(d,)`, are in the target's
# unit per standard deviation. LIME standardizes with mean and standard deviation of the training rows
# (`np.std`, which divides by n). Return the contributions, shape `(d,)`.


# %%
def contributions(x, X_train, slopes):
    """What each feature adds to the line at x, from the mean row: (d,)."""
    # SOLUTION
    return slopes * (x - X_train.mean(axis=0)) / X_train.std(axis=0)
    # STUB
    # return ...
    # END


contributions = check.contributions(contributions)

# %% [markdown] tags=["solution"]
# **Why.** kWh/m² per standard deviation, times a number of standard deviations, is kWh/m². At the mean row all
# contributions are 0, and the line gives its intercept.
#
# Typical wrong answers: `slopes * x` multiplies a slope per standard deviation by meters. `pandas` divides by
# n − 1, so `frame.std()` is a little larger. The slope alone answers another question: what one standard
# deviation more would do.

# %%
slopes = np.asarray(weights_by_column(e, d), float)
parts = np.asarray(contributions(x, X_train, slopes))
table = pd.DataFrame(
    {"x": x, "mean": mean, "slope": slopes, "contribution": parts},
    index=names,
).sort_values("contribution", key=np.abs, ascending=False)
digits = {"x": 2, "mean": 2, "slope": 1, "contribution": 1}
print((table.round(digits) + 0).to_string())
total = e.intercept[1] + parts.sum()
print(f"intercept + contributions {total:.1f}")
print(f"local prediction          {e.local_pred[0]:.1f}")
print(f"prediction                {e.predicted_value:.1f}")

# %% [markdown]
# The order has changed. `wall_u` has the largest slope and one of the smallest contributions: the walls are
# average. The low indoor temperature contributes most for this building.
#
# Intercept and contributions add up, and what they add up to is the *local prediction*. The prediction itself is
# off by the gap. Here is a picture for a report, with unit, R² and gap. Its caption names the settings: no bins, 5,000
# samples around the mean row, the default kernel width, seed 0.

# %%
# ALT Bars of ten contributions. The indoor temperature lowers the line by 12 kWh/m², heat recovery by 10 and air changes
# ALT by 8. The window U-value and the compactness raise it by 8 to 9. The walls are near zero.
fig, ax = plt.subplots(figsize=(6, 4.2))
upward = table["contribution"][::-1]
colors = np.where(upward > 0, figures.POSITIVE, figures.NEGATIVE)
ax.barh(upward.index, upward, color=colors)
ax.axvline(0, color="black", linewidth=0.8)
ax.set_xlabel(
    "contribution (kWh/m²)\n"
    f"from {e.intercept[1]:.0f} at the mean row to {e.local_pred[0]:.0f} at x\n"
    f"R² {e.score:.2f}, local gap {gap_of(e):.1f} kWh/m²"
)
plt.show()

# %% [markdown]
# ### A bin
#
# By its default the library does something else. It cuts each feature into four **bins**, a quarter of the
# training rows in each, draws samples from all of them, and replaces the feature by a yes or no: is the sample in
# the same bin as `x`? The line is fitted to these yes and no. Here is the default explanation of the same building.

# %%
bins = explain(f, buildings, x, seed=0)
for name, weight in bins.as_list():
    print(f"{name:33s}{weight:6.1f}")
print(f"intercept        {bins.intercept[1]:.1f}")
print(f"local prediction {bins.local_pred[0]:.1f}")
print(f"prediction       {bins.predicted_value:.1f}")
print(f"R² {bins.score:.2f}, local gap {gap_of(bins):.1f} kWh/m²")

# %% [markdown]
# “`heat_recovery > 0.68`: −18.5” is not a slope. It says: samples in this bin are predicted lower by 18.5 kWh/m²
# than samples in the *other three bins* of this feature. The intercept belongs to a building that is in the same
# bin as `x` for no feature at all. Intercept and weights add up to the local prediction again. The gap is large,
# about half of the spread of all predictions, and R² is low: ten times yes or no cannot tell the other three bins
# apart, nor the two ends of one bin. Nothing in the rows shows this. R² and gap do.
#
# The walls are an example. The row says −9.0, and above their contribution was −0.8. The bin reaches from 0.56 to
# 0.98, and this building, with 0.95, lies at its upper end. The row speaks of the bin, and not of the building.
#
# A bin has a contribution too: weight × (value − mean value), as before. The value is 1, and its mean is the
# share of the bin, ¼. So it is 0.75 times the weight.
#
# ### Pictures in today's notebooks
#
# Many tutorials show an explanation with `show_in_notebook()`.

# %%
try:
    bins.show_in_notebook()
except ImportError as error:
    print(type(error).__name__)
    print(str(error).split(" (")[0])
print(f"as_html(): {len(bins.as_html()) / 1e6:.1f} million letters")

# %% [markdown]
# It asks IPython for something that has moved, and fails since IPython 9. `as_html()` works, and puts a whole
# library of drawing code into each picture. `as_pyplot_figure()` works too. Give it a unit, a size, and colors
# that everybody can tell apart.

# %%
# ALT Bars of ten bins. Heat recovery above 0.68, indoor temperature up to 19.58 and air changes up to 0.45 lower the
# ALT prediction by 15 to 19 kWh/m². High compactness, high window U-value and low window share raise it by 9 to 13.
fig = bins.as_pyplot_figure()
fig.set_size_inches(6.2, 4.2)
fig.set_layout_engine("tight")
ax = fig.axes[0]
ax.set_title("")
ax.tick_params(axis="y", labelsize=10)
for bar in ax.patches:
    positive = bar.get_width() > 0
    bar.set_color(figures.POSITIVE if positive else figures.NEGATIVE)
ax.set_xlabel(
    "in this bin rather than another (kWh/m²)\n"
    f"R² {bins.score:.2f}, local gap {gap_of(bins):.1f} kWh/m²"
)
plt.show()

# %% [markdown]
# ## 6. The settings decide
#
# One building proves little. Here are 25 held-out buildings, explained by the library in four ways with two seeds
# each, and in a fifth way with `num_features=3`.

# %%
rows = buildings.X_test[:25]
slope_settings = {"discretize_continuous": False}
around_settings = slope_settings | {"sample_around_instance": True}
settings = {
    "bins (default)": {},
    "slopes, around mean": slope_settings,
    "slopes, around x": around_settings,
    "same, width 1": around_settings | {"kernel_width": 1.0},
}
found, quality_of = {}, {}
for label, chosen in settings.items():
    explained = [
        [explain(f, buildings, row, seed, **chosen) for row in rows]
        for seed in range(2)
    ]
    found[label] = np.array(
        [[weights_by_column(e, d) for e in line] for line in explained]
    )
    quality_of[label] = np.array(
        [[(e.score, gap_of(e)) for e in line] for line in explained]
    ).reshape(-1, 2)

# %%
three = [
    explain(f, buildings, row, 0, num_features=3, **slope_settings)
    for row in rows
]
quality_of["slopes, 3 features"] = np.array(
    [(e.score, gap_of(e)) for e in three]
)
table = pd.DataFrame(
    {
        label: {
            "R²": both[:, 0].mean(),
            "lowest": both[:, 0].min(),
            "gap": both[:, 1].mean(),
            "largest": both[:, 1].max(),
        }
        for label, both in quality_of.items()
    }
).T
print("R² and local gap (kWh/m²) of 25 buildings")
print(table.round({"R²": 2, "lowest": 2, "gap": 1, "largest": 1}).to_string())

# %% [markdown]
# - **Bins**, the library's default, have by far the lowest R² here.
# - **Samples around `x`** change R² and gap little here. With a smaller kernel width they give the highest R² and the
#   smallest gap of these lines.
# - **`num_features=3` is no setting of the display.** The library fits a new line that knows three features only.
#
# Now the kernel width, for the samples around the mean row. The figure follows four slopes of `x` over the width.

# %%
# ALT Two panels over the kernel width, from 0.25 to 8. Above, four slopes are zero at the left end, appear between 0.5
# ALT and 1, and then stay, but for the window share, which fades from minus 6 at width 1 to zero. Below, R² is zero up
# ALT to 0.5 and about 0.9 from 1 on.
widths = np.geomspace(0.25, 8, 16)
path = [
    explain_by_hand(f, x, X_train, noise, width, around=False)
    for width in widths
]
fig, axes = plt.subplots(
    2, 1, figsize=(6, 5), sharex=True, height_ratios=(2, 1)
)
shown = ["wall_u", "indoor_temp", "window_share", "outdoor_temp"]
for name, style in zip(shown, ("o-", "s--", "^-.", "d:"), strict=True):
    of_name = [beta[1 + names.index(name)] for beta, _, _ in path]
    axes[0].semilogx(widths, of_name, style, markersize=4, label=name)
axes[0].axhline(0, color=figures.NEUTRAL, linewidth=0.8)
axes[0].set_ylabel("slope\n(kWh/m² per sd)")
axes[0].set_ylim(-16, 34)
axes[0].legend(fontsize=10, ncols=2, loc="upper left")
axes[1].semilogx(widths, [r2 for _, r2, _ in path], "o-", color="black")
axes[1].set_ylabel("R²")
axes[1].set_xlabel("kernel width (standard deviations)")
axes[1].set_xticks([0.25, 0.5, 1, 2, 4, 8], ["0.25", "0.5", "1", "2", "4", "8"])
axes[1].minorticks_off()
fig.align_ylabels()
plt.show()

# %% [markdown]
# On the right the window share fades away, as in the picture of part 2. On the left everything does, for another
# reason: no sample but `x` has a weight, so there is nothing to fit, and the penalty pulls all slopes to zero.
#
# Does the *order* of the features depend on the width? The table takes the three largest slopes of each of the
# 25 buildings, and asks how often they are the same three as at the default width.

# %%
lines, by_width = {}, {}
for width in (0.25, 0.5, 1.0, default, 8.0):
    for around in (False, True):
        results = [
            explain_by_hand(f, row, X_train, noise, width, around)
            for row in rows
        ]
        by_width[width, around] = np.array([b[1:] for b, _, _ in results])
        label = "x" if around else "mean"
        lines.setdefault(f"{width:.2f}", {}).update(
            {
                f"R², {label}": np.mean([r2 for _, r2, _ in results]),
                f"gap, {label}": np.mean([gap for _, _, gap in results]),
            }
        )


def top_three(slopes):
    return [set(np.argsort(-np.abs(line))[:3]) for line in slopes]


for (width, around), slopes in by_width.items():
    usual = top_three(by_width[default, around])
    same = [a == b for a, b in zip(top_three(slopes), usual, strict=True)]
    label = "x" if around else "mean"
    lines[f"{width:.2f}"][f"same 3, {label}"] = np.mean(same)
table = pd.DataFrame(lines).T
print("samples around x")
print(table.filter(like=", x").round(2).to_string())
print("samples around the mean row")
print(table.filter(like=", mean").round(2).to_string())

# %% [markdown]
# “The three most important features” depend on the width, more so if the samples lie around the mean row.
# Look at the first line. **A gap of zero is no merit by itself.** The line goes through `x` because it has seen
# nothing else, and its slopes are next to zero. R² says so.

# %% [markdown]
# ## 7. Stable is not true
#
# LIME draws at random, so people run it with several seeds, and trust it when the seeds agree. What does that
# test? For these buildings we know the truth. Take the question of a small change: the true slopes are those of
# the formula, `data.heating_demand`.


# %%
def true_slopes(rows):
    """Slopes of the formula, in kWh/m² per standard deviation: (n, d)."""
    result = np.empty(rows.shape)
    for column, step in enumerate(1e-4 * sd):
        up, down = rows.copy(), rows.copy()
        up[:, column] += step / 2
        down[:, column] -= step / 2
        rise = data.heating_demand(up) - data.heating_demand(down)
        result[:, column] = rise / 1e-4
    return result


truth = true_slopes(rows)
print(f"true slopes, root mean square: {root_mean_square(truth):.1f}")

# %% [markdown]
# ### Exercise 6: stable or true?
#
# Write a function that tells the two apart. `W` holds the slopes of one row, explained with several seeds, shape
# `(seeds, d)`; `truth` has shape `(d,)`. Return two numbers:
#
# - the *scatter*: the standard deviation of each feature over the seeds (`ddof=1`), and of these the root mean
#   square over the features;
# - the *distance*: the mean of each feature over the seeds, less the truth, and again the root mean square.


# %%
def scatter_and_distance(W, truth):
    """How far the seeds are apart, and how far their mean is from the truth."""
    # SOLUTION
    scatter = root_mean_square(W.std(axis=0, ddof=1))
    return scatter, root_mean_square(W.mean(axis=0) - truth)
    # STUB
    # return ...
    # END


scatter_and_distance = check.scatter_and_distance(scatter_and_distance)

# %% [markdown] tags=["solution"]
# **Why.** The mean over the seeds takes the chance out, as far as it goes. What is left of the distance is
# there for every seed.
#
# Typical wrong answers: the distance of the single runs mixes both. `W.std()` mixes the features. The mean of
# the differences without a square lets too much and too little cancel.

# %% [markdown]
# **Predict** before you run. Take four times as many samples, and again four times. What becomes of the scatter?
# What becomes of the distance? And which of the four lines has the smallest scatter of all?


# %%
def over_seeds(samples, width):
    """Scatter and distance (root mean square), R² and gap (mean)."""
    both, fits = [], []
    for i, (row, true) in enumerate(zip(rows, truth, strict=True)):
        W = []
        for seed in range(5):
            drawn = np.random.default_rng((i, seed)).normal(size=(samples, d))
            beta, r2, gap = explain_by_hand(
                f, row, X_train, drawn, width, around=False
            )
            W.append(beta[1:])
            fits.append((r2, gap))
        both.append(scatter_and_distance(np.array(W), true))
    return *root_mean_square(both, axis=0), *np.mean(fits, axis=0)


lines = {
    f"{samples}, width {width:.2f}": over_seeds(samples, width)
    for samples, width in (
        (500, default),
        (2000, default),
        (8000, default),
        (2000, 0.25),
    )
}
table = pd.DataFrame(lines, index=["scatter", "distance", "R²", "gap"]).T
print("samples and width; 25 buildings, 5 seeds each")
print("scatter and distance in kWh/m² per standard deviation")
digits = {"scatter": 2, "distance": 2, "R²": 2, "gap": 1}
print(table.round(digits).to_string())

# %% [markdown]
# Four times as many samples halve the scatter: the error of a mean falls with the square root of their number.
# The distance does not move. More samples make LIME sure of its answer, whatever that answer is.
#
# The last line is the most stable of all. Its slopes are always next to zero, and so it is as far from the truth as an
# explanation that says nothing. Its gap is the smallest too. Only its R² gives it away. **Agreement between seeds says that another seed would give the same answer. It
# says nothing else.**

# %% [markdown]
# ## 8. The truth decides
#
# Which setting comes closest to the truth? First say to which. There are two questions about a building, and
# each has a referee of its own.
#
# - **A. What if this building were a little different?** The referee: the slopes of the formula at this
#   building. LIME answers with its slopes. A bin is not a slope, and has no answer to A.
# - **B. Why this much, rather than the usual?** The referee: what each feature of this building adds in the
#   formula, against the training rows. The formula is a sum of terms. A term of one feature counts its value at the
#   building less its mean over the rows. The one term of two features, air changes and heat recovery, is shared
#   between them. `data.heating_shapley` computes it, and the
#   [next chapter](../book/local/shapley.md) says why this is a fair way to share. LIME answers with its
#   contributions. They start from the line's value for the mean row, and for a line that is also its mean over the
#   training rows.
#
# **Predict** before you run: which setting wins A, and which wins B? Does the highest R² win both? Begin with the
# one building `x`, the first of the 25.

# %%
shares, _ = data.heating_shapley(rows, X_train)
Z_rows = (rows - mean) / sd


def answers(label):
    """Slopes and contributions of a setting, each (seeds, 25, d)."""
    if label.startswith("bins"):
        return None, 0.75 * found[label]
    return found[label], found[label] * Z_rows


distance = {"A": {}, "B": {}}
for label in settings:
    for question, answer, true in zip(
        "AB", answers(label), (truth, shares), strict=True
    ):
        if answer is not None:
            distance[question][label] = np.array(
                [
                    scatter_and_distance(answer[:, i], true[i])[1]
                    for i in range(len(rows))
                ]
            )
first = {q: {k: v[0] for k, v in distance[q].items()} for q in "AB"}
table = pd.DataFrame(first).reindex(list(settings))
digits = {"R²": 2, "gap": 1, "A": 1, "B": 1}
fits = [quality_of[k][[0, len(rows)]].mean(axis=0) for k in table.index]
table[["R²", "gap"]] = fits  # the mean of its two seeds
print("distance from the truth for x, kWh/m²")
print(table[list(digits)].round(digits).to_string(na_rep="-"))

# %% [markdown]
# And for all 25 buildings? The table adds two lines. *All zeros* is an explanation that says nothing. *The network
# itself* has no line in between: its exact slopes, and its exact Shapley values against 200 training rows. What is
# left there, the network has learned wrong.

# %%
table = pd.DataFrame(
    {
        question: {k: root_mean_square(v) for k, v in of_setting.items()}
        for question, of_setting in distance.items()
    }
).reindex(list(settings))
table[["R²", "gap"]] = [quality_of[k].mean(axis=0) for k in table.index]
table.loc["all zeros"] = {
    "A": root_mean_square(truth),
    "B": root_mean_square(shares),
}
some = X_train[:200]
exact, _ = shapley.exact(f, rows, some)
known, _ = data.heating_shapley(rows, some)
table.loc["the network itself"] = {
    "A": root_mean_square(gradients.gradient(network, rows) * sd - truth),
    "B": root_mean_square(exact - known),
}
print("distance from the truth, kWh/m², 25 buildings")
print(table[list(digits)].round(digits).to_string(na_rep="-"))
for question, of_setting in distance.items():
    winners = pd.DataFrame(of_setting).idxmin(axis=1)
    for label, share in winners.value_counts(normalize=True).items():
        print(f"{question}: nearest is {label!r}: {share:.2f}")
nearer = distance["B"]["bins (default)"] < distance["B"]["same, width 1"]
print(f"B: bins nearer than width 1: {nearer.mean():.2f}")

# %% [markdown]
# - **A**, the small change, goes to the samples around `x` with a small width.
# - **B**, the comparison with the usual, goes mostly to the samples around the *mean row*. The slopes at
#   `x` do not know what lies between `x` and the others.
# - **R² chose the wrong one for B.** The two settings with the highest R² are the farthest from B, and even bins,
#   with an R² of about 0.3, come nearer. R² says how well the line stands in for the network *where its samples
#   are*. It does not say whether they are where your question is.
#
# Question A has a surprise in its last line. LIME around `x` is nearer to the truth than the network's own slopes: it
# averages over a neighborhood, as SmoothGrad does in [Lab 06](06_gradients.ipynb), and the slopes of this network are
# rough. So draw closer and closer, and see what happens. Your own function can do that: multiply the noise. The
# library has no setting for it. There is no penalty here (`alpha` is 0), since it would pull on samples that lie so
# close together.

# %%
lines = {}
for amount in (1.0, 0.5, 0.2, 0.05):
    results = [
        explain_by_hand(f, row, X_train, amount * noise, default, True, 0.0)
        for row in rows
    ]
    slopes = np.array([beta[1:] for beta, _, _ in results])
    lines[f"{amount:.2f} sd"] = {
        "R²": np.mean([r2 for _, r2, _ in results]),
        "gap": np.mean([gap for _, _, gap in results]),
        "A": root_mean_square(slopes - truth),
    }
print("samples around x, closer and closer (gap and A in kWh/m²)")
print(pd.DataFrame(lines).T.round(2).to_string())

# %% [markdown]
# R² rises to nearly 1, and the gap falls to nearly 0: the line becomes **faithful**, it says what the network
# says. The distance from the truth first falls and then rises. In the end the line repeats the roughness of the
# network. Faithful to the network, and true about the world, are two things. R² and gap measure the first.

# %% [markdown]
# ## 9. Once more, with patients
#
# For these patients nobody knows the truth. R², gap and seeds are all that you have. Here are the first 20 held-out
# patients with three seeds each, and then two explanations of the first one.

# %%
patients = data.diabetes()
f_patients = Predictor(models.load("diabetes"))
lines = {}
for label, chosen in settings.items():
    explained = [
        [
            explain(f_patients, patients, row, seed, **chosen)
            for seed in range(3)
        ]
        for row in patients.X_test[:20]
    ]
    both = np.array([(e.score, gap_of(e)) for line in explained for e in line])
    W = np.array(
        [
            [weights_by_column(e, len(patients.feature_names)) for e in line]
            for line in explained
        ]
    )
    lines[label] = {
        "R²": both[:, 0].mean(),
        "lowest": both[:, 0].min(),
        "gap": both[:, 1].mean(),
        "largest": both[:, 1].max(),
        "scatter": root_mean_square(W.std(axis=1, ddof=1)),
    }
print("R², local gap and scatter over the seeds (points)")
table = pd.DataFrame(lines).T
digits = {"R²": 2, "lowest": 2, "gap": 1, "largest": 1, "scatter": 1}
print(table.round(digits).to_string())

# %%
for chosen in ({}, {"categorical_features": [1]}):
    one = explain(f_patients, patients, patients.X_test[0], 0, **chosen)
    for name, weight in one.as_list()[:3]:
        print(f"{name:33s}{weight:6.1f}")
    print(f"R² {one.score:.2f}, local gap {gap_of(one):.0f} points")

# %% [markdown]
# This network is nearly straight, so the lines with slopes stand in well wherever the samples lie. The bins still
# do not. Yet their seeds agree well: another seed moves a weight by about 1 point, while the line misses the prediction
# by about 14. For the first patient the default explanation misses it by more than its second largest row.
#
# The third row says `1.00 < sex <= 2.00`. LIME took the two codes for numbers and cut them into bins. Tell it
# which columns are categories, as the second explanation does.

# %% [markdown]
# ## 10. The report
#
# R² and gap are two of the numbers that belong under an explanation. Here is [all of it](../book/trust/report.md), for
# the bars of contributions in part 5. Lay the gap beside the difference in the question: it is about as large. What is
# not measured you can measure. Another network: `models.train(buildings, **{**models.RECIPES["heating"], "seed": 1})`.

# %%
from glassbox.report import Report

card = models.card("heating")["on held-out rows"]
rival = card["linear regression"]["r2"]
Report(
    question=f"Why {e.predicted_value:.0f} kWh/m² for the first held-out "
    f"building, and not {e.intercept[1]:.0f}, the line at the mean row?",
    model="The heating network. R² on held-out buildings "
    f"{f.score(buildings.X_test, buildings.y_test):.3f}, that of a straight "
    f"line {rival:.3f}.",
    background="5,000 invented buildings around the mean row, each feature "
    "drawn on its own.",
    unit="kWh/m² a year: slope times distance from the mean row.",
    method="The lime library: no bins, kernel width 0.75 √10, seed 0.",
    fidelity=f"Weighted R² {e.score:.2f} on its own samples. Local gap "
    f"{gap_of(e):.1f} kWh/m²: the bars lead to {e.local_pred[0]:.1f}.",
    stability="Over 20 seeds a slope moves by "
    f"{np.sqrt(variances[1].mean()):.2f} kWh/m² per standard deviation. Bins "
    "and other widths give other bars. Other networks: not measured.",
    limits="A straight line: it cannot show that windows save heat up to a "
    "share and cost heat beyond. More than half of the samples lie outside "
    "of the training data in some feature.",
)

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - LIME is three steps: perturb, weight, fit. You can write it in twenty lines.
# - Print R² and the local gap under every explanation. Neither alone is enough: a gap of zero can belong to a line
#   that knows nothing.
# - The library wants NumPy, a one-dimensional row and `mode="regression"`. Read label 1, put the weights into the
#   order of the columns, and draw with `as_pyplot_figure` or by hand.
# - A slope is per standard deviation. Times the standardized value it is a contribution, in the target's unit. A bin
#   is a comparison with the other bins.
# - The intercept and the contributions add up to the *local* prediction.
# - More samples, and agreement between seeds, make an explanation stable. They do not make it true.
# - Bins, the place of the samples and the kernel width each change the question. Choose them for your question,
#   and name them in the report.
#
# **What comes next** Question B asks for a fair way to share out a difference. The chapter
# [Shapley values](../book/local/shapley.md) says what “fair” can mean, and [Lab 09](09_shapley.ipynb) computes it.
