# %% [markdown]
# # Lab 01. Performance against interpretability
#
# You have trained a network. Would a model that anyone can read have done as well? It is often said that
# you must choose: accurate, or readable. Here you measure it, on simulated buildings and on real patients.
#
# **You will be able to**
#
# - measure a regression model with R² and the root mean square error, and notice when the code is wrong;
# - build a line, a tree and an additive model, by hand and with scikit-learn, and read them;
# - find in the residuals what a model has missed, and mend it with one new feature;
# - say whether one model is better than another, or whether the data cannot tell.
#
# **You need** Python with NumPy and a first course in machine learning. The chapter [Performance against
# interpretability](../book/foundations/tradeoff.md) explains the ideas that you use here.
#
# **Time** About 90 minutes. The code itself runs in less than one.
#
# **Model and data** *Heating*: 5,000 buildings from a simulator, and a network that ships with this book.
# It predicts the yearly heating demand in kWh/m². The simulator is a formula, so the truth is known.
# *Diabetes*: 442 real patients, and a score of how far the disease progressed one year later, in points.
# Here nobody knows the truth.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of three
# verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as often as
# you like: `check.r2.hint()`. The [solution](../solutions/01_tradeoff.ipynb) also says why.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once, and
# come back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell did
# not run at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `01_tradeoff.mine.ipynb`.

# %%
from dataclasses import replace
import itertools

# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, models
from glassbox.checks import lab01 as check
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.tree import DecisionTreeRegressor, export_text

figures.use_style()

# %% [markdown]
# ## 1. The buildings and the network
#
# Ten features describe a building. 4,000 buildings are for training. 1,000 are **held out**: no model sees
# them before it is judged on them.

# %%
buildings = data.heating()
X, y = buildings.X_train, buildings.y_train
X_test, y_test = buildings.X_test, buildings.y_test
names = list(buildings.feature_names)

ranges = {"unit": buildings.units, "from": X.min(axis=0), "to": X.max(axis=0)}
print(pd.DataFrame(ranges, index=names).round(2).to_string())

# %% [markdown]
# `wall_u` and `window_u` say how much heat goes through a wall and a window: low is well insulated.
# `air_changes` says how often in an hour fresh air replaces the air inside. `heat_recovery` is the share of
# that air's heat that a heat exchanger brings back. `compactness` is surface per volume.
#
# The network has two hidden layers of 64 units. Nobody reads its parameters one by one: [The black
# box](../book/foundations/black_box.md) tells why. `Predictor` makes a function `f` of it: rows of shape
# `(n, 10)` go in, `n` predictions in kWh/m² come out.

# %%
network = models.load("heating")
f = Predictor(network)
print(f"{models.card('heating')['parameters']:,} parameters")
print("rows:       ", X_test.shape)
print("predictions:", f(X_test).shape)
print("the first three:", f(X_test)[:3].round(1), buildings.unit)
print("measured:       ", y_test[:3].round(1), buildings.unit)

# %% [markdown]
# ## 2. How good is a prediction?
#
# ### Exercise 1: R²
#
# Two sums of squares say it. The first is what the predictions $\hat y_i$ leave over. The second is what
# would be left over if you always said the mean $\bar y$ of the target:
#
# $$R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}$$
#
# 1 means that every prediction is right, 0 that they are no better than always saying the mean. Write it
# with NumPy. Both arrays have the shape `(n,)`. Before you run the cell: can R² be negative?


# %%
def r2(y, predicted):
    """R² of predictions, one number."""
    # SOLUTION
    left_over = ((y - predicted) ** 2).sum()
    return 1 - left_over / ((y - y.mean()) ** 2).sum()
    # STUB
    # return ...  # put your code here
    # END


r2 = check.r2(r2)

# %% [markdown] tags=["solution"]
# **Why.** R² compares two ways to predict: yours, and always saying the mean. It has no unit, and it is
# negative when always saying the mean is better.
#
# Typical wrong answers: the squared correlation, `np.corrcoef(y, predicted)[0, 1] ** 2`, gives 1 to
# predictions that are all twice too high. `1 - (y - predicted).var() / y.var()` gives 1 to predictions that
# are all 100 too high. With the arguments swapped you divide by the spread of the predictions,
# which most models make too small.

