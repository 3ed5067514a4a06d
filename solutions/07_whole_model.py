# %% [markdown]
# # Lab 07. Explain a whole model
#
# What has a network learned: not about one building, but on the whole? Which features does it need, and what
# does each of them do? Four methods answer by asking the network questions. Here you write each of them in a
# few lines. The truth is known, so you also see when they are wrong.
#
# **You will be able to**
#
# - measure which features a network needs, and say how sure that is;
# - draw what one feature does, on average and for single rows;
# - say when partial dependence asks about rows that do not occur, and use accumulated local effects instead;
# - stand in for a network with a simple model, and say how much of the network is in it;
# - make a feature with which a simple model tells nearly everything.
#
# **You need** Python with NumPy and a first course in machine learning. The chapter
# [Explain a whole model](../book/global/whole_model.md) explains the ideas that you use here.
# [Lab 01](01_tradeoff.ipynb) meets the same data; you do not need it.
#
# **Time** About 120 minutes. The code itself runs in less than a minute.
#
# **Model and data** The heating network that ships with this book. It reads 10 features of a building and
# predicts its yearly heating demand in kWh/m². The buildings are simulated, so we know the formula behind
# them. Three things in it are there to be found:
#
# - air changes and heat recovery act **together**: the air that leaves takes heat with it, less the part that
#   the heat exchanger brings back;
# - the outdoor temperature falls with the altitude, so these two are **twins**;
# - the house number does **nothing**.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of
# three verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as
# often as you like: `check.importance.hint()`. The [solution](../solutions/07_whole_model.ipynb) also says why.
#
# A check tries your function on data of its own, of other sizes than the lab's. So use the arguments of the
# function, not the tables of the lab, and write no number of rows or columns by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once,
# and come back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell
# did not run at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `07_whole_model.mine.ipynb`.

# %%
from pathlib import Path
import tempfile

# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, effects, figures, models
from glassbox.checks import lab07 as check
from glassbox.predict import Predictor
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn import inspection
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.tree import DecisionTreeRegressor, plot_tree

figures.use_style()

# %% [markdown]
# ## 1. Which features does the network need?
#
# `f` is the network as a function: a table `(n, 10)` in, `n` predictions out, in kWh/m². All questions are
# about buildings that it has not seen in training.
#
# `wall_u` and `window_u` say how much heat goes through a wall and a window: low is well insulated.
# `air_changes` says how often an hour new air replaces the air inside, `heat_recovery` which fraction of the
# leaving heat comes back, and `compactness` is surface per volume.

# %%
buildings = data.heating()
network = models.load("heating")
f = Predictor(network)

X, y = buildings.X_test, buildings.y_test
names = list(buildings.feature_names)
print("held-out buildings:", X.shape)
print(f"R²: {f.score(X, y):.2f}")
print(f"root mean square error: {np.sqrt(np.mean((y - f(X)) ** 2)):.1f} kWh/m²")
print(f"the noise in y alone:   {data.HEATING_NOISE} kWh/m²")

# %% [markdown]
# The network is nearly as good as the noise allows. Which features does it owe that to?
#
# Take a feature away and look how much worse the network gets. But a network needs all its inputs. So we do
# not remove the column: we **shuffle** it. Each building gets the value of another one. The column keeps its
# values and loses its meaning. The rise of the error is the feature's **permutation importance**.
#
# ### Exercise 1: permutation importance
#
# Write it. For each column of `X`: shuffle this column alone with `rng.permutation`, and return by how many
# kWh/m² the root mean square error rises above that for `X` as it is. The result has shape `(d,)`, in the
# order of the columns. `rng` is a random generator, such as `np.random.default_rng(0)`, and
# `rng.permutation(values)` returns a shuffled copy of them.


# %%
def importance(f, X, y, rng):
    """Rise of the root mean square error when a column is shuffled: (d,)."""
    # SOLUTION
    before = np.sqrt(np.mean((y - f(X)) ** 2))
    rises = []
    for column in range(X.shape[1]):
        Z = X.copy()
        Z[:, column] = rng.permutation(X[:, column])
        rises.append(np.sqrt(np.mean((y - f(Z)) ** 2)) - before)
    return np.array(rises)
    # STUB
    # return ...  # put your code here
    # END


importance = check.importance(importance)

# %% [markdown] tags=["solution"]
# **Why.** The error after shuffling holds what the network gets wrong anyway. Subtract that, and the rise is left:
# what it loses because this column lies.
#
# Typical wrong answers: `rng.permutation(X)` shuffles whole rows, so every feature gets the same large number. With
# `Z = X.copy()` in front of the loop, the columns stay shuffled and the last number belongs to all of them.
# `np.abs` hides the features that the network uses the wrong way round: without them it would predict better.
# Shuffling `X` itself spoils the table for everything that follows. Comparing `f(Z)` with `f(X)` measures how
# far the predictions move, and a network can move a lot because of a feature that only brings noise.

