# %% [markdown]
# # Lab 09. Who gets how much of a prediction?
#
# A network predicts 206 kWh/m² for a building, and 176 is usual. How much of the difference belongs to the
# walls, and how much to the windows? Shapley values answer this by one rule. Here you write the rule in four
# ways, from three features on paper to a network, and measure what each of them costs. Then you let Shapley
# values and LIME explain the same buildings, and a formula decides.
#
# **You will be able to**
#
# - compute Shapley values by hand, from all orders;
# - compute them for a network, exactly, in one call;
# - get the same values from a regression, and say what a few coalitions give;
# - draw orders in place of all of them, and say how the error falls with the budget;
# - tell two Shapley values of one building apart, and say which question each of them answers;
# - compare LIME and SHAP on the same buildings, and let an exact answer decide.
#
# **You need** Python with NumPy. The chapter [Shapley values](../book/local/shapley.md) explains the ideas that
# you use here. Part 7 compares with LIME, which you know from [Lab 08](08_lime.ipynb).
#
# **Time** About 105 minutes. The code itself runs in less than a minute.
#
# **Model and data** The heating network that ships with this book. It reads ten features of a building and
# predicts its yearly heating demand in kWh/m². The buildings come from a formula, `data.heating_demand`. So we
# can compute the Shapley values of the formula too, and see how far an explanation is from the truth.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of three
# verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as often as you
# like: `check.by_orders.hint()`. The [solution](../solutions/09_shapley.ipynb) also says why.
#
# A check tries your function on games and tables of its own, with other numbers of features than the lab's. So
# use the arguments of the function, and write no number of features by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once, and come
# back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell did not run
# at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `09_shapley.mine.ipynb`.

# %%
import itertools
import math

# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, models, shapley
from glassbox.checks import lab09 as check
from glassbox.predict import Predictor
from lime.lime_tabular import LimeTabularExplainer
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import truncnorm
import shap

figures.use_style()


def root_mean_square(values, axis=None):
    return np.sqrt(np.mean(np.square(values), axis=axis))


# %% [markdown]
# ## 1. Three features, six orders
#
# Take a part of the formula, with three features: the air changes `n`, the share `r` of the heat that is
# recovered from the air, and the indoor temperature `t`.
#
# We compare a building that has `n`, `r`, `t` = 0.5, 0.8, 22 with a reference building that has 1, 0, 20. A
# **coalition** is a set of features that are known. Known features have the values of our building, the
# others those of the reference. The prediction for this joined row is the **value** of
# the coalition. All coalitions with their values are called a **game**.


# %%
def ventilation(n, r, t):
    """Part of the heating demand, in kWh/m²."""
    return 60 * n * (1 - r) + 6 * (t - 20)


building, reference = (0.5, 0.8, 22), (1, 0, 20)
v = np.empty((2, 2, 2))
print("n r t   value")
for known in itertools.product([0, 1], repeat=3):
    pairs = zip(known, building, reference, strict=True)
    row = [ours if is_known else other for is_known, ours, other in pairs]
    v[known] = ventilation(*row)
    print(*known, f"{v[known]:7.0f}")

# %% [markdown]
# All eight values are in the array `v`, which has one axis for each feature: `v[1, 0, 0]` is the value if `n`
# alone is known. `v[0, 0, 0]` is 60, the prediction for the reference. `v[1, 1, 1]` is 18, the prediction for
# our building. So there are −42 kWh/m² to share out.
#
# Now **take paper**. There are six orders in which three features can become known. For each order, write down
# what each feature adds when it comes: the value with it, less the value just before. The order `r`, `n`, `t`
# starts like this: `r` adds 12 − 60 = −48, then `n` adds 6 − 12 = −6. Each order has three numbers, and they
# add up to −42. At the end take the mean for each feature.
#
# ### Exercise 1: all orders
#
# Write it. `v` is an array with `d` axes of length 2, as above, and `d` is `v.ndim`. Return what each feature
# adds, as the mean over all orders: shape `(d,)`, in the order of the axes. `itertools.permutations(range(d))`
# gives all orders, and `v[tuple(known)]` the value for a list `known` of `d` zeros and ones.


# %%
def by_orders(v):
    """Mean of what each feature adds, over all orders: shape (d,)."""
    # SOLUTION
    d = v.ndim
    phi = np.zeros(d)
    for order in itertools.permutations(range(d)):
        known = [0] * d
        for feature in order:
            before = v[tuple(known)]
            known[feature] = 1
            phi[feature] += v[tuple(known)] - before
    return phi / math.factorial(d)
    # STUB
    # return ...  # put your code here
    # END


by_orders = check.by_orders(by_orders)

# %% [markdown] tags=["solution"]
# **Why.** Within an order, `before` moves on: what a feature adds depends on who is there already. Each order
# adds up to `v[1, 1, 1] - v[0, 0, 0]`, so the mean does too.
#
# Typical wrong answers: always comparing with the empty coalition gives what each feature adds when it comes
# *first*. Such numbers do not add up. `phi[place] += ...`, with the place in the order in place of the feature,
# adds up and mixes the features. A mean over the coalitions in place of the orders gives each coalition the
# same weight; with three features or more this is another value, named after Banzhaf.

