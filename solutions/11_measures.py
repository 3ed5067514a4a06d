# %% [markdown]
# # Lab 11. How good is this explanation?
#
# You can get many explanations of one prediction. All of them draw nice bars. Which of them can you trust? Here you
# measure it. You write the usual measures yourself, and try them on explanations whose worth you know: good ones,
# poor ones, and a few that say nothing at all. Some measures praise those. At the end you write what belongs under
# every explanation.
#
# **You will be able to**
#
# - compare what an explanation says with what happens when features are taken away;
# - mend a faithfulness score that praises an explanation with all its signs turned around;
# - draw a deletion curve for a regression, with a random order as control;
# - measure how far an explanation moves, and say why a stable one can be wrong;
# - check with random weights whether a map knows the network;
# - write a report with numbers and units under an explanation.
#
# **You need** Python with NumPy, and an idea of LIME and Shapley values, as in [Lab 08](08_lime.ipynb) and
# [Lab 09](09_shapley.ipynb), and of gradients, as in [Lab 06](06_gradients.ipynb). The chapters [How good is this
# explanation?](../book/trust/measures.md) and [Does the map know the
# network?](../book/trust/randomization.md) explain the measures.
#
# **Time** About 120 minutes. The code itself runs in less than a minute.
#
# **Models and data** The *heating* network reads ten features of a building and predicts its yearly heating demand
# in kWh/m². The buildings come from a formula, so the truth is known. The *gauge* network reads the image of a dial, and
# predicts where its needle points, in % of full scale.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of three
# verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as often as you
# like: `check.says_and_happens.hint()`. The [solution](../solutions/11_measures.ipynb) also says why.
#
# A check tries your function on tables, functions and maps of its own, of other sizes than the lab's. So use the
# arguments of the function, not the variables of the lab, and write no number of rows or features by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once, and come
# back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell did not run
# at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `11_measures.mine.ipynb`.

# %%
import copy

# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import (
    data,
    figures,
    gradients,
    layers,
    maps,
    measures,
    models,
    shapley,
)
from glassbox.checks import lab11 as check
from glassbox.predict import Predictor
from glassbox.report import Report
import keras
from lime.lime_tabular import LimeTabularExplainer
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import rankdata
import tensorflow as tf

figures.use_style()


def root_mean_square(values, axis=None):
    return np.sqrt(np.mean(np.square(values), axis=axis))


# %% [markdown]
# ## 1. Seven explanations of the same buildings
#
# We explain 24 held-out buildings. The **background** has 100 training rows, and the **base value** is the mean
# prediction over them. The **spread** is the standard deviation of the predictions for all training rows. We use it
# to say what is much and what is little.

# %%
stock = data.heating()
network = models.load("heating")
f = Predictor(network)
names = list(stock.feature_names)

rng = np.random.default_rng(0)
background = rng.choice(stock.X_train, 100, replace=False)
mean = background.mean(axis=0)
X = stock.X_test[:24]
n, d = X.shape
phi0 = f(background).mean()
spread = f(stock.X_train).std()

print(f"R² on held-out buildings: {f.score(stock.X_test, stock.y_test):.3f}")
print(f"base value:               {phi0:.1f} kWh/m²")
print(f"spread:                   {spread:.1f} kWh/m²")

# %% [markdown]
# All explanations answer one question: why this prediction, rather than the base value? Each gives one number for
# each feature of each building, in kWh/m². Four are methods that people use.
#
# - **exact**: all coalitions, as in Lab 09.
# - **one order**: Shapley values from a single random order of the features for each building. It is the cheapest
#   estimate there is.
# - **gradient × input**: slope at the building, times its distance from the mean row of the background.
# - **LIME**: the default settings of the library, 5,000 samples. A weight becomes a contribution by the
#   factor 0.75, as in Lab 08. (The chapter takes the weight as it is.)
#
# Three others have never looked at the building's features. We know that they are worth nothing, so they are our
# **rulers**: a good measure should tell the methods from them.
#
# - **equal shares**: prediction less base value, divided by ten. Each feature gets the same.
# - **another's**: the exact values of the building before. Somebody has mixed up the files.
# - **zeros**: nothing, for all features.


# %%
def by_one_order(rows, seed=0, f=f, background=background):
    """What each feature adds, in one random order for each row: (n, d)."""
    phi = np.zeros(rows.shape)
    for number, x in enumerate(rows):
        order = np.random.default_rng([seed, number]).permutation(len(x))
        away = np.ones((len(x) + 1, len(x)), bool)
        for step, feature in enumerate(order):
            away[step + 1 :, feature] = False
        values = measures.without(f, x, background, away)[0]
        phi[number, order] = np.diff(values)
    return phi


def lime_of(x, seed=0, f=f, background=background):
    """The library's explanation of one row, with its default settings."""
    explainer = LimeTabularExplainer(
        background, mode="regression", random_state=seed
    )
    return explainer.explain_instance(x, f, num_features=len(x))


def by_lime(rows, seed=0, f=f, background=background):
    """Contributions of LIME's bins: (n, d)."""
    phi = np.zeros(rows.shape)
    for number, x in enumerate(rows):
        for column, weight in lime_of(x, seed, f, background).as_map()[1]:
            phi[number, column] = 0.75 * weight
    return phi