# %% [markdown]
# A shuffle is a matter of luck, so repeat it. The ± is the standard deviation over ten shuffles. We also ask
# the formula itself, `data.heating_demand`, in place of the network: this is what a perfect model would need.

# %%
rng = np.random.default_rng(0)
rises = np.array([importance(f, X, y, rng) for _ in range(10)])
of_formula = np.array(
    [importance(data.heating_demand, X, y, rng) for _ in range(10)]
)
table = pd.DataFrame(
    {
        "network": rises.mean(axis=0),
        "±": rises.std(axis=0, ddof=1),
        "formula": of_formula.mean(axis=0),
    },
    index=names,
).sort_values("network", ascending=False)
print((table.round(1) + 0).to_string())  # + 0 turns -0.0 into 0.0

# %% [markdown]
# The network needs the features that the formula needs, and about as much. The house number is not needed at
# all. The ± also says what you must not conclude: `outdoor_temp` and `heat_recovery` lie so close together that a
# single shuffle can put either of them first.
#
# scikit-learn has the method too. Name the error that you mean: its default is the drop of R², which has no
# unit.

# %%
# ALT Bars of the rise of the error for ten features, with short error bars. The wall insulation comes first
# ALT with 22 kWh/m², then the outdoor temperature with 13 and the heat recovery with 12. The altitude has 3,
# ALT the house number has no bar.
found = inspection.permutation_importance(
    f,
    X,
    y,
    scoring="neg_root_mean_squared_error",
    n_repeats=10,
    random_state=0,
)
difference = np.abs(found.importances_mean - rises.mean(axis=0)).max()
print(f"largest difference to ours: {difference:.1f} kWh/m²")

order = found.importances_mean.argsort()
fig, ax = plt.subplots(figsize=(6, 4.2))
ax.barh(
    np.array(names)[order],
    found.importances_mean[order],
    xerr=found.importances_std[order],
    capsize=3,
)
ax.set_xlabel("rise of the error (kWh/m²)")
plt.show()

# %% [markdown]
# An importance is one number. It does not say whether a feature raises or lowers the demand, nor how. That
# comes in part 3.

# %% [markdown]
# ## 2. A network that needs nothing
#
# You have a Keras network and no `Predictor`? scikit-learn refuses it.

# %%
try:
    inspection.permutation_importance(network, X, y)
except Exception as refusal:
    print("scikit-learn refuses:", type(refusal).__name__)


# %% [markdown]
# So you write your own lines, as many people do. They run. Look at what they say.


# %%
def error(f, X, y):
    """Root mean square error of f, in the unit of y."""
    return np.sqrt(np.mean((y - f(X)) ** 2))


def raw(rows):
    return network.predict(rows, verbose=0)


Z = X.copy()
Z[:, names.index("wall_u")] = rng.permutation(Z[:, names.index("wall_u")])
for what, function in (("f, by Predictor", f), ("network.predict", raw)):
    print(what)
    print(f"  error before    {error(function, X, y):5.1f} kWh/m²")
    print(f"  wall_u shuffled {error(function, Z, y):5.1f} kWh/m²")

# %% [markdown]
# It is one and the same network. Through `network.predict`, it is a bad one, and it hardly matters whether you
# shuffle the feature that it needs most.
#
# ### Exercise 2: spot the bug, the network that needs nothing
#
# Repair `error`, so that it is right for both: for a function that returns `(n,)` and for one that returns
# `(n, 1)`. Before you change anything, print the shape of `y - raw(X)`.


# %%
def error(f, X, y):
    """Root mean square error of f, in the unit of y, a number."""
    # SOLUTION
    return np.sqrt(np.mean((y - np.ravel(f(X))) ** 2))
    # STUB
    # return np.sqrt(np.mean((y - f(X)) ** 2))
    # END


error = check.error(error)

# %% [markdown] tags=["solution"]
# **Why.** `y` has shape `(n,)` and `network.predict(X)` has `(n, 1)`. NumPy stretches both to `(n, n)`: each
# target minus each prediction, a million differences. Their mean square does not depend at all on which prediction
# belongs to which building, only on how large the predictions are on the whole. Shuffling a column changes next to
# nothing in that. No error is raised.
#
# Typical wrong answers: `f(X)[:, 0]` is right for the network and raises for `f`. `y[:, None] - f(X)` is right
# for the network and stretches for `f`. `f(X)[0]` is the first building.

# %%
print(f"{'network.predict':16s} before {error(raw, X, y):5.1f}", end="")
print(f"   wall_u shuffled {error(raw, Z, y):5.1f} kWh/m²")