# %%
names = ["n", "r", "t"]
# What a feature adds if it comes first, and if it comes last.
alone = [v[1, 0, 0], v[0, 1, 0], v[0, 0, 1]] - v[0, 0, 0]
last = v[1, 1, 1] - [v[0, 1, 1], v[1, 0, 1], v[1, 1, 0]]
table = pd.DataFrame(
    {"first": alone, "last": last, "all orders": by_orders(v)}, index=names
)
table.loc["sum"] = table.sum()
print(table.round(1).to_string())

# %% [markdown]
# Compare the last column with your paper. `t` adds 12 in each order. `n` and `r` compete: air that is not
# exchanged needs no heat recovery, so each of them saves less if the other is already there. Switched on alone,
# the three claim too much, and switched on last, too little. The mean over all orders adds up to −42.
#
# Here it is the mean of *first* and *last*, for each feature. Remember this: part 5 comes back to it.

# %% [markdown]
# ## 2. The value of a coalition, for a network
#
# Now the network, with ten features. And in place of one reference building we take 100, drawn from the
# training rows: the **background**. To say what is much and what is little we use the **spread**, the standard
# deviation of the predictions for the training rows.

# %%
stock = data.heating()
f = Predictor(models.load("heating"))

X, features = stock.X_test, list(stock.feature_names)
d = len(features)
rng = np.random.default_rng(0)
background = rng.choice(stock.X_train, 100, replace=False)
spread = f(stock.X_train).std()

print(f"R² on held-out buildings:     {f.score(X, stock.y_test):.3f}")
print(f"mean over the background:     {f(background).mean():.1f} kWh/m²")
print(f"prediction for building 9:    {f(X[9:10])[0]:.1f} kWh/m²")
print(f"spread of the predictions:    {spread:.1f} kWh/m²")

# %% [markdown]
# The value of a coalition $S$ is the mean prediction over 100 joined rows, one for each background row $b$. What
# is known comes from our building $x$, the rest from $b$:
#
# $$
# v(S) = \frac{1}{m} \sum_{b \in X_{\mathrm{bg}}} f(x_S, b_{F \setminus S})
# $$
#
# ### Exercise 2: the value of a coalition
#
# Write it, for many coalitions at once. `known` is a table of shape `(k, d)`: each row is a coalition, with
# `True` for the features that are known. `x` has shape `(d,)`, `background` has shape `(m, d)`. `f` takes a
# table `(n, d)` and gives `(n,)`. Return the `k` values, shape `(k,)`.
#
# Call `f` **once**, for all `k × m` joined rows. A call has a fixed price, whether it has one row or 100,000. Two
# tools: `np.where(condition, a, b)` takes from `a` where the condition holds and from `b` elsewhere. And
# `known[:, None, :]` has shape `(k, 1, d)`, so that it meets `x`, `(d,)`, and `background`, `(m, d)`, in a block
# of shape `(k, m, d)`.


# %%
def coalition_values(f, x, background, known):
    """Mean prediction for each coalition, a row of known: shape (k,)."""
    # SOLUTION
    k, d = known.shape
    joined = np.where(known[:, None, :], x, background)
    return f(joined.reshape(-1, d)).reshape(k, -1).mean(axis=1)
    # STUB
    # return ...
    # END


coalition_values = check.coalition_values(coalition_values)

# %% [markdown] tags=["solution"]
# **Why.** `reshape(-1, d)` lays the blocks of the coalitions below each other, 100 rows each. So the predictions
# have shape `(k, m)` after `reshape(k, -1)`, and the mean is over axis 1.
#
# Typical wrong answers: `np.where(known, background, x)` takes the features that are *not* in $S$ from `x`. It
# runs, and turns every sign around. `background.mean(axis=0)` in place of the background asks about
# one building that nobody has built; its prediction is not the mean prediction. `reshape(m, k)` mixes the
# coalitions.

# %%
everything = np.array(list(itertools.product([False, True], repeat=d)))
values = np.asarray(coalition_values(f, X[9], background, everything))
print("coalitions, features:    ", everything.shape)
print("joined rows in this call:", f"{len(everything) * len(background):,}")
print(f"nobody known, v[0]:       {values[0]:.1f} kWh/m²")
print(f"all known, v[-1]:         {values[-1]:.1f} kWh/m²")

# %% [markdown]
# With nobody known you get the **base value**, the mean prediction over the background. With all known, you
# get the prediction. These two frame everything that follows.

# %% [markdown]
# ## 3. All coalitions, no orders
#
# Ten features have $10! = 3{,}628{,}800$ orders. But they have only $2^{10} = 1{,}024$ coalitions, and a feature
# adds the same in all orders that have the same features before it. So count these orders. Before feature $i$
# come the features of $S$, in any order, and after it all others, in any order:
#
# $$
# \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(d - |S| - 1)!}{d!}\,\bigl(v(S \cup \{i\}) - v(S)\bigr)
# $$
#
# ### Exercise 3: all coalitions
#
# Write it. `v` is again an array with `d` axes of length 2. Go through the coalitions, not through the orders.
#
# You can do it in a loop over all coalitions without $i$. Or for whole blocks: `np.take(v, 1, axis=i)` holds all
# values with feature `i` known, `np.take(v, 0, axis=i)` the values of the same coalitions without it. Both have
# `d - 1` axes. `np.indices((2,) * (d - 1)).sum(axis=0)` holds, in the same places, how many features are known.