# %%
truth = data.heating_demand(X_test)  # the simulator's formula, without noise
print(f"network, training rows:  {r2(y, f(X)):.3f}")
print(f"network, held-out rows:  {r2(y_test, f(X_test)):.3f}")
print(f"the same, scikit-learn:  {r2_score(y_test, f(X_test)):.3f}")
print(f"the truth, held-out rows: {r2(y_test, truth):.3f}")
print(f"the truth, training rows: {r2(y, data.heating_demand(X)):.3f}")

# %% [markdown]
# Even the true formula does not reach 1. The measured demand has **noise** in it, with a standard deviation
# of 5 kWh/m², and no feature explains noise. So 0.972 is the **noise ceiling** on the held-out rows. The
# network nearly reaches it.
#
# On the training rows the network is even above the truth. It has learned a little of their noise, and that
# is of no use for other buildings.
#
# Below 0 there is no floor: predictions that are worse than always saying the mean have a negative R².

# %% [markdown]
# ### Exercise 2: spot the bug, the error that is too large
#
# R² has no unit. The **root mean square error** has that of the target: it is a typical size of an error.
# Here it is for the network, with Keras's own `predict`.

# %%
predicted = network.predict(X_test, verbose=0)
error = np.sqrt(((y_test - predicted) ** 2).mean())
print(f"root mean square error:       {error:.1f} kWh/m²")
print(f"always saying the mean gives: {y_test.std():.1f} kWh/m²")

# %% [markdown]
# This says that the network is worse than always saying the mean. Its R² says that it is nearly perfect.
# Both cannot be, and the code has run without an error.
#
# Find the bug, and repair it in the function below. `y` has the shape `(n,)`. The predictions come as `(n, 1)` or as
# `(n,)`, and it must be right for both, and for a single row.


# %%
def rmse(y, predicted):
    """Root mean square error, in the unit of y."""
    # SOLUTION
    return np.sqrt(((y - np.ravel(predicted)) ** 2).mean())
    # STUB
    # return np.sqrt(((y - predicted) ** 2).mean())
    # END


rmse = check.rmse(rmse)

# %% [markdown] tags=["solution"]
# **Why.** A Keras network returns a table with one column, `(n, 1)`. NumPy lines up shapes from the right
# and repeats what has length 1, so `(n,)` minus `(n, 1)` is a table `(n, n)`: each measured value against
# each prediction. This is called broadcasting. `np.ravel` makes both `(n,)`.
#
# Typical wrong answers: `predicted[:, 0]` fails when the predictions are `(n,)` already. `predicted[0]` is
# the first prediction alone. `y[:, None]` repairs one shape and breaks the other.

# %%
print("y_test            ", y_test.shape)
print("predicted         ", predicted.shape)
print("y_test - predicted", (y_test - predicted).shape)
print(f"root mean square error: {rmse(y_test, predicted):.1f} kWh/m²")

# %% [markdown]
# A million differences, where a thousand were meant. `f` returns `(n,)`, so this cannot happen with it.
# When a number contradicts another one, look at the shapes first.

# %% [markdown]
# ## 3. A line: one number for each feature
#
# The first model that anyone can read is the **linear model**, for short a line:
#
# $$\hat y = \beta_0 + \beta_1 x_1 + \dots + \beta_d x_d$$
#
# By hand it takes two lines: a column of ones for $\beta_0$, and least squares.

# %%
table = np.column_stack([np.ones(len(X)), X])
weights = np.linalg.lstsq(table, y, rcond=None)[0]

line = LinearRegression().fit(X, y)
print("same weights:", np.allclose(weights, [line.intercept_, *line.coef_]))
print(f"R² on held-out rows: {r2(y_test, line.predict(X_test)):.3f}")
print()
print(pd.Series(line.coef_, index=names).round(3).to_string())

# %% [markdown]
# Eleven numbers are the whole model. Each weight says: one unit more of this feature, the others as they
# are, and the prediction changes by so much. One degree more indoors costs 6 kWh/m². The simulator's
# formula says the same: `6 * (t - 20)`.
#
# Now read `window_share`, the share of glass in the walls. From 0.1 to 0.6, all that occurs, the prediction
# changes by less than 1 kWh/m². So the windows do not matter? A **residual** is what a prediction leaves
# over, $y - \hat y$. If the line is right about a feature, its residuals do not depend on it. Before you
# run the cell, sketch what you expect.