# %% [markdown]
# ## 3. What does a feature do?
#
# Take one feature and a value, say a window share of 0.2. Give this value to *every* building, keep all
# their other features, and average the predictions. Do this for a grid of values, and you have a curve: the
# **partial dependence** (PDP) of the prediction on the feature.
#
# ### Exercise 3: partial dependence
#
# Write it. `feature` is the number of a column. Return one number for each value in `grid`, shape `(k,)`, in
# the unit of `f`.


# %%
def partial_dependence(f, X, feature, grid):
    """Mean prediction if every row had this value: shape (k,)."""
    # SOLUTION
    means = []
    for value in grid:
        Z = X.copy()
        Z[:, feature] = value
        means.append(f(Z).mean())
    return np.array(means)
    # STUB
    # return ...
    # END


partial_dependence = check.partial_dependence(partial_dependence)

# %% [markdown] tags=["solution"]
# **Why.** The network is asked about all buildings, each with its own other features, and only then averaged.
#
# Typical wrong answers: setting the value in the mean building asks about one row, and a network is not
# linear. Averaging only the buildings that have about this value lets all their other features in: for the
# altitude you would see the effect of the temperature. `Z[feature] = value` changes one building instead of
# one column.

# %%
# ALT Two curves of the mean prediction against the window share. Both fall from 0.1 to a lowest point at
# ALT about 0.35 and rise again to 0.6. The curve of the network stays within 2 kWh/m² of that of the formula.
column = names.index("window_share")
library = inspection.partial_dependence(
    f, X, [column], percentiles=(0, 1), grid_resolution=25
)
grid = library["grid_values"][0]
ours = partial_dependence(f, X, column, grid)
difference = np.abs(library["average"][0] - ours).max()
print(f"largest difference to scikit-learn: {difference:.2f} kWh/m²")

fig, ax = plt.subplots()
truth = partial_dependence(data.heating_demand, X, column, grid)
ax.plot(grid, truth, color="black", label="formula")
ax.plot(grid, ours, "--", label="network")
ax.set_xlabel("window share (fraction)")
ax.set_ylabel("mean prediction (kWh/m²)")
ax.legend()
plt.show()

# %% [markdown]
# The importance could not say this. Many windows let heat out, few windows let little sun in, and the network has
# found the best share in between.
#
# ### What the mean hides
#
# Partial dependence is a mean over buildings. Keep the curve of each building instead: these are **ICE**
# curves, for *individual conditional expectation*. Here they are **centered**: each starts at 0, so that you
# see what changes. Question before you run: the air changes more often. Does that cost every building the
# same?


# %%
def ice(f, X, feature, grid):
    """The prediction of each row at each value of the grid: shape (n, k)."""
    curves = []
    for value in grid:
        Z = X.copy()
        Z[:, feature] = value
        curves.append(f(Z))
    return np.array(curves).T


# %%
# ALT Centered curves of single buildings against the air changes, in two bundles. Buildings with little
# ALT heat recovery rise steeply, by about 50 kWh/m² from 0.2 to 1.2 air changes an hour. Those with much heat
# ALT recovery rise by about 17.
column, recovery = names.index("air_changes"), names.index("heat_recovery")
grid = np.linspace(0.2, 1.2, 11)
curves = ice(f, X, column, grid)
curves = curves - curves[:, :1]  # each starts at 0
groups = {
    "heat recovery below 0.3": (X[:, recovery] < 0.3, figures.VERMILLION, "-"),
    "heat recovery above 0.6": (X[:, recovery] > 0.6, figures.BLUE, "--"),
}
fig, ax = plt.subplots()
for name, (group, color, line) in groups.items():
    ax.plot(grid, curves[group][:6].T, line, color=color, lw=0.7)
    ax.plot(
        grid, curves[group].mean(axis=0), line, color=color, lw=4, label=name
    )
    slope = (curves[group][:, -1] / (grid[-1] - grid[0])).mean()
    expected = 60 * (1 - X[group, recovery]).mean()
    print(f"{name}: slope {slope:.1f}, formula {expected:.1f}")
ax.set_xlabel("air changes (1/h)")
ax.set_ylabel("change of the prediction (kWh/m²)")
ax.legend()
plt.show()

# %% [markdown]
# The curves open like a fan. One more air change in an hour costs a building with little heat recovery three
# times as much as one with a lot. This is an **interaction**: the effect of one feature depends on another. In
# the formula the slope is 60 (1 − heat recovery). The partial dependence would show one line between the two
# bundles, true for the mean and for few buildings.

# %% [markdown]
# ## 4. Twins: asking about buildings that do not exist
#
# The outdoor temperature falls with the altitude, by 6.5 °C in 1,000 m. Shuffle one of them, and you get mountain
# houses with the climate of the plain. What if you shuffle both, in the same order, so that each pair stays
# together?