exact, _ = shapley.exact(f, X, background)
explainers = {
    "exact": lambda rows: shapley.exact(f, rows, background)[0],
    "one order": by_one_order,
    "gradient × input": lambda rows: gradients.gradient_times_input(
        network, rows, mean
    ),
    "LIME": by_lime,
    "equal shares": lambda rows: np.repeat(
        (f(rows) - phi0)[:, None] / d, d, axis=1
    ),
    "another's": lambda rows: np.roll(exact, 1, axis=0)[: len(rows)],
    "zeros": lambda rows: np.zeros(rows.shape),
}
phis = {label: explain(X) for label, explain in explainers.items()}

short = {
    "one order": "order",
    "gradient × input": "grad",
    "equal shares": "equal",
    "another's": "other",
}
table = pd.DataFrame({k: p[9] for k, p in phis.items()}, index=names)
table.loc["sum"] = table.sum()
shown = table.drop(columns="zeros").rename(columns=short)
print(f"building 9: {f(X[9:10])[0] - phi0:.1f} kWh/m² above the base value")
print((shown.round(1) + 0).to_string())  # + 0 turns -0.0 into 0.0

# %% [markdown]
# The first four agree about `air_changes`, and differ by more than 20 kWh/m² about `window_share`. Which is right? Here
# we can say it. There are two referees: the exact values of the *network*, and those of the *formula* behind the data.
#
# The **error** is the root mean square distance over the ten features, as a share of the spread: `measures.error`. The
# **gap** is what base value and attributions leave over of the prediction, as a share of the spread too:
# `measures.completeness_gap`. Both are means over 24 buildings.

# %%
formula, _ = data.heating_shapley(X, background)
lines = {
    label: {
        "to network": measures.error(phi, exact, spread).mean(),
        "to formula": measures.error(phi, formula, spread).mean(),
        "gap": measures.completeness_gap(phi, phi0, f(X), spread).mean(),
    }
    for label, phi in phis.items()
}
scores = pd.DataFrame(lines).T
print(scores.round(3).to_string())

# %% [markdown]
# An error of 0.10 is a tenth of the spread, so 3 kWh/m² for each feature. It does not matter much which referee you
# ask: this network has learned the formula well.
#
# Look at *another's* and *zeros*. To mix up the files is worse than to say nothing. And look at the gap of *equal
# shares*: it is zero. **An explanation can add up perfectly and know nothing.**
#
# Now cover the first two columns with your hand. On your own data nobody gives you the exact values: with 30
# features they cost too much. All measures that follow do without a referee. Each time, ask: does it put the seven
# in the right order?

# %% [markdown]
# ## 2. What it says, and what happens
#
# An explanation makes a promise. If the window share adds 13 kWh/m² and the air changes add 11, then without both the
# prediction should be lower by 24. You can try it. Take a set $S$ of features away: replace them by their values in
# each background row, and average the predictions. (The chapter calls the two $t(S)$ and $c(S)$.)
#
# $$
# \text{says} = \sum_{i \in S} \phi_i
# \qquad
# \text{happens} = f(x) - \frac{1}{m} \sum_{b \in X_{\mathrm{bg}}} f(b_S, x_{F \setminus S})
# $$
#
# ### Exercise 1: what it says and what happens
#
# Write both, for one row and many sets. `x` and `phi` have shape `(d,)`, `background` has shape `(m, d)`. `sets` has
# shape `(k, d)`, with `True` for the features to take away. `f` takes a table `(rows, d)` and gives `(rows,)`. Return
# two arrays, `says` and `happens`, each of shape `(k,)`.
#
# Call `f` once for all joined rows, and once for `x`. `np.where(sets[:, None, :], background, x)` has shape
# `(k, m, d)`.


# %%
def says_and_happens(f, x, phi, background, sets):
    """Sum of phi over each set, and how far f falls without it: (k,) each."""
    # SOLUTION
    k, d = sets.shape
    joined = np.where(sets[:, None, :], background, x)
    without = f(joined.reshape(-1, d)).reshape(k, -1).mean(axis=1)
    return sets @ phi, f(x[None])[0] - without
    # STUB
    # return ...  # put your code here: says, happens
    # END


says_and_happens = check.says_and_happens(says_and_happens)

# %% [markdown] tags=["solution"]
# **Why.** `sets @ phi` adds up the attributions of each set. A feature that *raises* the prediction has a positive
# value, and without it the prediction falls. So what happens is $f(x)$ less the prediction without the set, in this
# order.
#
# Typical wrong answers: the other order turns all signs around. `np.where(sets, x, background)` takes away
# everything *but* the set. One mean row in place of the background is another question, since the network is not
# linear.

# %% [markdown]
# Ten features have 1,023 sets that are not empty. What *happens* does not depend on the explanation. It is the
# expensive half, so we compute it once, for all buildings.

# %%
# ALT Four panels for building 9: what 1,023 sets of features say against what happens, in kWh/m². The points of the
# ALT exact values lie close to the diagonal. Those of LIME form a broader, flatter band. Equal shares lie on ten level
# ALT lines, and another building's values form a wide cloud.
sets = measures.subsets(d)
silent = np.zeros(d)
happens = np.array(
    [says_and_happens(f, x, silent, background, sets)[1] for x in X]
)
says = {label: phi @ sets.T for label, phi in phis.items()}