# %%
# ALT Residuals of the line against the share of glass, 1,000 buildings. Their mean is a U: about plus 10 for
# ALT the smallest shares, about minus 7 for those near 0.35, and plus 10 again for the largest.
share = X[:1000, names.index("window_share")]
residual = y[:1000] - line.predict(X[:1000])
edges = np.linspace(0.1, 0.6, 11)
place = np.digitize(share, edges[1:-1])
means = [residual[place == i].mean() for i in range(10)]

plt.close("all")
fig, ax = plt.subplots()
ax.plot(share, residual, ".", color=figures.SKY, markersize=3, label="building")
ax.plot(
    (edges[:-1] + edges[1:]) / 2,
    means,
    "o-",
    color=figures.VERMILLION,
    label="mean",
)
ax.axhline(0, color="black", linewidth=0.8)
ax.set_xlabel("window_share (fraction)")
ax.set_ylabel("residual (kWh/m²)")
ax.legend(loc="upper center", ncols=2)
plt.show()

# %% [markdown]
# A U. Few windows cost heating, many windows cost heating, and the best share lies between. A line has one
# slope, and the best slope through a U is about zero. So a **model that you can read can still tell you
# something false**. You see exactly what it says, and it says that windows do not matter.

# %% [markdown]
# ## 4. A tree: questions
#
# A **tree** asks questions with yes or no, such as “is `wall_u` at most 0.8?”. At the end of each branch, in
# a **leaf**, it predicts the mean of the training rows that arrived there. How does it find a good
# question?
#
# ### Exercise 3: the best split
#
# For one feature $x$, a threshold $c$ cuts the rows in two, and each side predicts its own mean. Find the
# threshold that leaves the smallest sum of squares over both sides:
#
# $$\sum_{x_i \le c} (y_i - \bar y_{\mathrm{left}})^2 + \sum_{x_i > c} (y_i - \bar y_{\mathrm{right}})^2$$
#
# Only where $c$ passes a value does anything change. So try the middle between each two neighboring values
# of `x`, and no others. Both arrays have the shape `(n,)`, in no particular order, and values can occur
# more than once.


# %%
def best_split(x, y):
    """The threshold with the smallest sum of squares, in the unit of x."""
    # SOLUTION
    values = np.unique(x)
    thresholds = (values[:-1] + values[1:]) / 2
    costs = []
    for threshold in thresholds:
        left, right = y[x <= threshold], y[x > threshold]
        costs.append(
            ((left - left.mean()) ** 2).sum()
            + ((right - right.mean()) ** 2).sum()
        )
    return thresholds[np.argmin(costs)]
    # STUB
    # return ...
    # END


best_split = check.best_split(best_split)

# %% [markdown] tags=["solution"]
# **Why.** The best threshold depends on `y`, so each has to be tried. `np.unique` sorts, and gives a value
# that occurs often only once: no threshold can come between two equal values.
#
# Typical wrong answers: the median of `x` never looks at `y`. Adding the two *variances* counts a side of
# three rows as much as one of 300, and cuts off a few similar rows. Pushing the two *means* apart cuts off
# a single unusual row. Sorting `x` without `y` tears the rows apart.

# %% [markdown]
# With this a tree of one question, a **stump**, is done: find the best split of each feature, and take the
# best of them. 400 buildings are enough to see it.

# %%
few = slice(400)
stumps = {}
for j, name in enumerate(names):
    threshold = best_split(X[few, j], y[few])
    left = X[few, j] <= threshold
    guess = np.where(left, y[few][left].mean(), y[few][~left].mean())
    stumps[name] = {"threshold": threshold, "R²": r2(y[few], guess)}
stumps = pd.DataFrame(stumps).T.sort_values("R²", ascending=False)
print(stumps.round(3).head(4).to_string())

stump = DecisionTreeRegressor(max_depth=1).fit(X[few], y[few])
asked = names[stump.tree_.feature[0]]
print(f"\nscikit-learn asks: {asked} <= {stump.tree_.threshold[0]:.3f}")

# %% [markdown]
# A tree goes on in both halves. Here it may ask three questions in a row, on all 4,000 buildings.

# %%
tree = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, y)
print(export_text(tree, feature_names=names, decimals=1))
print(f"R² on held-out rows: {r2(y_test, tree.predict(X_test)):.2f}")

# %% [markdown]
# Anyone can read this, from the left to the right. (With all rows the first threshold has moved: it depends on
# which buildings were measured.) But the tree knows only eight different answers, and its R² is low.
#
# So let it ask more. Without a limit, a tree goes on until each training building has a leaf of its own.
# Write down two numbers before you run the cell: its R² on the training rows, and on the held-out rows.