# %%
def rise_together(f, columns, rng):
    """Rise of the error when several columns are shuffled in one order."""
    Z, order = X.copy(), rng.permutation(len(X))
    Z[:, columns] = X[order][:, columns]
    return error(f, Z, y) - error(f, X, y)


temperature, altitude = names.index("outdoor_temp"), names.index("altitude")
rows = {}
for columns in ([temperature], [altitude], [temperature, altitude]):
    label = names[columns[0]] if len(columns) == 1 else "both together"
    rises = [rise_together(f, columns, rng) for _ in range(20)]
    formula = [
        rise_together(data.heating_demand, columns, rng) for _ in range(20)
    ]
    rows[label] = {
        "network": np.mean(rises),
        "±": np.std(rises, ddof=1),
        "formula": np.mean(formula),
    }
print(pd.DataFrame(rows).T.round(1).to_string())

# %% [markdown]
# Both together count *less* than the temperature alone. High up it is colder, which costs heat. High up there
# is also more sun above the fog, which saves some. In a building the two effects partly cancel. Shuffled
# alone, the temperature loses its counterweight. If features belong together, shuffle them together, and say
# so.
#
# Partial dependence tears the twins apart as well. This picture shows what it asks for one altitude.

# %%
# ALT Outdoor temperature against altitude. The buildings form a narrow falling band. The rows that partial
# ALT dependence asks about at 100 m form a vertical line from about minus 3 to 11 degrees, most of it far below the
# ALT band.
shown = X[:250]
fig, ax = plt.subplots()
ax.plot(
    shown[:, altitude],
    shown[:, temperature],
    ".",
    color=figures.NEUTRAL,
    label="buildings",
)
ax.plot(
    np.full(len(shown), 100),
    shown[:, temperature],
    "x",
    color=figures.VERMILLION,
    ms=4,
    label="asked at 100 m",
)
ax.set_xlabel(buildings.labels[altitude])
ax.set_ylabel(buildings.labels[temperature])
ax.legend()
plt.show()

# %% [markdown]
# Most of the rows that it asks about are colder than any building at 100 m. The network has never seen such a
# row, so nobody knows whether its answer makes sense.
#
# **Accumulated local effects** (ALE) ask only about rows that are nearly real. Cut the range of the feature into
# bins. Move each building only from one edge of *its own* bin to the other:
#
# 1. for each row, the bin that it lies in;
# 2. its prediction with the feature at the upper edge of this bin, less that at the lower edge;
# 3. the mean of these differences in each bin: the **step** of the bin;
# 4. add the steps up, from 0 at the first edge;
# 5. center: subtract a constant, so that the curve has a mean of 0 over the rows of `X`. Between the edges, read it
#    along straight lines, with `np.interp`.
#
# ### Exercise 4: accumulated local effects
#
# Write it. `edges` are the edges of the bins, rising, and there is a row in each bin. Return the effect at the
# edges: shape `(len(edges),)`, in the unit of `f`. Step 1 is done: `bin_of_row` says that row `i` lies between
# `edges[bin_of_row[i]]` and the next edge.


# %%
def ale(f, X, feature, edges):
    """Accumulated local effect at the edges, with a mean of 0 over the rows."""
    x = X[:, feature]
    bin_of_row = np.maximum(np.searchsorted(edges, x) - 1, 0)
    # SOLUTION
    below, above = X.copy(), X.copy()
    below[:, feature] = edges[bin_of_row]
    above[:, feature] = edges[bin_of_row + 1]
    difference = f(above) - f(below)
    steps = [difference[bin_of_row == k].mean() for k in range(len(edges) - 1)]
    effect = np.concatenate([[0.0], np.cumsum(steps)])
    return effect - np.interp(x, edges, effect).mean()
    # STUB
    # return ...
    # END


ale = check.ale(ale)

# %% [markdown] tags=["solution"]
# **Why.** A difference between the two edges of a bin is a small move, so the row stays close to the data. The
# steps add up to a curve, and its level means nothing, so we choose one: a mean of 0 over the rows.
#
# Typical wrong answers: all rows moved to each edge give partial dependence again. The plain mean of the
# edges, `effect.mean()`, counts a bin with few rows as much as one with many. Dividing by the width of the bin gives a
# slope. Without the 0 in front, the curve has one number too few, or sits one edge too early.

# %%
# 21 edges: 20 bins with about the same number of rows in each.
edges, expected = effects.ale(f, X, altitude)
difference = np.abs(ale(f, X, altitude, edges) - expected).max()
print(f"largest difference to glassbox.effects.ale: {difference:.2f} kWh/m²")

# %% [markdown]
# ### Who is right?
#
# Now ask both methods what the altitude does. They disagree most in the lowest 400 m. **Predict** before you
# run the cell: one of the curves falls more steeply there. Which one, and does the formula agree with it?