# %%
def by_weights(v):
    """Shapley values from the values of all coalitions: shape (d,)."""
    # SOLUTION
    d = v.ndim
    share = [1 / (d * math.comb(d - 1, size)) for size in range(d)]
    weight = np.array(share)[np.indices((2,) * (d - 1)).sum(axis=0)]
    phi = []
    for i in range(d):
        added = np.take(v, 1, axis=i) - np.take(v, 0, axis=i)
        phi.append((weight * added).sum())
    return np.array(phi)
    # STUB
    # return ...
    # END


by_weights = check.by_weights(by_weights)

# %% [markdown] tags=["solution"]
# **Why.** The fraction is $1 / (d \binom{d-1}{|S|})$. Each size from 0 to $d - 1$ has the same total weight,
# $1/d$, because a feature is equally likely to come first, second, or last. Within a size all coalitions share
# alike. So the smallest and the largest coalitions weigh most: there are few of them.
#
# Typical wrong answers: the same weight for all coalitions, or a weight for the size *with* feature $i$. A
# forgotten $1/d$ makes every value $d$ times too large. You see it at once, if you look at the sum.


# %%
def explain(f, x, its_values=coalition_values):
    """Exact Shapley values of one row, from all coalitions: (d,)."""
    v = its_values(f, x, background, everything)
    return np.asarray(by_weights(np.reshape(v, (2,) * d)), float)


phi = explain(f, X[9])
print("on paper:  ", np.round(by_orders(v), 1))
print("by weights:", np.round(by_weights(v), 1))

# %%
for_package, _ = shapley.exact(f, X[9:10], background)
explainer = shap.explainers.Exact(f, background)
for_shap = explainer(X[9:10], silent=True).values
print("largest difference, as a share of the spread of f")
for label, others in (("glassbox", for_package), ("shap", for_shap)):
    off = np.abs(phi - others[0]).max()
    print(f"to {label + ':':10s} {off / spread:.5f}")

# %%
truth, _ = data.heating_shapley(X[9:10], background)
table = pd.DataFrame(
    {
        "x": X[9],
        "background": background.mean(axis=0),
        "network": phi,
        "formula": truth[0],
    },
    index=features,
)
digits = {"x": 2, "background": 2, "network": 1, "formula": 1}
print((table.round(digits) + 0).to_string())  # + 0 turns -0.0 into 0.0
print(f"base value and sum: {values[0]:.1f} and {phi.sum():.1f}")
print(f"prediction:         {f(X[9:10])[0]:.1f} kWh/m²")

# %% [markdown]
# Your values are those of the package and of shap's exact method: five digits of the spread agree.
#
# The column *network* is in kWh/m²: what each feature of building 9 adds, compared with the 100 buildings. The
# last column has the exact Shapley values of the *formula*, for the same rows. The network comes close, and not
# everywhere: what it has learned wrong, such as the altitude, no exact method repairs.

# %% [markdown]
# ## 4. The same values, from a regression
#
# There is another way to the same numbers. Draw up a linear model of the game: the value of a coalition is
# nearly the base value plus a number for each known feature. Fit these numbers $\phi_i$ with the weights
#
# $$
# w(S) = \frac{d - 1}{\binom{d}{|S|}\,|S|\,(d - |S|)}
# $$
#
# such that the weighted sum of $\bigl(v(S) - \phi_0 - \sum_{i \in S} \phi_i\bigr)^2$ is as small as possible. The
# empty and the full coalition would get an infinite weight: the line must go through them. So they are no rows
# of the regression. They are the constraint: $\phi_0 = v(\emptyset)$, and $\phi_0 + \sum_i \phi_i = f(x)$.
#
# ### Exercise 4: kernel regression
#
# Write it. `known`, of shape `(k, d)` with `True` and `False`, holds *some* coalitions, neither the empty nor
# the full one. `values`, of shape `(k,)`, are their values. `base` is $v(\emptyset)$ and `full` is $f(x)$.
# Return shape `(d,)`.
#
# - The constraint: the last feature gets what the others leave, `full - base - phi[:-1].sum()`. Put this into
#   the sum above. Then `d - 1` unknown numbers are left, without a constraint. The column of feature `i` becomes
#   `known[:, i] - known[:, -1]`, and from each value goes `base` and, where the last feature is known,
#   `full - base`.
# - The weights: `np.linalg.lstsq(A, b)[0]` minimizes a plain sum of squares. Multiply each line of `A` and `b`
#   by the *square root* of its weight.
# - NumPy does not subtract True and False. Begin with `Z = known.astype(float)`.


# %%
def kernel_regression(known, values, base, full):
    """Weighted regression of the values on who is known: shape (d,)."""
    # SOLUTION
    Z, d = known.astype(float), known.shape[1]
    size = known.sum(axis=1)
    ways = np.array([math.comb(d, s) for s in size])
    root = np.sqrt((d - 1) / (ways * size * (d - size)))
    A = Z[:, :-1] - Z[:, -1:]
    b = values - base - Z[:, -1] * (full - base)
    phi = np.linalg.lstsq(A * root[:, None], b * root)[0]
    return np.append(phi, full - base - phi.sum())
    # STUB
    # return ...
    # END


kernel_regression = check.kernel_regression(kernel_regression)