fig, axes = plt.subplots(
    2, 2, figsize=(5.6, 5.2), sharex=True, sharey=True, layout="constrained"
)
some = ("exact", "LIME", "equal shares", "another's")
for ax, label in zip(axes.flat, some, strict=True):
    ax.plot(happens[9], says[label][9], ".", ms=3, color=figures.BLUE)
    ax.axline((0, 0), slope=1, color="black", linewidth=1)
    ax.set_title(label)
    ax.set_aspect("equal")
fig.supxlabel("what happens (kWh/m²)")
fig.supylabel("what it says (kWh/m²)")
plt.show()

# %% [markdown]
# Each point is a set of features, and on the diagonal an explanation keeps its promise. Even the exact values do not
# lie on it entirely: where features interact, no numbers that are added up can be right for all sets.
#
# How far from the diagonal? The **infidelity** is the mean square distance over all sets, divided by the variance of
# the predictions, which is the square of the spread.

# %%
for label in phis:
    square = np.mean((says[label] - happens) ** 2)
    scores.loc[label, "infidelity"] = square / spread**2
order = scores["infidelity"].sort_values()
print((order.round(3) + 0).to_string())

# %% [markdown]
# It puts the seven in the right order, and it has not seen the referee. (*Equal shares* and *zeros* have about the same
# error. The infidelity prefers equal shares clearly, since they know at least the total.) Is it the measure to trust?
# Mostly, with one thing in mind: it takes features away in the same way as the exact values do. An explanation that
# answers another question, such as a slope, gets a bad mark for that.

# %% [markdown]
# ## 3. A correlation that likes everything
#
# Many papers do not look at the distance from the diagonal. They look at the *correlation* of what it says with what
# happens. It is easy to get wrong.
#
# ### Exercise 2: spot the bug, the faithfulness that flatters
#
# Here is a version of it. `says` and `happens` have shape `(n, k)`: rows and sets. We add one more candidate, which is
# certainly wrong: **turned**, the exact values with all signs turned around.


# %%
def flattering(says, happens):
    """Correlation of what is said with what happens."""
    return np.corrcoef(np.abs(says).ravel(), np.abs(happens).ravel())[0, 1]


says["turned"] = -says["exact"]
speaking = [label for label in says if label != "zeros"]
for label in speaking:
    print(f"{label:17s} {flattering(says[label], happens):5.2f}")

# %% [markdown]
# It says that walls which raise the demand lower it, and gets the highest mark. And the equal shares, which know
# nothing of the features, get 0.41. Two things are wrong in one line. Find both.
#
# Repair it. Return one correlation **for each row**, shape `(n,)`, from −1 to 1. Where what is said is the same for all
# sets of a row, so that `np.ptp(says[row]) < 1e-9`, there is no correlation: return `np.nan` for this row.


# %%
def faithfulness(says, happens):
    """Correlation over the sets of each row, with its sign: (n,)."""
    # SOLUTION
    result = np.full(len(says), np.nan)
    for row, (told, fell) in enumerate(zip(says, happens, strict=True)):
        if np.ptp(told) >= 1e-9:
            result[row] = np.corrcoef(told, fell)[0, 1]
    return result
    # STUB
    # return ...  # begin with the line of `flattering`
    # END


faithfulness = check.faithfulness(faithfulness)

# %% [markdown] tags=["solution"]
# **Why.** In a regression the direction is half of the message, and `np.abs` throws it away. And `ravel` pools the
# rows. Then it is enough to know *which buildings* are far from the base value: their sets say more, and more
# happens. Within one building this is of no use.
#
# Typical wrong answers: `np.abs` of the correlation forgives turned signs again. Leaving out `np.abs` and keeping
# `ravel` gives the equal shares even more than before: see the column *pooled* below. A mean over the rows at the end
# hides the rows in which it fails.

# %% [markdown]
# One trap is left. A set of nine features says more than a set of one, and more happens. That alone can correlate. So
# the original takes sets of one size. The table has all sets, and those of five features, as the mean over the
# buildings. *Pooled* is half of the repair: with signs, and over all rows at once.

# %%
five = sets.sum(axis=1) == 5
lines = {}
for label in speaking:
    told = says[label]
    lines[label] = {
        "flattering": flattering(told, happens),
        "pooled": np.corrcoef(told.ravel(), happens.ravel())[0, 1],
        "all sets": np.mean(faithfulness(told, happens)),
        "five": np.mean(faithfulness(told[:, five], happens[:, five])),
    }
table = pd.DataFrame(lines).T
print(table.round(2).to_string())
scores["faithfulness"] = table["five"]

half = np.mean(faithfulness(says["exact"] / 2, happens))
square = np.mean((says["exact"] / 2 - happens) ** 2) / spread**2
print(f"half of exact: faithfulness {half:.2f}, infidelity {square:.2f}")

# %% [markdown]
# Now *turned* is where it belongs, and *equal shares* get no number for sets of one size: they say the same of all of
# them. *Another's* is near 0.
#
# The last line shows what no correlation sees: the size. Half of each exact value gets the same mark as the exact
# ones. The infidelity notices.