# %%
# ALT Effect of the altitude, three curves. The formula falls steeply from plus 11 at 0 m to 2 at 400 m and
# ALT then flattens to nearly minus 4. ALE follows it closely and starts at 9. Partial dependence is too straight:
# ALT it starts at 7, lies above the formula in the middle and below it at 1,500 m.
by_ale = ale(f, X, altitude, edges)
by_pdp = partial_dependence(f, X, altitude, edges)
# Center it as ALE is: a mean of 0 over the rows.
by_pdp = by_pdp - np.interp(X[:, altitude], edges, by_pdp).mean()

fig, ax = plt.subplots()
fine = np.linspace(edges[0], edges[-1], 100)
ax.plot(fine, data.heating_effect("altitude", fine, X), "k", label="formula")
ax.plot(
    edges, by_pdp, "--", color=figures.VERMILLION, label="partial dependence"
)
ax.plot(edges, by_ale, "o-", color=figures.BLUE, ms=4, label="ALE")
ax.set_xlabel(buildings.labels[altitude])
ax.set_ylabel(f"effect ({buildings.unit})")
ax.legend()
folder = tempfile.TemporaryDirectory()  # this lab leaves yours as it was
path = figures.save(fig, Path(folder.name) / "altitude.svg")
print("saved for a paper:", path.name)
plt.show()

# %% [markdown]
# The formula says: ALE. Below 400 m partial dependence is too flat, and further up it goes on falling where
# nearly nothing happens.
#
# One picture can be luck. Here is the error of both curves for all ten features: the root mean square distance from
# the true effect, over the held-out buildings, beside the size (standard deviation) of the true effect. The last
# column is the partial dependence of the *formula*.


# %%
def distance(curve, edges, name):
    """Root mean square distance of a curve from the true effect."""
    at_rows = X[:, names.index(name)]
    read = np.interp(at_rows, edges, curve)
    truth = data.heating_effect(name, at_rows, X)
    return np.sqrt(np.mean((read - read.mean() - truth) ** 2))


rows = {}
for column, name in enumerate(names):
    edges, _ = effects.ale(f, X, column)
    by_pdp = partial_dependence(f, X, column, edges)
    of_formula = partial_dependence(data.heating_demand, X, column, edges)
    rows[name] = {
        "effect": data.heating_effect(name, X[:, column], X).std(),
        "PDP": distance(by_pdp, edges, name),
        "ALE": distance(ale(f, X, column, edges), edges, name),
        "formula": distance(of_formula, edges, name),
    }
print(pd.DataFrame(rows).T.round(2).to_string())

# %% [markdown]
# Read three things.
#
# - For the eight features without a twin, both are close, and their errors differ by at most 0.1 kWh/m². No row
#   that is asked about is strange.
# - For the twins ALE is about twice as close.
# - In the last column nearly nothing is left, only what a straight line between two edges misses. The *formula* adds
#   up its terms, and partial dependence finds each of them, twins or not. So it is not the averaging that fails. The
#   *network* does, where it was never trained, and the method asks it there.
#
# The next cell measures that. It compares the network with the formula on the rows that each method asks about.

# %%
edges, _ = effects.ale(f, X, altitude)
bin_of_row = np.maximum(np.searchsorted(edges, X[:, altitude]) - 1, 0)
asked = {
    "held-out buildings": X[:, altitude],
    "ALE, lower edges": edges[bin_of_row],
    "ALE, upper edges": edges[bin_of_row + 1],
    "PDP at 0 m": 0,
    "PDP at 750 m": 750,
    "PDP at 1500 m": 1500,
}
rows = {}
for what, values in asked.items():
    Z = X.copy()
    Z[:, altitude] = values
    # Three standard deviations, 2.4 °C, from the line of the temperatures.
    away = np.abs(Z[:, temperature] - (9 - 0.0065 * Z[:, altitude])) > 2.4
    wrong = f(Z) - data.heating_demand(Z)
    rows[what] = {
        "off (%)": 100 * away.mean(),
        "error of f": np.sqrt(np.mean(wrong**2)),
        "mean error": wrong.mean(),
    }
print((pd.DataFrame(rows).T.round(1) + 0).to_string())

# %% [markdown]
# The error is in kWh/m², without noise. On the rows of ALE the network is as good as on the buildings themselves. At both
# ends of the partial dependence it is two to four times worse. And the errors do not cancel: the mean error
# is what bends the curve. Partial dependence of `f` is that of the formula *plus this mean error*.
#
# In the middle, at 750 m, half of the rows are off the band too, and the network guesses them nearly right. Off
# the data it may be wrong or right. With a formula at hand you can tell; with your own data you cannot.
#
# Is it this one network? Train another, with another seed.