# %% [markdown] tags=["solution"]
# **Why.** With $\phi_d = \text{full} - \text{base} - \sum_{i<d} \phi_i$ the model of a coalition is
# $\text{base} + \sum_{i<d} \phi_i (z_i - z_d) + z_d\,(\text{full} - \text{base})$, where $z$ is its row of
# zeros and ones. What has no $\phi$ in it goes to the left side.
#
# Typical wrong answers: the weights without the square root count twice. Without the constraint, the numbers do
# not add up; scaling them afterwards, so that they do, moves all of them by the wrong amounts. To share out what
# is left in equal parts is right if all coalitions take part, and wrong for some of them.

# %% [markdown]
# Is the regression an approximation, because the game is not linear? Take all 1,022 coalitions between the empty
# and the full one, for 24 buildings. Then take some of them.
#
# **Predict** before you run: 200 coalitions, drawn at random, each as likely as any other, against the 20 coalitions
# in which one feature alone is known, or one alone is not. Which of the two comes closer?

# %%
rows = X[:24]
tables = np.array(
    [coalition_values(f, x, background, everything) for x in rows]
)
exact = np.array([by_weights(t.reshape((2,) * d)) for t in tables])

between = everything[1:-1]
size = between.sum(axis=1)


def by_regression(chosen):
    """Values (24, d) from the chosen ones of the 1,022 coalitions."""
    return np.array(
        [
            kernel_regression(between[chosen], t[1:-1][chosen], t[0], t[-1])
            for t in tables
        ]
    )


choices = {
    "all 1,022": [np.arange(1022)],
    "20: sizes 1 and 9": [np.flatnonzero((size < 2) | (size > 8))],
    "110: sizes 1, 2, 8, 9": [np.flatnonzero((size < 3) | (size > 7))],
}
for number in (20, 200, 800):
    choices[f"{number} drawn"] = [
        np.random.default_rng(seed).choice(1022, number, replace=False)
        for seed in range(5)
    ]
lines = {}
for label, several in choices.items():
    found = [by_regression(chosen) for chosen in several]
    errors = [root_mean_square(one - exact) for one in found]
    total = tables[:, -1] - tables[:, 0]
    gaps = [abs(one.sum(axis=1) - total).max() for one in found]
    lines[label] = {
        "error": np.mean(errors),
        "±": np.std(errors),
        "gap": np.max(gaps),
    }
print("kWh/m², 24 buildings; ± over five draws")
print(pd.DataFrame(lines).T.round(2).to_string())

# %% [markdown]
# The *error* is the root mean square difference from the exact values. The *gap* is how far the values are from
# adding up, at worst.
#
# - With **all coalitions** the regression gives the Shapley values. The game is not linear, since features
#   interact, and the values are exact all the same. That is why the weights are what they are.
# - With a **few coalitions** it does not. And the gap is 0 in each line: the constraint makes the numbers add up,
#   right or wrong.
# - The **20 smallest and largest** coalitions beat 200 drawn at random. The weights had said where to look. And
#   the interactions here are mostly of two features: then *first* and *last* are nearly enough, as in part 1. The
#   shap library takes these sizes first, and draws from the rest.

# %% [markdown]
# ### Exercise 5: spot the bug, three idle rooms
#
# The regression is the heart of Kernel SHAP, and the shap library has it. Here is a house with 13 rooms. Its
# heating demand is the sum of its rooms, in kWh a day. So we know the Shapley values without any method: the
# demand of each room, less its mean over the background of 50 houses.


# %%
def whole_house(rooms):
    return rooms.sum(axis=1)


rng = np.random.default_rng(0)
houses = rng.uniform(5, 25, (50, 13))
house = rng.uniform(5, 25, 13)

# This runs, and it is wrong.
np.random.seed(0)  # shap draws coalitions with NumPy's global generator
explainer = shap.KernelExplainer(whole_house, houses)
found = explainer.shap_values(house, nsamples=2000, silent=True)

table = pd.DataFrame({"Kernel": found, "true": house - houses.mean(axis=0)})
table.index.name = "room"
table.loc["sum"] = table.sum()
print((table.round(2) + 0).to_string())

# %% [markdown]
# The sum is right. And some rooms get exactly 0. More coalitions do not help: set `nsamples=8190`, which is all
# of them, and look. Find out what the library does: `help(explainer.shap_values)` lists its settings.
#
# Repair it, in a function. `x` has shape `(d,)`; return the `d` values.


# %%
def kernel_shap(f, x, background, nsamples):
    """Values of Kernel SHAP for one row: shape (d,)."""
    np.random.seed(0)
    explainer = shap.KernelExplainer(f, background)
    # SOLUTION
    return explainer.shap_values(
        x, nsamples=nsamples, l1_reg=False, silent=True
    )
    # STUB
    # return explainer.shap_values(x, nsamples=nsamples, silent=True)
    # END


kernel_shap = check.kernel_shap(kernel_shap)

# %% [markdown] tags=["solution"]
# **Why.** The default of this release is `l1_reg="num_features(10)"`: before the regression, a lasso keeps ten
# features and drops the others. They get exactly 0. Then the constraint makes the ten take over what the others
# had, so the sum is right. Nothing warns you. With ten features or fewer the default drops nothing, and a test
# with a small table would not have found it.
#
# Typical wrong answers: more coalitions change nothing, since the selection comes first. `num_features(12)`
# drops one in place of three. `aic` or `auto` can be right here, and drops features again when there are more of them,
# and few coalitions. To share out the difference is not possible: there is none.