# %% [markdown]
# ## 4. Take the most important away
#
# A **deletion curve** takes the features away one after the other, the largest $|\phi|$ first, and follows the
# prediction. If the explanation has found the important ones, the prediction should move early. It was invented for
# the score of a class, which falls when its pixels go. What about a number that can rise and fall?

# %%
order = np.argsort(-np.abs(exact), axis=1)
rank = np.argsort(order, axis=1)  # 0 for the largest of its row
away = rank[:, None, :] < np.arange(d + 1)[:, None]  # (n, d + 1, d)
curves = measures.without(f, X, background, away)
print("mean prediction of the buildings, kWh/m², exact order")
for k in (0, 1, 2, 3, 5, 10):
    print(f"{k:2d} features away: {curves[:, k].mean():.1f}")

# %% [markdown]
# Over 24 buildings the mean prediction hardly moves. As if these features did not matter! But some buildings lose
# what raised them and fall, others lose what lowered them and rise. The two cancel.
#
# ### Exercise 3: a deletion curve for a regression
#
# Write a better one. For each row, take away the `k` features with the largest `|phi|`, for `k` from 0 to `d`, and
# follow $|f(x) - \text{mean prediction without them}|$. Return the **mean over the rows** for each `k`: shape
# `(d + 1,)`. `X` and `phi` have shape `(n, d)`.
#
# You can use `measures.without(f, X, background, away)` as above. It gives the mean predictions, shape `(n, d + 1)`,
# for `away` of shape `(n, d + 1, d)`.


# %%
def deletion_curve(f, X, phi, background):
    """How far predictions move without the k largest: shape (d + 1,)."""
    # SOLUTION
    d = X.shape[1]
    rank = np.argsort(np.argsort(-np.abs(phi), axis=1), axis=1)
    away = rank[:, None, :] < np.arange(d + 1)[:, None]
    moved = f(X)[:, None] - measures.without(f, X, background, away)
    return np.abs(moved).mean(axis=0)
    # STUB
    # return ...
    # END


deletion_curve = check.deletion_curve(deletion_curve)

# %% [markdown] tags=["solution"]
# **Why.** The first `argsort` lists the features, the largest first. The second one turns the list into the place of each
# feature. The absolute value stands inside of the mean, so that no building can cancel another.
#
# Typical wrong answers: `abs(mean(...))` lets them cancel again. Sorting by `phi` without `abs` takes the features
# first that raise the prediction, and the strong ones that lower it last. A single `argsort` gives a list of features,
# and the mask needs places. Places begin at 0, so `rank <= k` takes one feature too many away.

# %% [markdown]
# A curve alone says nothing: *any* order moves the prediction in the end. The control is a **random order**, here ten
# of them for each building.

# %%
# ALT Deletion curves of 24 buildings from 0 to 10 features. Exact and LIME jump to 17 to 20 kWh/m² at the first
# ALT feature and stay between 17 and 24. Another's starts at 11, zeros at 14. The random orders start at 8 and rise
# ALT slowly. All meet at 21.
# All values alike: any order is as good. Most sorting leaves the columns as
# they stand; we also try the other way round.
first_first = np.tile(np.arange(d, 0, -1), (n, 1))
orders = phis | {
    "equal shares": first_first,
    "zeros": first_first,
    "turned": -exact,
    "last column first": first_first[:, ::-1],
}
random_orders = [
    deletion_curve(f, X, np.random.default_rng(s).random(X.shape), background)
    for s in range(10)
]
by_deletion = {
    label: np.asarray(deletion_curve(f, X, phi, background))
    for label, phi in orders.items()
}
by_deletion["random order"] = np.mean(random_orders, axis=0)
styles = {
    "exact": ("o-", figures.BLUE),
    "LIME": ("s--", figures.VERMILLION),
    "another's": ("^-.", figures.GREEN),
    "zeros": ("D:", figures.PURPLE),
    "random order": ("x-", figures.NEUTRAL),
}
fig, ax = plt.subplots(figsize=(6, 4))
for label, (line, color) in styles.items():
    ax.plot(by_deletion[label], line, color=color, ms=5, label=label)
ax.set_xlabel("features taken away")
ax.set_ylabel("change of the prediction (kWh/m²)")
ax.legend(loc="lower right")
plt.show()

# %%
heights = {label: curve[1:].mean() for label, curve in by_deletion.items()}
for label, curve in by_deletion.items():
    print(
        f"{label:17s} after 1: {curve[1]:4.1f}  after 3: {curve[3]:4.1f}  "
        f"mean: {heights[label]:4.1f}"
    )
scores["deletion"] = pd.Series(heights) / spread

# %% [markdown]
# The mean is that of the curve from 1 to 10 features, in kWh/m². Read the controls first.
#
# - **Turned** has the same curve as *exact*. Only the order of the sizes counts.
# - **Another's** beats the random order. The same features are large in most buildings, so even the wrong file gives
#   a passable order.
# - **Zeros** and **equal shares** beat it too, after one feature by far. They have no order at all, so the first column
#   goes first. Here it is `wall_u`, which matters. The other way round, with the *last column first*, an order
#   without any sense begins near 0: that column is the house number. Shuffle ties, or count them.
# - **Exact** is not the highest. After three features *one order* is higher, and LIME is as high. The curve can come
#   down again where large contributions of both signs cancel. So differences near the top mean little here.
#
# A deletion curve separates a ranking from chance. It cannot say much more.