# %%
recipe = models.RECIPES["heating"] | {"seed": 2}
f_other = Predictor(models.train(buildings, **recipe))
for name in ("altitude", "outdoor_temp"):
    column = names.index(name)
    edges, by_ale = effects.ale(f_other, X, column)
    by_pdp = partial_dependence(f_other, X, column, edges)
    off = {
        "PDP": distance(by_pdp, edges, name),
        "ALE": distance(by_ale, edges, name),
    }
    print(f"{name}: closer to the formula is {min(off, key=off.get)}")

# %% [markdown]
# Try other seeds. The size of the errors changes: nothing in the data decides what a network says where there is
# none.
#
# ALE is not always better. Where two features interact, a curve of one feature cannot tell the story, whatever
# the method. And ALE shows what happens along the data, in small steps: do not read its ends as “what if this house
# stood on that mountain”.

# %% [markdown]
# ## 5. A simple model that stands in
#
# A **surrogate** is a simple model that is trained to answer like the network. If it is simple enough, you can
# draw it.

# %%
# ALT Drawing of a decision tree of depth 3. Its first question is whether wall_u is at most 0.8. Further
# ALT questions ask for indoor_temp, heat_recovery and air_changes. The eight leaves predict from 141 to 212
# ALT kWh/m².
tree = DecisionTreeRegressor(max_depth=3, random_state=0)
tree.fit(buildings.X_train, f(buildings.X_train))

fig, ax = plt.subplots(figsize=(6.4, 4.4))
boxes = plot_tree(
    tree,
    feature_names=names,
    impurity=False,
    label="none",
    filled=True,
    rounded=True,
    precision=1,
    fontsize=10,
    ax=ax,
)
for box in boxes:
    # Three lines: question, rows, mean. Two: rows, and what the leaf predicts.
    lines = box.get_text().split("\n")
    if len(lines) == 3:
        box.set_text(lines[0].replace(" <=", "\n≤"))
    elif len(lines) == 2:
        box.set_text(lines[1])
plt.show()

# %% [markdown]
# A picture that everybody understands: well-insulated walls to the left, and each leaf a demand in kWh/m². Would
# you put it on a slide, under the title “how our network decides”? Make up your mind before you go on.
#
# ### Exercise 5: how much of the network is in the picture?
#
# Write a function that says how well a surrogate stands in for `f`. It fits the surrogate to what `f` says
# about `X_train`, and returns R² on what `f` says about `X_test`. The surrogate comes not yet fitted, with the
# methods of scikit-learn: `fit(X, target)`, `predict(X)` and `score(X, target)`, which is R².


# %%
def surrogate_r2(surrogate, f, X_train, X_test):
    """R² of the surrogate on f, on held-out rows."""
    # SOLUTION
    surrogate.fit(X_train, f(X_train))
    return surrogate.score(X_test, f(X_test))
    # STUB
    # return ...
    # END


surrogate_r2 = check.surrogate_r2(surrogate_r2)

# %% [markdown] tags=["solution"]
# **Why.** The surrogate shall explain the network, so the network is what it must match. The measured target
# has no place here.
#
# Typical wrong answers: R² on the measured target says whether the surrogate predicts well, and a surrogate
# can do so for reasons of its own. R² on the training rows is 1 for a tree that has learned them by heart. A
# squared correlation forgives a surrogate that is always 50 kWh/m² too high.

# %%
X_train = buildings.X_train
trees = {
    "tree of depth 3": DecisionTreeRegressor(max_depth=3, random_state=0),
    "tree of depth 6": DecisionTreeRegressor(max_depth=6, random_state=0),
    "tree without limit": DecisionTreeRegressor(random_state=0),
}
rows = {}
for name, model in trees.items():
    # Fitted here too, in case that your function fits a copy.
    model.fit(X_train, f(X_train))
    rows[name] = {
        "R² on f": surrogate_r2(model, f, X_train, X),
        "own rows": model.score(X_train, f(X_train)),
        "leaves": model.get_n_leaves(),
    }
print(pd.DataFrame(rows).T.round(2).astype({"leaves": int}).to_string())

# %% [markdown]
# Half of what makes the predictions differ is not in the picture. You could have noticed: the second most
# important feature of part 1, the outdoor temperature, does not even occur in it. The tree of depth 6 has more
# leaves than anybody reads, and still misses a third. The last one has learned its rows by heart, one leaf for
# each, and on other rows its R² of 1 is gone.
#
# A tree is only one kind of simple model. A linear model draws one line for each feature. An **additive** model
# draws one curve for each feature and adds them up; here splines make the curves.


# %%
def additive():
    """One smooth curve for each column, added up."""
    return make_pipeline(
        SplineTransformer(n_knots=6, include_bias=False), LinearRegression()
    )


for name, model in (("linear", LinearRegression()), ("additive", additive())):
    print(f"{name:10s}R² on f {surrogate_r2(model, f, X_train, X):.3f}")