# %%
repaired = np.asarray(kernel_shap(whole_house, house, houses, 2000))
off = abs(repaired - (house - houses.mean(axis=0))).max()
before = abs(found - (house - houses.mean(axis=0))).max()
print(f"largest error before: {before:.1f} kWh a day")
print(f"and repaired:         {off:.1f} kWh a day")

# %% [markdown]
# A value of exactly 0 is a claim: this feature adds nothing. If many features have it, ask whether the method
# has put it there. That a sum fits says nothing about its parts.

# %% [markdown]
# ## 5. Draw orders
#
# With 30 features there are $2^{30}$ coalitions, more than a billion. So go back to the orders, and draw some of
# them.
#
# ### Exercise 6: drawn orders
#
# Write it. `orders` has shape `(k, d)`, and each row is an order. `[2, 0, 1]` says: feature 2 comes first, then
# feature 0, then feature 1. Here `v` is a function: it takes a table of coalitions `(rows, d)` of True and False,
# and gives their values `(rows,)`. Return the mean of what each feature adds, over these orders: shape `(d,)`.
#
# For one order you need `d + 1` coalitions: nobody, then one more known at each step. Call `v` once for each
# order, or once for all. `np.diff` takes the differences from one value to the next.


# %%
def by_drawn_orders(v, orders):
    """Mean of what each feature adds, over some orders: shape (d,)."""
    # SOLUTION
    k, d = orders.shape
    total = np.zeros(d)
    for order in orders:
        known = np.zeros((d + 1, d), bool)
        for step, feature in enumerate(order):
            known[step + 1 :, feature] = True
        total[order] += np.diff(v(known))
    return total / k
    # STUB
    # return ...
    # END


by_drawn_orders = check.by_drawn_orders(by_drawn_orders)

# %% [markdown] tags=["solution"]
# **Why.** `np.diff` gives what is added at the first step, the second, and so on. `total[order]` brings it to
# the features: the first step belongs to feature `order[0]`.
#
# Typical wrong answers: `total += np.diff(...)` without `[order]` adds up *places*, so all features get nearly
# the same. Reading an order as the list of places, “feature 0 comes at place 2”, is the reverse permutation.

# %% [markdown]
# How good are drawn orders? We have the values of all coalitions of 24 buildings, so `v` can look them up, and
# the experiment costs nothing. There are two ways to draw. *Independent*: each order on its own. *Paired*: draw
# half as many, and add the reverse of each.
#
# **Predict** before you run. You want half the error: how many times as many orders do you need? And does a
# pair, an order and its reverse, say more than two independent orders, or less?


# %%
def lookup(values):
    """A function v that finds the values of coalitions in a list."""
    places = 2 ** np.arange(round(math.log2(len(values))))[::-1]
    return lambda known: np.asarray(values)[np.asarray(known, bool) @ places]