# %%
# ALT R² against the number of leaves, from 2 to 4,000. On the training rows it rises up to 1. On the held-out
# ALT rows it stops at about 0.7 from 128 leaves on, and stays below the line, which has almost 0.9.
depths = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, None]
trees = [
    DecisionTreeRegressor(max_depth=depth, random_state=0).fit(X, y)
    for depth in depths
]
leaves = [t.get_n_leaves() for t in trees]
seen = [r2(y, t.predict(X)) for t in trees]
unseen = [r2(y_test, t.predict(X_test)) for t in trees]
print(f"the full tree has {leaves[-1]:,} leaves")
print(f"training rows: {seen[-1]:.2f}")
print(f"held-out rows: {unseen[-1]:.2f}")

plt.close("all")
fig, ax = plt.subplots()
ax.semilogx(leaves, seen, "o-", label="tree, training rows")
ax.semilogx(leaves, unseen, "s-", label="tree, held-out rows")
ax.axhline(
    r2(y_test, line.predict(X_test)),
    color="black",
    linestyle="--",
    label="line, held-out rows",
)
ax.set_xticks([2, 10, 100, 1000, 4000], ["2", "10", "100", "1,000", "4,000"])
ax.minorticks_off()
ax.set_xlabel("leaves")
ax.set_ylabel("R²")
ax.set_ylim(0, 1.05)
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# On its training rows the full tree is perfect, noise included: it has memorized them. On new buildings it
# is far from it. **R² on training rows misleads**, and the more flexible a model is, the more. From here
# on, only held-out rows count.
#
# And the full tree cannot be read. Nobody reads 4,000 leaves. A tree is not readable because it is a tree:
# its size decides too. The full tree is neither accurate nor readable, so giving up the one does not buy
# the other.

# %% [markdown]
# ## 5. An additive model: one curve for each feature
#
# A line was too stiff for the windows. Let each feature have a curve instead of a slope, and add the curves
# up. This is an **additive model**:
#
# $$\hat y = \beta_0 + s_1(x_1) + s_2(x_2) + \dots + s_d(x_d)$$
#
# A curve $s$ can be made of straight pieces. A **hinge** is $\max(0, x - k)$: it is zero up to the **knot**
# $k$, and rises with slope 1 from there. So the sum $w_1 x + w_2 \max(0, x - k)$ has the slope $w_1$ before
# the knot, and $w_1 + w_2$ after it.
#
# ### Exercise 4: hinges
#
# Write a function that takes one feature `x` of shape `(n,)` and `K` knots. It returns a table
# `(n, 1 + K)`: first `x` itself, then a hinge for each knot, in their order.


# %%
def hinges(x, knots):
    """x, and max(0, x - knot) for each knot: shape (n, 1 + K)."""
    # SOLUTION
    columns = [x]
    for knot in knots:
        columns.append(np.maximum(0, x - knot))
    return np.column_stack(columns)
    # STUB
    # return ...
    # END


hinges = check.hinges(hinges)

# %% [markdown] tags=["solution"]
# **Why.** Each column is known before any fit, so finding the weights is least squares again. The curves
# are bent, and the problem stays linear.
#
# Typical wrong answers: without the column `x` every curve is flat before its first knot. `x - knot`
# without the maximum gives more columns of one slope, and a straight line again. `x > knot` gives jumps
# instead of bends. `np.max` instead of `np.maximum` gives one number for all rows, or an error.

# %% [markdown]
# Now the model. Three knots for each feature, at its quartiles: between two knots lies a quarter of the
# buildings. One column of ones, the hinges of all features side by side, and least squares.

# %%
QUARTILES = [0.25, 0.5, 0.75]


def design(X, knots):
    """A column of ones and the hinges of each feature: (n, 1 + 4 d)."""
    parts = [hinges(X[:, j], knots[j]) for j in range(X.shape[1])]
    return np.column_stack([np.ones(len(X)), *parts])


def fit_additive(X, y):
    """Knots (d, 3) and weights of an additive model."""
    knots = np.quantile(X, QUARTILES, axis=0).T
    return knots, np.linalg.lstsq(design(X, knots), y, rcond=None)[0]


knots, weights = fit_additive(X, y)
additive_test = design(X_test, knots) @ weights
print(f"R² on held-out rows:    {r2(y_test, additive_test):.3f}")