# %% [markdown]
# ## 6. Make a feature that can be read
#
# The additive model draws ten curves, and nearly all of the network is in them. What is missing? Remember the fan of
# part 3. An additive model has one curve for the air changes, and the network has a bundle of them.
#
# An interaction needs a picture of its own, or a **feature** of its own. Physics tells which one: the air that
# leaves must be replaced and heated, less the part that the heat exchanger brings back.
#
# ### Exercise 6: a feature that can be read
#
# Write a function that adds this feature as the last column: from `X` of shape `(n, d)` to `(n, d + 1)`. The other
# columns stay as they are. `names` is the list of their names, so that you find `air_changes` and `heat_recovery`
# also in a table with another order: `names.index("air_changes")` is a column's number.


# %%
def readable_features(X, names):
    """X with one more column, for what air_changes and heat_recovery share."""
    # SOLUTION
    air = X[:, list(names).index("air_changes")]
    recovered = X[:, list(names).index("heat_recovery")]
    return np.column_stack([X, air * (1 - recovered)])
    # STUB
    # return ...
    # END


readable_features = check.readable_features(readable_features)

# %% [markdown] tags=["solution"]
# **Why.** `air * (1 - recovered)` is the air that must be heated anew. `air * recovered` is right as well: the
# air changes are a column already, and a line can take one from the other.
#
# Typical wrong answers: `air - recovered` tells a line nothing new. (A curve of it can bend toward the product,
# and then nobody can read the curve.) All 45 products of two features hold this one too, and 44 that somebody
# has to read and that can fit noise. Column numbers, `X[:, 3]`, are right until a table comes in another order.

# %%
kinds = {
    "tree of depth 3": lambda: DecisionTreeRegressor(
        max_depth=3, random_state=0
    ),
    "linear": LinearRegression,
    "additive": additive,
}
X_train_wide = np.asarray(readable_features(X_train, names))
X_wide = np.asarray(readable_features(X, names))


def f_wide(table):
    """What f says of a row with one more column: it leaves that one out."""
    return f(table[:, :10])


rows = {}
for name, make in kinds.items():
    rows[name] = {
        "10 features": surrogate_r2(make(), f, X_train, X),
        "with the new one": surrogate_r2(make(), f_wide, X_train_wide, X_wide),
    }
print("R² on f")
print(pd.DataFrame(rows).T.round(3).to_string())

# %% [markdown]
# With the right feature, one curve for each column tells nearly everything that this network does. And a line
# tells you how it uses the two features: read its coefficients.

# %%
line = LinearRegression().fit(X_train_wide, f(X_train))
coefficients = pd.Series(line.coef_, index=[*names, "air to heat"])
print(
    coefficients[["air_changes", "heat_recovery", "air to heat"]]
    .round(1)
    .to_string()
)

# %% [markdown]
# The formula has 60, and nothing for the two alone. The line has found it in the network. (If your new column is air
# × recovered, the air changes get about 60 and the new one about −60: the same formula, written in another way.)
#
# One question is left. If a simple model tells all of it, what is the network for?

# %%
readable = additive().fit(X_train_wide, f(X_train))
print(f"R² on the measured demand, network:   {f.score(X, y):.3f}")
print(f"R² on the measured demand, surrogate: {readable.score(X_wide, y):.3f}")

# %% [markdown]
# Here it is not needed: the simple model predicts as well. That is not so for every data set. But try it before you
# explain a black box: with the right feature you may not need one.
#
# A warning. R² was measured on held-out buildings, which are like those of the training. Away from them nobody has
# checked that the surrogate says what the network says.

# %% [markdown]
# ## 7. How sure is a ranking?
#
# Now real data: the diabetes network, and 111 patients whom it has not seen. Which measurements does it need?
# Question before you run: the importances below come with a ±, from 30 shuffles. Is that how sure they are?

# %%
patients = data.diabetes()
f_patients = Predictor(models.load("diabetes"))
Xp, yp = patients.X_test, patients.y_test

rng = np.random.default_rng(0)
shuffles = np.array([importance(f_patients, Xp, yp, rng) for _ in range(30)])

# A shuffle gives each patient the value of some patient. So the mean over all
# pairs of patients is the mean over all shuffles: no luck of a shuffle is left.
n = len(Xp)
before = (yp - f_patients(Xp)) ** 2
pairs = np.empty((len(patients.feature_names), n, n))
for column, other in np.ndindex(len(pairs), n):
    Z = Xp.copy()
    Z[:, column] = Xp[other, column]
    pairs[column, :, other] = (yp - f_patients(Z)) ** 2

# Other patients might have come: draw 111 of these, some of them twice. Each
# draw is a share for each patient, and both patients of a pair are drawn.
share = rng.multinomial(n, np.full(n, 1 / n), 2000) / n
error_before = np.sqrt(share @ before)
draws = np.array(
    [np.sqrt((share @ p * share).sum(axis=1)) - error_before for p in pairs]
).T