def draw(k, d, paired, seed):
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.tile(np.arange(d), (k, 1)), axis=1)
    if paired:
        orders[k // 2 :] = orders[: k // 2, ::-1]
    return orders


def sampling_error(tables, exact, k, paired):
    """Root mean square error with k orders, over rows and eight draws."""
    off = []
    for seed in range(8):
        for number, (values, right) in enumerate(
            zip(tables, exact, strict=True)
        ):
            orders = draw(k, len(right), paired, [seed, number, k])
            found = by_drawn_orders(lookup(values), orders)
            off.append(np.subtract(found, right))
    return root_mean_square(off)


# %%
# ALT Error against the number of orders, from 2 to 128, on logarithmic axes. Both lines fall straight. Independent
# ALT orders fall from 0.9 to 0.1 kWh/m², paired ones from 0.2 to 0.03. A vertical line at 114 orders marks the
# ALT cost of all coalitions, where the error is zero.
budgets = 2 ** np.arange(1, 8)
styles = {
    "independent": ("o-", figures.BLUE),
    "paired": ("s--", figures.GREEN),
}
errors = {}
fig, ax = plt.subplots()
for label, (line, color) in styles.items():
    errors[label] = np.array(
        [sampling_error(tables, exact, k, label == "paired") for k in budgets]
    )
    ax.loglog(budgets, errors[label], line, color=color, label=label)
    slope = np.polyfit(np.log(budgets), np.log(errors[label]), 1)[0]
    most, least = errors[label][[0, -1]]
    print(f"{label:12s} {most:.2f} to {least:.2f} kWh/m², slope {slope:.1f}")
# Each order needs d - 1 coalitions besides the empty and the full one.
ax.axvline((2**d - 2) / (d - 1), color=figures.NEUTRAL, linestyle=":")
ax.text(105, errors["independent"][0], "all coalitions", ha="right", va="top")
ax.set_xlabel("orders")
ax.set_ylabel("error (kWh/m²)")
ax.set_xticks(budgets, [str(k) for k in budgets])
ax.set_yticks([0.03, 0.1, 0.3, 1], ["0.03", "0.1", "0.3", "1"])
ax.minorticks_off()
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# On logarithmic axes both lines have a slope near −1/2: the error falls with the square root of the budget. So
# half the error costs four times as many orders, and one more digit a hundred times as many. Pairing leaves the
# slope as it is, and moves the whole line down.
#
# And look at the dotted line. Each order asks for nine coalitions besides the empty and the full one. At 114
# orders you have paid for all 1,024 and would be exact. With ten features, do not draw at all.

# %%
patients = data.diabetes()
f_patients = Predictor(models.load("diabetes"))
others = [
    coalition_values(f_patients, x, patients.X_train[:100], everything)
    for x in patients.X_test[:24]
]
of_formula = [
    coalition_values(data.heating_demand, x, background, everything)
    for x in rows
]
print("gain: error of independent orders over that of paired ones")
gain = errors["independent"] / errors["paired"]
print(f"heating network:  {gain.mean():.1f}")
right = [by_weights(np.reshape(t, (2,) * d)) for t in others]
of_patients = [
    sampling_error(others, right, k, False)
    / sampling_error(others, right, k, True)
    for k in budgets
]
print(f"diabetes network: {np.mean(of_patients):.1f}")

right = [by_weights(np.reshape(t, (2,) * d)) for t in of_formula]
print("formula of the buildings, two orders, kWh/m²")
for label, paired in (("independent", False), ("paired", True)):
    off = sampling_error(of_formula, right, 2, paired)
    print(f"{label + ':':17s} {off:.2f}")

# %% [markdown]
# For the heating network pairing divides the error by more than four. Independent orders would need the square of
# that, about twenty times as many. For the diabetes network the gain is smaller: it depends on the network.
#
# For the formula **one order and its reverse are exact**. Part 1 has shown why. The formula has one interaction, of
# two features. In an order and its reverse, each of the two comes once before the other and once after. That is
# already the mean over all orders. So what is left of the error of paired orders comes from interactions of three
# or more features.
#
# `shap.explainers.Permutation` draws in pairs.

# %% [markdown]
# ## 6. Two questions about one building
#
# A feature that is not known takes its values from the background, whatever the others are. Such values are
# called **interventional**. In this stock the outdoor temperature falls with the altitude, by 6.5 °C per
# kilometer. So for half of all coalitions we ask about buildings in a cold valley or on a warm mountain.
#
# **Conditional** values ask another question. What is not known is drawn such that it fits to what is known. For
# real data you would have to guess how the features depend on each other. Here we know it: `data.heating` draws
# the altitude evenly between 0 and 1,500 m, and the outdoor temperature as 9 − 0.0065 × altitude, with a noise of
# 0.8 °C. All other features are independent.

# %%
T, H = features.index("outdoor_temp"), features.index("altitude")
# For each background row: its noise, and a place between 0 and 1.
noise = background[:, T] - (9 - 0.0065 * background[:, H])
place = np.random.default_rng(1).permutation(np.arange(0.5, 100) / 100)


def conditional_values(f, x, background, known):
    """As coalition_values, but what is not known fits to what is known."""
    joined = np.where(known[:, None, :], x, background)
    # Altitude known: the temperatures that occur at this altitude.
    joined[known[:, H] & ~known[:, T], :, T] = 9 - 0.0065 * x[H] + noise
    # Temperature known: the altitudes that have this temperature.
    middle, sd = (9 - x[T]) / 0.0065, 0.8 / 0.0065
    low, high = (0 - middle) / sd, (1500 - middle) / sd
    fitting = truncnorm.ppf(place, low, high, middle, sd)
    joined[known[:, T] & ~known[:, H], :, H] = fitting
    return f(joined.reshape(-1, d)).reshape(len(known), -1).mean(axis=1)


def without_altitude(X):
    """The formula for buildings that all lie at 0 m: it ignores H."""
    X = X.copy()
    X[:, H] = 0
    return data.heating_demand(X)


# %% [markdown]
# Building 10 lies low and warm, at 121 m and 8.2 °C. There is more fog in the valley, so in the formula a low
# altitude *raises* the demand. A high temperature lowers it.
#
# **Predict** before you run. Ask three functions: the network, the formula, and a formula that does not read the
# altitude at all. Which sign has the altitude, by either kind of values? And how much can it get from the third
# function?

# %%
x = X[10]
functions = {
    "network": f,
    "formula": data.heating_demand,
    "no altitude": without_altitude,
}
kinds = {
    "interventional": coalition_values,
    "conditional": conditional_values,
}
lines = {}
for label, function in functions.items():
    for kind, its_values in kinds.items():
        phi = explain(function, x, its_values)
        lines[label, kind] = {
            "altitude": phi[H],
            "temp": phi[T],
            "both": phi[H] + phi[T],
            "others": phi.sum() - phi[H] - phi[T],
        }
print("building 10, kWh/m²")
print((pd.DataFrame(lines).T.round(1) + 0).to_string())

# %% [markdown]
# The same building, the same function, two answers. They do not even agree in sign.
#
# - *Interventional*: what does the network, or the formula, do with this altitude? It raises the prediction. A
#   function that does not read the altitude gives it exactly 0.
# - *Conditional*: what does it tell us that the building lies at 121 m? That it is warm there. So the altitude
#   lowers the expected demand. It even gets credit from the function that **never reads it**: it stands in for
#   the temperature.
#
# Neither is wrong. To find out how a network computes, take the interventional values. They ask about joined rows
# that do not exist. To find out what a feature tells about the prediction, take the conditional ones. They need a
# model of how the features depend on each other. The sum of the two features is nearly the same in both kinds. If
# you can, report the sum.
#
# One building proves nothing. Here are 24, for the formula.

# %%
altitude = {
    (label, kind): np.array(
        [explain(functions[label], x, its_values)[H] for x in rows]
    )
    for label in ("formula", "no altitude")
    for kind, its_values in kinds.items()
}
signs = np.sign(list(altitude.values()))[:2]
print(f"share with another sign: {np.mean(signs[0] != signs[1]):.2f}")
print("size of the altitude's value, root mean square, kWh/m²")
for (label, kind), found in altitude.items():
    print(f"{label:12s} {kind:15s} {root_mean_square(found):.1f}")

# %% [markdown]
# Shap's Exact, Permutation and Kernel explainers compute or estimate interventional values if you give them a table
# as background. So does `shapley.exact`, and so does the next part.

# %% [markdown]
# ## 7. LIME and SHAP side by side
#
# Two methods, one building, one question: why 206 kWh/m², rather than the usual 176? It is question B of
# [Lab 08](08_lime.ipynb). Take building 9 again. To be fair, both methods get the same 100 background rows.
#
# - **SHAP**: your repaired Kernel SHAP, with 200 coalitions.
# - **LIME**: without bins, and with its contributions, slope times distance from the mean. The samples lie around
#   the *mean* row, which is the default, or around *this row*.
# - The referees: the **exact** values of the network, and those of the **formula**.

# %%
mean, sd = background.mean(axis=0), background.std(axis=0)


def explain_by_lime(function, rows, around_row, seed=0):
    """LIME: contributions (n, d), R² (n,), and local gap (n,)."""
    explainer = LimeTabularExplainer(
        background,
        mode="regression",
        feature_names=features,
        discretize_continuous=False,
        sample_around_instance=around_row,
        random_state=seed,
    )
    weights, scores, gaps = np.zeros(rows.shape), [], []
    for row, x in enumerate(rows):
        e = explainer.explain_instance(x, function, num_features=d)
        for column, weight in e.as_map()[1]:
            weights[row, column] = weight
        scores.append(e.score)
        gaps.append(abs(e.predicted_value - e.local_pred[0]))
    return weights * (rows - mean) / sd, np.array(scores), np.array(gaps)


# %% [markdown]
# One feature will tell the methods apart: the window share. Windows let heat out and sun in. In the formula this
# is the term 350 (share − 0.35)², the best share lies in the middle of the data, and it has no interactions.
# Building 9 has few windows: a share of 0.10.

# %%
column = features.index("window_share")
share = X[9, column]
term = 350 * (share - 0.35) ** 2
terms = 350 * (background[:, column] - 0.35) ** 2
print(f"share: {share:.2f}, mean of the background: {mean[column]:.2f}")
print(f"term of building 9:           {term:.1f} kWh/m²")
print(f"mean term of the background:  {terms.mean():.1f} kWh/m²")

# %% [markdown]
# **Write down your guess** before you go on. How many kWh/m² does the window share get
#
# 1. from the formula, by its Shapley values? You can compute it from the lines above.
# 2. from SHAP?
# 3. from LIME around the mean: a straight line, fitted to the whole valley of this curve?
# 4. from LIME around this row: a straight line, fitted to the steep side?

# %%
by_lime, r2_mean, gap_mean = explain_by_lime(f, rows, around_row=False)
by_lime_row, r2_row, gap_row = explain_by_lime(f, rows, around_row=True)
by_shap = np.array([kernel_shap(f, x, background, 200) for x in rows])
truth, _ = data.heating_shapley(rows, background)

answers = {
    "LIME mean": by_lime,
    "LIME row": by_lime_row,
    "SHAP": by_shap,
    "exact": exact,
    "formula": truth,
}
table = pd.DataFrame({k: a[9] for k, a in answers.items()}, index=features)
print("building 9, kWh/m²")
print((table.round(1) + 0).to_string())
print(f"R² of LIME, mean and row:  {r2_mean[9]:.2f} {r2_row[9]:.2f}")
print(f"local gap (kWh/m²):        {gap_mean[9]:.1f} {gap_row[9]:.1f}")

# %%
# ALT What the window share adds, against the share. The curve of the network is a valley, with its lowest point near
# ALT 0.35. The line of LIME around the mean is nearly flat, and the line of LIME around the row falls steeply. At
# ALT a share of 0.10 the flat line is at 6 kWh/m², the curve at 13, and the steep line at 28.
grid = np.linspace(0.1, 0.6, 51)
moved = np.repeat(X[9:10], len(grid), axis=0)
moved[:, column] = grid
only = np.zeros((1, d), bool)
only[0, column] = True
curve = [coalition_values(f, x, background, only)[0] for x in moved]

fig, ax = plt.subplots()
ax.plot(grid, curve - tables[9][0], color="black", label="network")
styles = {
    "LIME mean": ("--", "s", figures.VERMILLION),
    "LIME row": ("-.", "D", figures.BLUE),
}
for label, (line, marker, color) in styles.items():
    found = answers[label][9, column]
    slope = found / (share - mean[column])
    on_line = slope * (grid - mean[column])
    ax.plot(grid, on_line, line, color=color, label=label)
    ax.plot(share, found, marker, color=color, markersize=9)
ax.plot(
    share,
    by_shap[9, column],
    "o",
    color=figures.GREEN,
    markersize=9,
    label="SHAP",
)
ax.set_ylim(-32, 32)
ax.set_xlabel("window share")
ax.set_ylabel("contribution (kWh/m²)")
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# The black curve is what the network gives if the share alone is known, less the base value. The exact value lies
# nearly on it, and so does SHAP, with a fifth of the coalitions. LIME replaces the curve by a straight line through
# the mean. Around the mean the two sides of the valley cancel, so the line is too flat. Around the row it has the
# slope of the steep side, and carries it all the way to the mean: too much.
#
# Look at the R² and the local gap. LIME around the row is the better fit by both, and it gives the window share twice
# what it adds. It fits *near the row*, and the question was about the way from the mean.
#
# ### 24 buildings
#
# One row proves nothing.

# %%
lines = {}
for label in ("LIME mean", "LIME row", "SHAP", "exact"):
    found = answers[label]
    to_exact = root_mean_square(found - exact, axis=1)
    to_formula = root_mean_square(found - truth, axis=1)
    lines[label] = {
        "to exact": to_exact.mean(),
        "to formula": to_formula.mean(),
        "±": to_formula.std(ddof=1),
    }
print("who adds how much: distance, kWh/m², 24 buildings")
print(pd.DataFrame(lines).T.round(2).to_string())

print("LIME, mean over the buildings")
print(f"R²:        mean {r2_mean.mean():.2f}, row {r2_row.mean():.2f}")
print(f"local gap: mean {gap_mean.mean():.1f}, row {gap_row.mean():.1f}")
for around, first in ((False, by_lime), (True, by_lime_row)):
    again, *_ = explain_by_lime(f, rows, around, seed=1)
    label = "row" if around else "mean"
    moves = root_mean_square(again - first)
    print(f"another seed moves LIME {label} by {moves:.1f} kWh/m²")

# %% [markdown]
# The ± is the standard deviation over the buildings.
#
# SHAP is close to the exact values of the network, and what keeps it from the formula is the network's own error.
# Both kinds of LIME are several times farther away. Is it their budget? SHAP has asked about 20,000 joined rows a
# building here, and LIME about 5,000 samples. But another seed moves LIME little, so more samples would not help: it is
# stable, and off. And the one with the better R² is the farther one.
#
# Is it the network that leads LIME astray? Let it explain the formula itself, as if the network were perfect.


# %%
def formula(X):
    """The formula, cut off at 0: LIME asks about walls below zero."""
    least = np.where(np.arange(d) == T, -np.inf, 0)  # but frost exists
    return data.heating_demand(np.maximum(X, least))


print("LIME of the formula, distance to the formula's values")
for label, around in (("mean", False), ("row", True)):
    found, *_ = explain_by_lime(formula, rows, around)
    off = root_mean_square(found - truth, axis=1).mean()
    print(f"LIME {label + ':':6s} {off:.1f} kWh/m²")

# %% [markdown]
# With a perfect network LIME is about as far off, or farther. So it is not the network that leads it astray, but the
# straight line, and the place of its samples.
#
# Is the referee fair? For the question of this part, yes: “how much of it comes from the windows” asks for amounts
# that add up, and Shapley values are defined by it. But LIME around a row is made for another one, question A of
# Lab 08: what would a *little* more window do? There it comes nearest to the truth. Shapley values have no answer to
# that: they are amounts, not slopes. So choose the question first, then the method.

# %% [markdown]
# ## 8. The report
#
# Numbers that leave this notebook need [eight lines under them](../book/trust/report.md). Here they are for Kernel SHAP
# and building 9. What is not measured you can measure: give `kernel_shap` another background.

# %%
from glassbox.report import Report

card = models.card("heating")["on held-out rows"]
rival = card["linear regression"]["r2"]
left_over = tables[9][-1] - tables[9][0] - by_shap[9].sum()
Report(
    question=f"Why {f(X[9:10])[0]:.0f} kWh/m² for building 9, and not "
    f"{f(background).mean():.0f}, the mean over the background?",
    model="The heating network. R² on held-out buildings "
    f"{f.score(X, stock.y_test):.3f}, a straight line {rival:.3f}.",
    background="100 training buildings, drawn at random with seed 0.",
    unit="kWh/m² a year.",
    method="Kernel SHAP of the shap library, 200 coalitions, l1_reg=False, "
    "seed 0. Interventional.",
    fidelity="Distance from the exact Shapley values "
    f"{root_mean_square(by_shap[9] - exact[9]):.2f} kWh/m² (root mean square "
    f"over the features). Left over of the prediction: {abs(left_over):.2f}.",
    stability="Not measured.",
    limits="It says what the network does, and this differs from the formula "
    f"by {root_mean_square(exact[9] - truth[9]):.1f} kWh/m² a feature. It "
    "asks about warm mountains and cold valleys, which do not occur.",
)

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - A Shapley value is the mean of what a feature adds, over all orders. On paper it takes six lines for three
#   features.
# - For a network you need the value of each coalition, the mean prediction over the background. With ten
#   features all 1,024 fit into one call, and the values are exact.
# - A regression with the right weights gives the same values from all coalitions, and estimates from a few. It
#   always adds up, so adding up proves nothing. In shap, write `l1_reg=False`.
# - Drawn orders have an error that falls with the square root of their number. Draw them in pairs.
# - Interventional values say what the function does with a feature, conditional ones what the feature tells.
# - LIME gives slopes, Shapley values give amounts. Choose the question first, and judge by something exact.
#
# **What comes next** The chapter [SHAP in practice](../book/local/shap.md) and [Lab 10](10_shap.ipynb) use the
# library: its explainers, its plots, and the choice of the background.