# %% [markdown]
# ## 5. Does it stay where it is?
#
# An explanation that changes each time you look at it is no good. There are two ways to measure this.
#
# - **Sensitivity**: move each feature a little, and explain again. How far does the explanation move, at most?
# - **Instability**: explain the same row with another seed. How far do the results lie apart?
#
# ### Exercise 4: sensitivity
#
# Write the first one. `explain` takes a table `(n, d)` and gives attributions `(n, d)`. `moves` has shape
# `(k, n, d)`: `k` times, how far each feature of each row moves. For each move compute, for each row, the root mean
# square over the features of how far its attributions change. Return the **largest of the `k`** for each row, divided
# by the `spread`: shape `(n,)`. Explain all rows of one move at a time: who draws at random draws by the row's number.


# %%
def sensitivity(explain, X, moves, spread):
    """Largest change of the attributions under some moves: (n,)."""
    # SOLUTION
    before = explain(X)
    changes = [
        np.sqrt(np.mean((explain(X + move) - before) ** 2, axis=1))
        for move in moves
    ]
    return np.max(changes, axis=0) / spread
    # STUB
    # return ...
    # END


sensitivity = check.sensitivity(sensitivity)

# %% [markdown] tags=["solution"]
# **Why.** The largest change is asked for, because one bad surprise is enough. `axis=1` runs over the features, and
# `axis=0` of the list over the moves.
#
# Typical wrong answers: a mean over the moves is a milder measure. Comparing each move with the one before, in place of
# with `explain(X)`, counts each step twice. `X += move` changes the rows for all that comes after.

# %% [markdown]
# **Predict** before you run. The moves are a tenth of a standard deviation, up or down, for 12 buildings and five times.
# Which of the seven is the *least* sensitive, and which the most? Does the order agree with the error?

# %%
few = X[:12]
step = 0.1 * stock.X_train.std(axis=0)
signs = np.random.default_rng(1).choice([-1, 1], (5, *few.shape))
for label, explain in explainers.items():
    moved = sensitivity(explain, few, step * signs, spread)
    scores.loc[label, "sensitivity"] = np.mean(moved)
table = scores.loc[list(phis), ["sensitivity", "to network"]]
print(table.sort_values("sensitivity").round(3).to_string())

# %% [markdown]
# The three that know nothing win. *Zeros* and *another's* do not move at all, since they have never looked at the
# building. **Zero is not the aim.** When the building changes, the prediction changes, and an explanation has
# to follow. The exact values show how much is right here.
#
# LIME is the most sensitive. A small move carries a feature over the border of its bin, and all at once the bar is
# another.
#
# ### Two measures disagree
#
# Now the seeds. Two methods of the four draw at random: *LIME*, with 5,000 samples, and *one order*, the cheapest
# estimate that there is. **Predict**: which of the two has the larger instability? Which one would you hand to a
# customer?


# %%
def over_seeds(rows, f, background, spread):
    """Instability over five seeds, and mean error, of both methods."""
    right, _ = shapley.exact(f, rows, background)
    lines = {}
    for label, explain in (("LIME", by_lime), ("one order", by_one_order)):
        several = np.array(
            [explain(rows, seed, f, background) for seed in range(5)]
        )
        off = [measures.error(phi, right, spread) for phi in several]
        lines[label] = {
            "instability": measures.instability(several, spread).mean(),
            "error": np.mean(off),
            "lowest": np.min(np.mean(off, axis=1)),
            "largest": np.max(np.mean(off, axis=1)),
            "averaged": measures.error(several.mean(0), right, spread).mean(),
        }
    return pd.DataFrame(lines).T


table = over_seeds(few, f, background, spread)
print("heating, 12 buildings, 5 seeds, share of the spread")
print(table.round(3).to_string())
scores["instability"] = table["instability"].reindex(scores.index)

# %% [markdown]
# *Lowest* and *largest* are the errors of the best and the worst seed. By stability you would choose LIME: its seeds
# agree better. By the error you would choose the single order, with every seed. The exact values decide: **the more
# stable one is about three times as far from what the network does.**
#
# *Averaged* is the error of the mean of the five. For *one order* it is about half: it is right on average, so all
# that is wrong with it is chance, and its instability is about its error. LIME stays where it was. Its seeds agree on
# something else, since bins are no Shapley values. Instability measures the chance part of an error, and is blind to
# the rest.
#
# Is it a matter of these data? Here are 12 patients of the diabetes network.

# %%
patients = data.diabetes()
f_patients = Predictor(models.load("diabetes"))
table = over_seeds(
    patients.X_test[:12],
    f_patients,
    patients.X_train[:100],
    f_patients(patients.X_train).std(),
)
print("diabetes, 12 patients, 5 seeds, share of the spread")
print(table.round(3).to_string())

# %% [markdown]
# The same again.
#
# ## 6. All measures side by side
#
# Here is everything in one table. *Delet* is the mean height of the deletion curve, as a share of the spread. *Sens* is the
# sensitivity, and *seeds* the instability, both for the first 12 buildings. What draws nothing at random has an
# instability of 0. Small is good, but for *faith* and *delet*, where large is good. (The chapter's deletion score is
# another: 0 for a random order, 1 for the best one. It also draws other backgrounds: then even exact values move.)