# The same with scikit-learn: straight pieces are splines of degree 1.
spline = SplineTransformer(
    n_knots=5, degree=1, knots="quantile", extrapolation="linear"
)
additive = make_pipeline(spline, Ridge(0.001)).fit(X, y)
print(f"the same, scikit-learn: {additive.score(X_test, y_test):.3f}")

# %% [markdown]
# `SplineTransformer` counts the smallest and the largest value as knots too, hence 5. It builds its columns
# in another way, and their sums give the same curves. `Ridge` with a tiny penalty chooses among weights
# that give the same predictions.
#
# 41 weights are too many to read one by one. But nobody has to: **you read the curves**. And as this is a
# simulator, you can see whether they are right.

# %%
# ALT Two curves of the additive model, in pieces, and the simulator's true effects. For the wall they rise
# ALT together from about minus 37 to plus 31, ever more slowly. For the windows both are a U, from plus 14 down
# ALT to minus 7 at a share of 0.35 and up again.


def curve(j, values):
    """The additive model's curve of feature j, with mean 0 over X."""
    mine = weights[1 + 4 * j : 5 + 4 * j]
    height = np.dot(hinges(values, knots[j]), mine)
    return height - np.dot(hinges(X[:, j], knots[j]), mine).mean()


plt.close("all")
fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), sharey=True)
for ax, name in zip(axes, ["wall_u", "window_share"], strict=True):
    j = names.index(name)
    values = np.linspace(X[:, j].min(), X[:, j].max(), 100)
    ax.plot(values, curve(j, values), label="model")
    ax.plot(values, data.heating_effect(name, values, X), "--", label="truth")
    ax.set_xlabel(buildings.labels[j])
axes[0].set_ylabel("effect (kWh/m²)")
axes[0].legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# Read the left one: from the best wall to the worst, the demand rises by more than 60 kWh/m², and the first
# steps count most. The right one has found the U.
#
# How far are all ten from the truth? Here is the root mean square difference over the buildings, in kWh/m².
# The first column is the size of each true effect, its standard deviation. The others say how far off the
# line and the curve are.

# %%
rows = {}
for j, name in enumerate(names):
    true = data.heating_effect(name, X[:, j], X)
    slope = line.coef_[j] * (X[:, j] - X[:, j].mean())
    rows[name] = {
        "effect": true.std(),
        "line": rmse(true, slope),
        "curve": rmse(true, curve(j, X[:, j])),
    }
print(pd.DataFrame(rows).T.round(1).to_string())

# %% [markdown]
# Each curve is off by less than 1. The line is right where the truth is straight, and wrong where it is bent.
# So you can read the additive model, and what you read is close to the truth. Still its R², 0.945, is below
# the network's 0.968. What does it miss?

# %% [markdown]
# ## 6. Two models, one building
#
# Take the building about which the additive model and the network disagree most.

# %%
disagreement = np.abs(f(X_test) - additive_test)
one = disagreement.argmax()
print(pd.Series(X_test[one], index=buildings.labels).round(2).to_string())
print(f"\nnetwork        {f(X_test)[one]:.0f} kWh/m²")
print(f"additive model {additive_test[one]:.0f} kWh/m²")

# %% [markdown]
# Which one do you believe, and why? Look for what is unusual in this building, decide, then run the cell.
# The measured demand has noise in it. The truth has none.

# %%
print(f"measured  {y_test[one]:.0f} kWh/m²")
print(f"the truth {truth[one]:.0f} kWh/m²")

closer = np.abs(f(X_test) - truth) < np.abs(additive_test - truth)
print(f"network closer: {closer.mean():.1%} of buildings")

# %% [markdown]
# Here the network is closer to the truth, and for most other buildings too. This building changes its air often and brings
# no heat back: it has both at once. The additive model adds what each does *on average*, and it has no
# place for what the two do together. That is an **interaction**: the effect of one feature depends on
# another.
#
# Without a simulator you do not have the truth. But you have the residuals. If two features interact, the
# residuals of an additive model often go with their product. So try all 45 pairs, on the training rows: a
# model that was chosen by its held-out rows can no longer be judged on them.

# %%
residual = y - design(X, knots) @ weights
centered = X - X.mean(axis=0)
found = {}
for i, j in itertools.combinations(range(len(names)), 2):
    product = centered[:, i] * centered[:, j]
    found[f"{names[i]} × {names[j]}"] = np.corrcoef(residual, product)[0, 1]