ranking = pd.DataFrame(
    {
        "importance": shuffles.mean(axis=0),
        "± one shuffle": shuffles.std(axis=0, ddof=1),
        "± patients": draws.std(axis=0, ddof=1),
    },
    index=patients.feature_names,
).sort_values("importance", ascending=False)
print((ranking.round(1) + 0).to_string())

# %% [markdown]
# There are two standard deviations. The first is the luck of one shuffle. The mean of 30 shuffles is surer, by a factor of
# √30, and with more shuffles it becomes as sure as you like. The second is the luck of having these patients.
# It stays, however often you shuffle. For a claim about patients in general, show the second.

# %%
# ALT Importance of ten measurements with error bars over patients. The bars of the body mass index, ltg and
# ALT blood pressure are long, overlap widely and stay above zero. The bars of the other seven are shorter and
# ALT cross zero.
fig, ax = plt.subplots(figsize=(6, 4.2))
upward = ranking[::-1]
ax.errorbar(
    upward["importance"],
    upward.index,
    xerr=2 * upward["± patients"],
    fmt="o",
    capsize=3,
)
ax.axvline(0, color=figures.NEUTRAL, linewidth=0.8)
ax.set_xlabel(f"rise of the error ± two deviations ({patients.unit})")
plt.show()

# %%
columns = {name: i for i, name in enumerate(patients.feature_names)}
bmi, ltg, bp = (draws[:, columns[name]] for name in ("bmi", "ltg", "bp"))
rest = np.delete(draws, [columns[n] for n in ("bmi", "ltg", "bp")], axis=1)
for claim, share in {
    "bmi before ltg": bmi > ltg,
    "ltg before bp": ltg > bp,
    "bmi, ltg and bp before all others": np.minimum(np.minimum(bmi, ltg), bp)
    > rest.max(axis=1),
}.items():
    print(f"{claim}: true in {share.mean():.2f} of the draws")

# %% [markdown]
# “The body mass index matters most” is not a result: other patients might have said ltg. “These three matter more than the
# other seven” has much better support. Write what the data can tell apart, and give features that they cannot
# tell apart the same rank.
#
# An importance below zero means that the shuffled column predicted a little better than the real one. This is
# luck, or the network has learned something about the feature that does not hold for new patients.
#
# A third source of doubt is not in the picture. Another network, trained with another seed or on other patients,
# would use the features in its own way.

# %% [markdown]
# ## 8. The report
#
# Would you put the tree of part 5 on a slide? With [eight lines under it](../book/trust/report.md) you can. What is not
# measured you can measure: fit the tree to one half of the buildings, then to the other. Which questions stay?

# %%
from glassbox.report import Report

card = models.card("heating")["on held-out rows"]
rival = card["linear regression"]["r2"]
Report(
    question="By which few questions does the network tell a high heating "
    "demand from a low one, over all buildings?",
    model="The heating network. On 1,000 held-out buildings it has an R² of "
    f"{f.score(X, y):.3f}, a straight line {rival:.3f}.",
    background="None: the tree is fitted to the predictions for the training "
    "buildings.",
    unit="kWh/m² a year: the mean prediction in each leaf.",
    method="Decision tree of depth 3, scikit-learn, random_state=0. Tried "
    "too: depth 6, and no limit.",
    fidelity="R² on the predictions for the held-out buildings "
    f"{surrogate_r2(tree, f, X_train, X):.2f}. What is left is not in the "
    "picture.",
    stability="Not measured.",
    limits="A feature that the tree does not ask for can still matter: the "
    "outdoor temperature does. For a single building it can be far off.",
)

# %%
folder.cleanup()
check.progress()

# %% [markdown]
# ## Summary
#
# - Permutation importance: shuffle a column, and see by how much the error rises. It has the unit of the target. Give
#   it with a ±, over patients or buildings and not only over shuffles.
# - A network returns `(n, 1)` and a target has `(n,)`. Subtracted, they give `(n, n)`, and no error message.
# - Partial dependence is a mean over rows; ICE shows what the mean hides. A fan of curves is an interaction.
# - With twins, shuffling and partial dependence ask about rows that do not occur. Nothing in the data
#   decides what the network answers there. ALE asks close to the data. Shuffle twins together.
# - A surrogate is worth its R² on `f`, on held-out rows. Write it under the picture.
# - One feature that physics suggests can be worth more than a deeper tree.
# - All of this describes the network. Where the network is wrong, so is what you read.
#
# **Next** Read [how it misleads](../book/global/whole_model.md#how-it-misleads) in the chapter. Then ask about a
# single row: [Lab 10](10_shap.ipynb) shares one prediction out among the features.