# %%
columns = {
    "to network": "error",
    "gap": "gap",
    "infidelity": "infid",
    "faithfulness": "faith",
    "deletion": "delet",
    "sensitivity": "sens",
    "instability": "seeds",
}
table = scores.loc[list(phis), list(columns)].rename(columns=columns)
table["seeds"] = table["seeds"].fillna(0)
digits = {"gap": 2, "faith": 2, "delet": 2}
print((table.round(3).round(digits) + 0).to_string(na_rep="-"))
print(f"random order, delet: {heights['random order'] / spread:.2f}")

# %% [markdown]
# **Before you read on**, find for each column the best line without *exact*. Which columns can be won by something that
# knows nothing? And which columns contradict each other?
#
# - *Gap*: equal shares, together with one order. Adding up is easy.
# - *Sens* and *seeds*: zeros and another's. Who never looks never changes. In *seeds* they share it with all that draw
#   nothing. And it contradicts *error* for LIME and one order.
# - *Delet*: the four methods are close together, one order is above exact, and what knows nothing is above the random
#   order.
# - *Infid* and *faith* put the four methods in the order of their true error. They are the ones that try the network
#   out. *Faith* does not see the size, and *infid* does.
#
# So no single number is enough, and a mean over the measures would be nonsense. Take one that asks the network, and
# one for the chance part. Say which. And put a ruler next to each: zeros, a random order, the file of another building.

# %% [markdown]
# ## 7. Does the map know the network?
#
# For images there is no list of exact values. But there is a simple test. Give the network random weights. Now it
# knows nothing, so an explanation of it has to change. If the map stays as it was, it did not come from what the
# network had learned.

# %%
dials = data.gauge()
gauge = models.load("gauge")
images, needle = dials.X_test[:12], dials.relevant_test[:12]
mean_image = dials.X_train.mean(axis=0)


@tf.custom_gradient
def guided_relu(x):
    """A ReLU that lets only positive gradients pass on the way back."""

    def back(upstream):
        return tf.where((x > 0) & (upstream > 0), upstream, 0.0)

    return tf.nn.relu(x), back


def guided_backprop(model, images):
    """Gradient of a copy in which each ReLU is guided."""
    guided = copy.deepcopy(model)
    for layer in guided.layers:
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = guided_relu
    return gradients.gradient(guided, images)


methods = {
    "gradient": gradients.gradient,
    "integrated": lambda model, images: gradients.integrated_gradients(
        model, images, mean_image, steps=8
    ),
    "guided": guided_backprop,
}


def all_maps(model):
    """Maps of each method for the 12 dials: (12, 32, 32) each."""
    return {
        name: explain(model, images)[..., 0]
        for name, explain in methods.items()
    }


trained = all_maps(gauge)
top_down = ["output", "hidden", "conv_3", "conv_2", "conv_1"]
two_random = layers.randomized(gauge, top_down[:2], seed=0)
all_random = layers.randomized(gauge, top_down, seed=0)
random_weights = all_maps(all_random)


def error_of(model):
    """Mean absolute error on the test dials, in % of full scale."""
    return np.abs(Predictor(model)(dials.X_test) - dials.y_test).mean()


print("mean absolute error, % of full scale")
print(f"trained                {error_of(gauge):.1f}")
print(f"two layers drawn anew  {error_of(two_random):.1f}")
print(f"all layers drawn anew  {error_of(all_random):.1f}")
always_mean = np.abs(dials.y_train.mean() - dials.y_test).mean()
print(f"always the mean        {always_mean:.1f}")

# %% [markdown]
# With its last two layers drawn anew, the network can no longer read. *Integrated* are integrated gradients from the
# mean image. **Guided Backprop** is a gradient that lets only positive signals pass at each ReLU on the way
# back. Its maps look sharp.

# %%
# ALT A dial and six maps of it. Trained, all three methods are strongest along the needle: the gradient blue and red,
# ALT integrated gradients with a few red pixels and nothing else, Guided Backprop red, with spots on the ring. With two
# ALT layers random, the gradient has faded and its signs differ, and integrated gradients have red and blue pixels along
# ALT the needle. Guided Backprop looks as before.
chosen = 4
fig, axes = plt.subplots(2, 4, figsize=(6.2, 3.1), layout="constrained")
for ax in axes.flat:
    ax.axis("off")
gray, colors = plt.get_cmap("gray", 8), plt.get_cmap(figures.DIVERGING, 9)
sharp = {"interpolation": "nearest"}  # a smaller picture, too
axes[0, 0].imshow(images[chosen, ..., 0], cmap=gray, vmin=0, vmax=1, **sharp)
axes[0, 0].set_title("dial")
for row, found, label in zip(
    axes, (trained, all_maps(two_random)), ("trained", "random"), strict=True
):
    for ax, (name, several) in zip(row[1:], found.items(), strict=True):
        one = several[chosen] / np.abs(several[chosen]).max()
        drawn = ax.imshow(one, cmap=colors, vmin=-1, vmax=1, **sharp)
        ax.set_title(name if label == "trained" else "two random")