found = pd.Series(found).sort_values(key=np.abs, ascending=False)
print(found.head(4).round(2).to_string())

# %%
# ALT Residuals of the additive model against the air changes. For buildings with little heat recovery the
# ALT residuals rise, from about minus 10 to plus 10. For those with much they fall, from plus 10 to minus 10.
air = X[:1000, names.index("air_changes")]
back = X[:1000, names.index("heat_recovery")]

plt.close("all")
fig, ax = plt.subplots()
for group, mark, color, label in [
    (back < 0.2, "o", figures.BLUE, "below 0.2"),
    (back > 0.7, "^", figures.VERMILLION, "above 0.7"),
]:
    ax.plot(air[group], residual[:1000][group], mark, color=color, markersize=4)
    slope, start = np.polyfit(air[group], residual[:1000][group], 1)
    ends = np.array([0.2, 1.2])
    ax.plot(ends, start + slope * ends, "-", color=color)
    ax.plot([], [], f"{mark}-", color=color, label=label)
ax.axhline(0, color="black", linewidth=0.8)
ax.set_xlabel("air_changes (1/h)")
ax.set_ylabel("residual (kWh/m²)")
ax.legend(title="heat_recovery", ncols=2, loc="lower center")
ax.set_ylim(-32, 28)
plt.show()

# %% [markdown]
# One pair stands out, and the figure shows how. With little heat recovery, each change of air costs more
# than the additive model says. With much, it costs less. A curve of `air_changes` alone cannot rise and
# fall at once. Before you read on: which new column would you give the model?
#
# ### One new feature
#
# The physics is known. Heat leaves with the air, `air_changes` times in an hour, less the share that the
# heat exchanger brings back. So the heat that is lost goes with `air_changes` · (1 − `heat_recovery`). Here
# this product becomes the eleventh column of the table.
#
# Why 1 − `heat_recovery`? `air_changes` · `heat_recovery`, the heat that is brought back, would fit as well.
# The residuals cannot choose between the two. You can: take what is easier to explain. To the model it is
# one more feature with one more curve, so it stays as readable as before.


# %%
def add_product(X):
    """X with one more column: air_changes * (1 - heat_recovery)."""
    air = X[:, names.index("air_changes")]
    back = X[:, names.index("heat_recovery")]
    return np.column_stack([X, air * (1 - back)])


more, more_test = add_product(X), add_product(X_test)
more_knots, more_weights = fit_additive(more, y)
product_test = design(more_test, more_knots) @ more_weights

compared = {
    "always the mean": np.full(len(y_test), y.mean()),
    "tree, 8 leaves": tree.predict(X_test),
    "tree, 4,000 leaves": trees[-1].predict(X_test),
    "line": line.predict(X_test),
    "additive model": additive_test,
    "network": f(X_test),
    "additive, with product": product_test,
    "the truth": truth,
}
rows = {
    name: {"R²": r2(y_test, p), "off the truth": rmse(truth, p)}
    for name, p in compared.items()
}
print(pd.DataFrame(rows).T.round({"R²": 3, "off the truth": 1}).to_string())

# %% [markdown]
# One column, and a model that anyone can read is as good as the network. It is even closer to the truth:
# typically it is off by less than 1 kWh/m².
#
# Is that fair? The network never got this column. But it hardly needs it: its R² is nearly that of the truth,
# so it has found nearly all of the product by itself. It just could not tell you. Here **you** found it, in the
# residuals.
#
# And one warning. This simulator *is* a sum of curves and one product, so an additive model could win. Your
# data need not be of this kind. That is why you measure.

# %% [markdown]
# ## 7. Real patients
#
# Now the 442 patients. There is no formula to compare with. This book always holds the same 111 of them
# out.

# %%
patients = data.diabetes()
shipped = Predictor(models.load("diabetes"))
patients_line = LinearRegression().fit(patients.X_train, patients.y_train)
for name, model in {"network": shipped, "line": patients_line}.items():
    score = r2(patients.y_test, model.predict(patients.X_test))
    print(f"{name:8s}{score:.2f}")

# %% [markdown]
# No difference. But that is one split, and luck has a part: who was held out? So split, train and judge
# several times, each time with other patients held out.
#
# Each split trains a network, which takes a second or two: eight splits, in three cells. The weights of the
# additive model get a penalty, which `RidgeCV` chooses on the training rows: 331 patients are few for many
# weights.