fig.colorbar(drawn, ax=axes, label="share of the largest", shrink=0.8)
plt.show()

# %% [markdown]
# The eye is not enough: the last two columns both still show the needle. How alike are two maps? Compare the *ranks*
# of their pixels, since the sizes of two networks do not compare. And compare on the needle's pixels: most of a dial
# is empty, and two maps that are both near zero there agree on nothing.
#
# ### Exercise 5: how alike are two maps?
#
# Write it. `a` and `b` are maps of shape `(h, w)`, and `mask` is `True` on the pixels that count. Return the **rank
# correlation** of the two over these pixels, with its sign: the correlation of the ranks. `rankdata(values)` gives the
# ranks, and equal values get equal ranks. If one of the maps is the same at all these pixels, it has no order: return
# `np.nan`.


# %%
def similarity(a, b, mask):
    """Rank correlation of two maps on the pixels of the mask: a number."""
    # SOLUTION
    first, second = rankdata(a[mask]), rankdata(b[mask])
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan
    return np.corrcoef(first, second)[0, 1]
    # STUB
    # return ...
    # END


similarity = check.similarity(similarity)

# %% [markdown] tags=["solution"]
# **Why.** `a[mask]` takes the pixels out first, so that they are ranked among themselves. A blank map has no order,
# and a 0 or a 1 would be an invention: leave it out of the mean, and say how many there were.
#
# Typical wrong answers: ranks of the whole image, taken at the mask, still hold the empty part. `np.abs` finds that two
# maps agree where one says *raises* and the other *lowers*. `argsort` once gives no ranks.

# %% [markdown]
# Now the *cascade* of [the chapter](../book/trust/randomization.md): first the layers `output` and `hidden` forget, then
# `conv_3` too, and so on down to `conv_1`, when all is forgotten. Two draws of random weights each.
#
# A number needs rulers. The **twin** is the same kind of network, trained with another seed: it reads as well, so its maps
# should be alike. The network that **learned by heart** has seen dials with the readings of *other* dials. **Another
# dial** compares maps of the trained network for two dials. And **the image** compares each map with the brightness of
# its dial, which knows no network at all.
#
# %%
twin, by_heart = models.load("gauge_twin"), models.load("gauge_permuted")
print("mean absolute error, % of full scale")
print(f"twin              {error_of(twin):.1f}")
print(f"learned by heart  {error_of(by_heart):.1f}")

# %% [markdown]
# **Predict** before you run: which of the three methods will still be like itself at the end?


# %%
def alike(found, others=trained):
    """Mean similarity over the dials, without those that have none."""
    return {
        name: np.nanmean(
            [
                similarity(a, b, mask)
                for a, b, mask in zip(
                    others[name], found[name], needle, strict=True
                )
            ]
        )
        for name in methods
    }


of_twin = all_maps(twin)
lines = {
    "twin": alike(of_twin),
    "learned by heart": alike(all_maps(by_heart)),
}
cascade = {}
for number in range(2, len(top_down) + 1):
    layer = top_down[number - 1]
    cascade[layer] = [
        alike(all_maps(layers.randomized(gauge, top_down[:number], draw)))
        for draw in range(2)
    ]
    lines[f"+ {layer}"] = pd.DataFrame(cascade[layer]).mean()
rolled = {name: np.roll(several, 1, 0) for name, several in trained.items()}
lines["another dial"] = alike(rolled)
lines["the image"] = alike(dict.fromkeys(methods, images[..., 0]))
print("signed rank correlation on the needle, 12 dials")
print((pd.DataFrame(lines).T.round(2) + 0).to_string())

draws = pd.DataFrame(sum(cascade.values(), []))
print("lowest and highest of the 8 random networks")
print(draws.agg(["min", "max"]).round(2).to_string())
blank = (np.ptp(trained["guided"].reshape(12, -1), axis=1) == 0).sum()
print("blank maps of guided, trained:", blank, "of 12 dials")

# %% [markdown]
# - **Gradient** and **integrated gradients** pass. The twin's maps are much like theirs, and those of random networks are
#   not. The 12 dials share each random network, so a single one can be 0.2 away from 0 by chance. Take several, and
#   compare with the twin.
# - **Guided Backprop** fails. With `output` and `hidden` drawn anew, the network can no longer read a dial, and the maps
#   are still as much like the trained ones as the twin's are. With all layers drawn anew, more than half of the twin's
#   number is left. What these maps show is mostly the picture: look at the last line.
#
# And the blank maps? They are 0 everywhere, and have no order. So they are left out, and their number belongs next to
# the result.
#
# But Guided Backprop shows the needle so clearly! Measure that too: the share of each map that lies on the needle.

# %%
lines = {
    label: {
        name: maps.relevance_mass(found[name], needle).mean()
        for name in methods
    }
    for label, found in (
        ("trained", trained),
        ("random weights", random_weights),
        ("brightness", dict.fromkeys(methods, images[..., 0])),
        ("even", dict.fromkeys(methods, np.ones(needle.shape))),
    )
}
print("share of the map on the needle, 12 dials")
print(pd.DataFrame(lines).T.round(2).to_string())

# %% [markdown]
# An *even* map has the needle's share of the pixels there. Guided Backprop has more, and about as much as the brightness
# of the picture, with and without what the network has learned. Its needle is the picture's needle. Integrated
# gradients put by far the most there. And the gradient passes the test above with little of its map on the needle:
# **to depend on the network, and to point at the right place, are two things.** A map needs both.
#
# All of this was on the needle, with signs. Over the whole image, or without the signs, the same maps get other
# numbers: [the chapter](../book/trust/randomization.md#what-comes-out) has them. So say how
# you compared, and show a ruler next to the result.

# %% [markdown]
# ## 8. What to write under it
#
# Back to the buildings. You hand LIME's explanation of building 9 to somebody. Which lines belong under it? The form
# is `glassbox.report.Report`: eight texts, and none of them may stay empty. [What to write under an
# explanation](../book/trust/report.md) goes through all of them. This is what you have.

# %%
lime_phi = by_lime(X[9:10])[0]
lime_again = np.array([by_lime(X[9:10], seed)[0] for seed in range(5)])
facts = {
    "row": "building 9 of the held-out rows",
    "prediction": f(X[9:10])[0],
    "base": phi0,
    "unit": "kWh/m²",
    "spread": spread,
    "model": "heating network",
    "r2": f.score(stock.X_test, stock.y_test),
    "background": "100 training rows, drawn with seed 0",
    "method": "LIME, bins × 0.75, 5,000 samples, seed 0",
    "surrogate_r2": lime_of(X[9]).score,
}
for name, value in facts.items():
    print(f"{name:13s}", value if isinstance(value, str) else f"{value:.2f}")

# %% [markdown]
# ### Exercise 6: the report
#
# Write a function that fills the form. `phi` and `exact` have shape `(d,)`: the explanation, and the exact values.
# `again` has shape `(times, d)`: the explanation, made with several seeds. `facts` is a dict with the keys above, and
# the check fills it with another network. Return a `Report`.
#
# - `question`, `model`, `background`, `unit` and `method` hold what the facts say: which row and its prediction, the
#   held-out R², the background with the **base value**.
# - `fidelity` states the error **in the unit**: the root mean square of `phi - exact`, with the unit behind it.
# - `stability` states the instability **in the unit**: the standard deviation over the times (`ddof=1`), and of these
#   the root mean square over the features.
# - `limits` says in a sentence of your own what the explanation does not say.
#
# Round to what means something: three or four digits. Write no judgement such as “accurate”: who reads the number can
# judge.


# %%
def write_report(phi, exact, again, facts):
    """The lines that belong under an explanation, as a Report."""
    # SOLUTION
    unit = facts["unit"]
    error = root_mean_square(phi - exact)
    moves = root_mean_square(again.std(axis=0, ddof=1))
    return Report(
        question="Why does the model predict "
        f"{facts['prediction']:.1f} {unit} for {facts['row']}, "
        "rather than the base value?",
        model=f"{facts['model']}, R² {facts['r2']:.2f} on held-out rows",
        background=f"{facts['background']}; "
        f"base value {facts['base']:.1f} {unit}",
        unit=f"{unit}, for each feature",
        method=facts["method"],
        fidelity=f"{error:.1f} {unit} from the exact Shapley values of the "
        "model (root mean square over the features)",
        stability=f"another seed moves it by {moves:.1f} {unit} (root mean "
        f"square of the standard deviations over {len(again)} seeds)",
        limits="It describes the model, not causes. It says nothing about "
        "other rows, and its joined rows need not exist.",
    )
    # STUB
    # unit = facts["unit"]
    # return ...  # Report(question=f"...", model=f"...", background=f"...",
    # # unit=..., method=..., fidelity=f"...", stability=f"...", limits="...")
    # END


write_report = check.write_report(write_report)

# %% [markdown] tags=["solution"]
# **Why.** A share of the spread compares networks. But who pays for the heating reads kWh/m², next to bars in
# kWh/m². The R² of LIME's line belongs to the method: it says how well the line fits its own samples, and not how
# far the bars are from what the network does.
#
# Typical wrong answers: “accurate” and “stable” are judgements without a number. The R² of the surrogate, or the
# completeness gap, in place of the error. A number without a unit. A unit typed by hand, which is wrong for the next
# network.

# %%
print(write_report(lime_phi, exact[9], lime_again, facts))

# %% [markdown]
# Read the two measured lines together. LIME's bars move little from seed to seed, and are several times as far from what
# the network does. With the second line alone, you would have trusted it.

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - An explanation says how the prediction changes without some features. You can try it: that is infidelity, in
#   the squared spread, or faithfulness, a correlation with its sign, for each row.
# - Pooled rows and absolute values make a correlation that likes everything. A correlation never sees the size.
# - A deletion curve follows $|f(x) - \dots|$, next to random orders. It sees an order, and no sign.
# - Adding up, and staying the same, prove nothing: equal shares add up, and zeros never move. Stability is about the
#   chance part of an error only.
# - A map that survives random weights did not come from what the network has learned. Compare with a twin, with another
#   dial and with the image itself, and say how you compared.
# - Put rulers that know nothing next to every measure.
# - Report numbers in the target's unit: fidelity, stability, base value, and limits.
#
# **What comes next** The chapter [How explanations mislead](../book/trust/misleading.md): what if somebody
# *wants* an explanation to be wrong?