# %%
all_X = np.vstack([patients.X_train, patients.X_test])
all_y = np.concatenate([patients.y_train, patients.y_test])


def one_split(seed):
    """R² on held-out patients of four models, for one random split."""
    X_fit, X_new, y_fit, y_new = train_test_split(
        all_X, all_y, test_size=0.25, random_state=seed
    )
    split = replace(patients, X_train=X_fit, y_train=y_fit)
    keras.backend.clear_session()  # forget the networks of earlier splits
    readable = {
        "line": LinearRegression(),
        "tree": DecisionTreeRegressor(max_depth=3, random_state=0),
        "additive": make_pipeline(
            SplineTransformer(n_knots=4, degree=1, extrapolation="linear"),
            RidgeCV(np.logspace(-2, 3, 11)),
        ),
    }
    scores = {
        "network": r2(y_new, Predictor(models.train(split, seed=seed))(X_new))
    }
    for name, model in readable.items():
        scores[name] = r2(y_new, model.fit(X_fit, y_fit).predict(X_new))
    return scores


by_split = {seed: one_split(seed) for seed in range(3)}

# %%
by_split |= {seed: one_split(seed) for seed in range(3, 6)}

# %%
by_split |= {seed: one_split(seed) for seed in range(6, 8)}
scores = pd.DataFrame(by_split).T
print(scores.round(2).to_string())
print()
print(scores.mean().round(2).to_string())

# %% [markdown]
# From one split to another, R² moves far more than from the network to the line. The book's own split was
# an unlucky one for both. So do not compare R² from different splits. Compare two models **on the same
# split**, and ask whether their differences could be 0 on average.
#
# ### Exercise 5: is the difference real?
#
# You have $J$ differences, one for each split. An ordinary 95 % interval for their mean reaches
# $t \cdot s / \sqrt{J}$ to both sides. Here $s$ is their standard deviation (`ddof=1`), and $t$ the 0.975
# quantile of the t distribution with $J - 1$ degrees of freedom, `stats.t.ppf(0.975, J - 1)`. Of 100
# intervals that are made in this way from independent values, about 95 contain the true mean.
#
# But the differences are not independent: any two splits share most of their training patients. With more
# and more splits this interval would shrink to nothing, although there are still only 442 patients. Nadeau
# and Bengio ([2003](https://doi.org/10.1023/A:1024068626366)) correct it. They replace $1/J$ under the
# root:
#
# $$\text{mean} \pm t \cdot s \cdot \sqrt{\frac{1}{J} + \frac{n_{\mathrm{test}}}{n_{\mathrm{train}}}}$$
#
# Write a function that returns both ends, the smaller one first.


# %%
def corrected_interval(differences, n_train, n_test):
    """Corrected 95 % interval for the mean difference: (low, high)."""
    # SOLUTION
    J = len(differences)
    t = stats.t.ppf(0.975, J - 1)
    s = np.std(differences, ddof=1)
    half = t * s * np.sqrt(1 / J + n_test / n_train)
    mean = np.mean(differences)
    return mean - half, mean + half
    # STUB
    # return ...
    # END


corrected_interval = check.corrected_interval(corrected_interval)

# %% [markdown] tags=["solution"]
# **Why.** The part `n_test / n_train` does not shrink with more splits. It stands for what more splits
# cannot tell: how other patients would have differed. It is an approximation, because how far the splits
# depend on each other cannot be computed from them.
#
# Typical wrong answers: with $1/J$ alone the interval is about half as wide here, and claims too much.
# `np.std` without `ddof=1` and 1.96 instead of $t$ make it too narrow as well. `n_train / n_test` makes it
# much too wide.

# %%
intervals = {}
for name in ["line", "additive", "tree"]:
    differences = scores["network"] - scores[name]
    low, high = corrected_interval(differences.to_numpy(), 331, 111)
    print(f"network - {name:8s}{differences.mean():6.2f}", end=" ")
    print(f"[{low:.2f}, {high:.2f}]")
    intervals[name] = low, high

# %% [markdown]
# For the line and the additive model, 0 lies inside: these patients cannot tell. For the tree it does not:
# the network is better. (The means of the table above were rounded, so their differences can look different
# by 0.01.)
#
# On heating there are 1,000 held-out buildings and models that stay as they are. Each building is one
# independent comparison: how much larger is the readable model's squared error than the network's? Divided
# by the variance of $y$, the mean of these numbers is exactly the difference of the two R².

# %%
# ALT Three intervals for the R² of the network minus that of a readable model. Diabetes: around 0.01, wide, and
# ALT across 0. Heating with ten features: around 0.023, above 0. Heating with the product: around minus 0.003, narrow
# ALT and below 0.


def interval_over_rows(y, readable, network):
    """Ordinary 95 % interval for the difference in R², over the rows."""
    gain = ((y - readable) ** 2 - (y - network) ** 2) / y.var()
    # With 1,000 rows t is 1.96.
    half = 1.96 * gain.std(ddof=1) / np.sqrt(len(y))
    return gain.mean() - half, gain.mean() + half


evidence = {
    "diabetes": intervals["line"],
    "heating, ten features": interval_over_rows(
        y_test, additive_test, f(X_test)
    ),
    "heating, with the product": interval_over_rows(
        y_test, product_test, f(X_test)
    ),
}
for digits, (name, (low, high)) in zip(
    [2, 3, 3], evidence.items(), strict=True
):
    print(f"{name:26s}[{low:.{digits}f}, {high:.{digits}f}]")

plt.close("all")
fig, ax = plt.subplots(figsize=(6, 2.6))
for place, (low, high) in enumerate(evidence.values()):
    ax.plot([low, high], [place, place], "|-", color=figures.BLUE)
    ax.plot((low + high) / 2, place, "o", color=figures.BLUE)
ax.axvline(0, color="black", linewidth=0.8)
ax.set_yticks(range(3), [name.replace(", ", ",\n") for name in evidence])
ax.set_ylim(2.5, -0.5)
ax.set_xlabel("R² of the network − R² of the readable model")
plt.show()

# %% [markdown]
# The readable model is the line for diabetes, and the additive model for heating. The heating intervals are
# about these trained models. Would others come out alike? The
# [chapter](../book/foundations/tradeoff.md#what-we-measured) splits the buildings ten times, trains a network from
# another random start each time, and comes to the same three answers.
#
# ### Exercise 6: your conclusion
#
# Which model is better? Decide for each of the three intervals above, and write one of three answers, in
# quotes:
#
# - `"network"` if the whole interval lies above 0;
# - `"readable model"` if the whole interval lies below 0;
# - `"cannot tell"` if 0 lies inside.


# %%
def conclusion():
    """Which model is better, in each of three comparisons."""
    # SOLUTION
    return {
        "diabetes": "cannot tell",
        "heating, ten features": "network",
        "heating, with the product": "readable model",
    }
    # STUB
    # return {
    #     "diabetes": ...,
    #     "heating, ten features": ...,
    #     "heating, with the product": ...,
    # }
    # END


conclusion = check.conclusion(conclusion)

# %% [markdown] tags=["solution"]
# **Why.** Only the first interval contains 0. On the patients the network is ahead by about 0.01 on
# average, and this is less than what other patients would change. “Cannot tell” is not “equally good”: the
# interval reaches up to 0.03, so a small advantage is possible.
#
# Typical wrong answers: “network” for diabetes takes the mean for the truth. “Cannot tell” for the last
# interval takes *small* for *undecided*. 0.003 is a small difference, and 1,000 buildings are enough to see it.
# Whether it matters is another question: for most purposes these two are equally good, and one of them can
# be read.

# %% [markdown]
# So is there a price for a model that can be read? On the patients, none that can be seen. On the
# buildings, yes, until you looked at the residuals; then none.
#
# If two models predict equally well, take the one that you can read. If the network is better and you need
# that, you need ways to look into it: that is what the rest of this book is for.

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - R² compares with always saying the mean. Compute it on held-out rows: on training rows a full tree gets 1.
# - A network returns `(n, 1)`. Minus a target of shape `(n,)` that gives `(n, n)`, without an error.
# - A model that you can read shows what it says, not that it is true. The line said that windows do not
#   matter.
# - Readable is a matter of size too: eight leaves are, 4,000 are not.
# - Residuals show what a model has missed. One new feature can close the gap.
# - Splits share rows. Correct the interval, and say “cannot tell” when it contains 0.
# - There is no law that a readable model must be worse, and none that it is as good. Measure it.
#
# **Next** [A map of methods](../book/foundations/map.md) says which method answers which question when the
# network stays. In [Lab 07](07_whole_model.ipynb) you look at a whole network from the outside.
