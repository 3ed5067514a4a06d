# %% [markdown]
# # Lab 03. Are the weights the importance?
#
# A network is made of weights, and you can print them all. Do they tell which features matter? Two classical
# methods say yes, and give different answers. Here you write both, and hold them against the truth. Then you
# change the weights as you like, and the network does not notice.
#
# **You will be able to**
#
# - draw a kernel as a heat map, with the features in the right rows;
# - compute connection weights and Garson's shares by hand, for any number of layers;
# - say where each of them is wrong, and why, on data whose formula is known;
# - make a network with other weights that predicts the same;
# - draw the filters of a convolution, and prove that the pictures are right.
#
# **You need** Python with NumPy, matrix products, and a first course in machine learning. The chapter
# [Weights](../book/inside/weights.md) explains the ideas that you use here.
#
# **Time** About 90 minutes. The code itself runs in less than a minute.
#
# **Model and data** The heating network that ships with this book: 10 features of a building go in, its yearly
# heating demand in kWh/m² comes out. The buildings are simulated, so the formula is known, and with it how much
# each feature matters. The house number does nothing. You also meet the diabetes network, and a network that
# reads a dial from a picture.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of
# three verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as
# often as you like: `check.garson.hint()`. The [solution](../solutions/03_weights.ipynb) also says why.
#
# A check tries your function on kernels of its own, of other sizes than the lab's and from networks with more and
# fewer layers. So use the arguments of the function, and write no number of layers or units by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once,
# and come back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell
# did not run at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `03_weights.mine.ipynb`.

# %%
# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, layers, models, shapley, weights
from glassbox.checks import lab03 as check
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.signal import correlate2d
from scipy.stats import spearmanr
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

figures.use_style()

# %% [markdown]
# ## 1. The first kernel as a heat map
#
# The network standardizes each feature, sends it through two hidden layers of 64 ReLU units, and puts the result
# back into kWh/m². `weights.kernels` collects its kernels.

# %%
buildings = data.heating()
network = models.load("heating")
f = Predictor(network)

X, y = buildings.X_test, buildings.y_test
names = list(buildings.feature_names)
by_name = weights.kernels(network)
kernels = list(by_name.values())
for name, kernel in by_name.items():
    print(f"{name:9s} kernel {kernel.shape}")
print(f"R² on held-out buildings: {f.score(X, y):.2f}")

# %% [markdown]
# A dense kernel has shape `(in, out)`. **Rows are what goes in, columns are units.** In the first kernel the rows are
# the features, in the order of the table. A weight can be negative, so the color map has two colors that meet at 0,
# and its limits are equal on both sides. Otherwise white would not mean zero.
#
# The order of the units means nothing, so we may choose one. Here the units are sorted by the product of the two
# kernels behind them, one number a unit; section 2 says what it means. In short, units on the left lower the
# prediction, and those on the right raise it.

# %%
# ALT Heat map of the first kernel, ten features by 64 units. The row of wall_u is blue on the left and red on the
# ALT right, those of heat_recovery and outdoor_temp the other way round. The darkest cells are in the row of
# ALT window_share, red and blue side by side on the right. The row of house_number is pale, but not white.
leaves = (kernels[1] @ kernels[2])[:, 0]  # from each unit on to the output
order = leaves.argsort()
limit = np.abs(kernels[0]).max()
fig, ax = plt.subplots(figsize=(6.2, 3.6))
image = ax.imshow(
    kernels[0][:, order],
    cmap=figures.DIVERGING,
    vmin=-limit,
    vmax=limit,
    aspect="auto",
)
ax.set_yticks(range(len(names)), names)
ax.set_xticks([0, 63], ["lowers", "raises"])
ax.set_xlabel("64 units of hidden_1, by what leaves them")
fig.colorbar(image, label="weight (per standard deviation)")
plt.show()

# %% [markdown]
# Each weight is per standard deviation of its feature, because the network standardizes first. Look at `wall_u`: red
# on the right, blue on the left. So it feeds the units that raise and starves those that lower. `outdoor_temp` and
# `heat_recovery` do the opposite. `window_share` has the darkest cells, red beside blue. And `house_number`, which does
# nothing, is pale, but it is not white.
#
# Your eye adds up the color along a row. Do it with numbers.
#
# ### Exercise 1: how strong is a row?
#
# Write a function that takes the first kernel, of shape `(d, units)`, and returns the sum of the sizes
# (absolute values) of the weights of each feature: shape `(d,)`, in the order of the features.


# %%
def row_sizes(kernel):
    """Sum of the absolute weights of each feature: shape (d,)."""
    # SOLUTION
    return np.abs(kernel).sum(axis=1)
    # STUB
    # return ...  # put your code here
    # END


row_sizes = check.row_sizes(row_sizes)

# %% [markdown] tags=["solution"]
# **Why.** The features are the rows, so the sum goes over the units, axis 1.
#
# Typical wrong answers: `axis=0` gives one number for each unit. Ten names do not fit 64 numbers, so here you would
# notice. With a square kernel nothing raises, and every name stands at a wrong number. Without `np.abs`, weights of
# opposite signs cancel.

# %%
sizes = pd.Series(row_sizes(kernels[0]), index=names)
print(sizes.sort_values(ascending=False).round(1).to_string())

# %% [markdown]
# So the window share comes first, and the house number is nearly half as strong as the wall insulation. Can that be
# right? A kernel is only the first step. What goes into a unit must still reach the output.

# %% [markdown]
# ## 2. Follow the paths
#
# A **path** leads from one feature through one unit of each hidden layer to the output. Multiply the weights
# along a path, and you have its strength. Add up all paths of a feature, with their signs: this is its
# **connection weight**. The activation functions are left out.
#
# ### Exercise 2: connection weights
#
# Write it. `kernels` is a list from the first kernel, `(d, units)`, to that of the output, `(units, 1)`, with any
# number of hidden layers. Return one number for each feature, shape `(d,)`. The heating network has 64 × 64 paths
# from each feature. You need no loop over them.


# %%
def connection_weights(kernels):
    """Sum over all paths of the product of the weights: shape (d,)."""
    # SOLUTION
    total = kernels[0]
    for kernel in kernels[1:]:
        total = total @ kernel
    return total[:, 0]
    # STUB
    # return ...
    # END


connection_weights = check.connection_weights(connection_weights)

# %% [markdown] tags=["solution"]
# **Why.** A matrix product does what we want: it multiplies along the way and adds up over all units between. One
# product for each further layer goes through all 4,096 paths.
#
# Typical wrong answers: `np.abs` around each kernel forbids the paths to cancel. `kernels[0] @ kernels[1]` stops
# before the output, whose weights have signs too. `total @= kernel` writes into `kernels[0]`: the first product
# overwrites it, and the second, which has another shape, raises an error.

# %% [markdown]
# Garson's method leaves out the signs. In each layer it asks where a unit gets its input from: it divides the
# sizes of the incoming weights of the unit by their sum. These are **shares**. Then it multiplies shares
# along the paths and adds up.
#
# ### Exercise 3: Garson's shares
#
# Write it, for any number of hidden layers.
#
# 1. For each kernel: the sizes of its weights, each divided by the sum of its column.
# 2. Multiply the shares of all layers along the paths, and add up.
# 3. Divide the result by its sum, so that it adds up to 1. Shape `(d,)`.
#
# A unit may have no incoming weight at all. Then its column has the sum 0, and all its shares shall be 0.


# %%
def garson(kernels):
    """Each feature's share of the weights: shape (d,), with the sum 1."""
    # SOLUTION
    result = None
    for kernel in kernels:
        size = np.abs(kernel)
        total = size.sum(axis=0)
        share = size / np.where(total > 0, total, 1)
        result = share if result is None else result @ share
    return result[:, 0] / result.sum()
    # STUB
    # return ...
    # END


garson = check.garson(garson)

# %% [markdown] tags=["solution"]
# **Why.** The shares of a column add up to 1. So a unit hands on exactly what it gets, and the products of shares
# are shares again.
#
# Typical wrong answers: products of `np.abs(kernel)`, divided once at the end, count a unit with large incoming weights more;
# Garson lets each unit divide first. Summing over `axis=1` divides what *leaves* an input. Forgetting the last kernel
# counts all units of the last hidden layer alike. So does a variant in some accounts of the method: it multiplies the
# outgoing weight in *before* it divides by the sum of the column, and there it cancels.

# %%
difference = max(
    np.abs(
        connection_weights(kernels) - weights.connection_weights(network)
    ).max(),
    np.abs(garson(kernels) - weights.garson(network)).max(),
)
print(f"largest difference to glassbox.weights: {difference:.4f}")

# %% [markdown]
# ## 3. Who is right?
#
# What a network *does* with a feature can be measured without looking inside. For 100 held-out buildings and a
# background of 100 training buildings, the next cell computes exact **Shapley values** and takes the mean of their
# sizes: by how many kWh/m² the feature moves a prediction. The **permutation importance** says by how much the error
# rises if the feature is shuffled, also in kWh/m²; [Lab 07](07_whole_model.ipynb) writes it by hand. The **truth** is
# the mean size of the Shapley values of the formula that made the data.
#
# **Predict** before you run the next two cells, and write it down. Which of your two methods ranks the features more
# like the truth? And where does each put the window share, and the house number?

# %%
rng = np.random.default_rng(0)
background = rng.choice(buildings.X_train, 100, replace=False)
phi, _ = shapley.exact(f, X[:100], background)
phi_true, _ = data.heating_shapley(X[:100], background)
shuffled = permutation_importance(
    f,
    X,
    y,
    scoring="neg_root_mean_squared_error",
    n_repeats=10,
    random_state=0,
)
table = pd.DataFrame(
    {
        "connection": connection_weights(kernels),
        "Garson %": 100 * garson(kernels),
        "exact": np.abs(phi).mean(axis=0),
        "shuffled": shuffled.importances_mean,
        "truth": np.abs(phi_true).mean(axis=0),
    },
    index=names,
).sort_values("truth", ascending=False)
table["Garson %"] = table["Garson %"].round(1)
table["connection"] = table["connection"].round(2)
print((table.round({"exact": 1, "shuffled": 1, "truth": 1}) + 0).to_string())

# %% [markdown]
# `exact`, `shuffled` and `truth` are in kWh/m². The connection weights are in standard deviations of the target per
# standard deviation of the feature. Garson's shares have no unit.
#
# How alike are two orders? The rank correlation of Spearman says it: 1 for the same order, 0 for no relation. We
# leave the signs of the connection weights out.


# %%
def alike(a, b):
    """Rank correlation of two lists of importances, signs left out."""
    return spearmanr(np.abs(a), np.abs(b)).statistic


methods = {
    "connection weights": connection_weights(kernels),
    "Garson": garson(kernels),
    "row sizes": row_sizes(kernels[0]),
}
rows = {
    name: {
        "exact": alike(value, np.abs(phi).mean(axis=0)),
        "shuffled": alike(value, shuffled.importances_mean),
        "truth": alike(value, np.abs(phi_true).mean(axis=0)),
    }
    for name, value in methods.items()
}
print(pd.DataFrame(rows).T.round(2).to_string())

# %% [markdown]
# The connection weights are much nearer. Garson ranks the features exactly as the row sizes of the first kernel do:
# here its further steps change nothing. Look at two features.
#
# - **House number.** The truth is 0. Garson gives it a share of 6 %, because shares count sizes, and its
#   weights are not 0. The connection weight is close to 0.
# - **Window share.** Garson puts it first, before the wall insulation. The connection weights put it ninth, just before
#   the house number. In truth it moves the demand by 5 kWh/m², as `window_u` does, which the connection weights rank
#   seventh. *Both* methods are wrong here, one on each side.
#
# Why? Split the sum over the paths into those that go up and those that go down.

# %%
# Strength of each path: feature, unit of hidden_1, unit of hidden_2.
paths = kernels[0][:, :, None] * (kernels[1] * kernels[2][:, 0])[None]
split = pd.DataFrame(
    {
        "up": np.maximum(paths, 0).sum(axis=(1, 2)),
        "down": np.minimum(paths, 0).sum(axis=(1, 2)),
        "both": paths.sum(axis=(1, 2)),
    },
    index=names,
)
chosen = split.loc[["wall_u", "window_share", "house_number"]]
print(chosen.round(2).to_string())

# %% [markdown]
# For `wall_u` the paths up are much stronger. For `window_share` they go up and down, about as much, and cancel. That fits
# the formula, in which the window share is a valley: the demand is lowest at 0.35 and rises on both sides. Two units
# make such a valley, $|x| = \max(0, x) + \max(0, -x)$. The first path has the strength 1 · 1, the second (−1) · 1, so
# the connection weight is 0. Each side of the valley needs weights of its own, and Garson counts them all.
#
# For `house_number` the paths cancel too, and nothing is behind them. The connection weight is about 0 for a
# feature that moves the demand by 5 kWh/m² and for one that does nothing.
#
# So connection weights are good where a feature pushes in one direction. They are the slope of the network without
# its activation functions, and should do best for a network that is nearly a line. Does the diabetes network
# agree? Nobody knows the truth there, so the exact Shapley values of the network are the referee.

# %%
patients = data.diabetes()
diabetes_network = models.load("diabetes")
f_diabetes = Predictor(diabetes_network)
diabetes_kernels = list(weights.kernels(diabetes_network).values())
background_diabetes = rng.choice(patients.X_train, 100, replace=False)
phi_diabetes, _ = shapley.exact(
    f_diabetes, patients.X_test[:100], background_diabetes
)

rows = {}
for name, dataset, function, chain, values in (
    ("heating", buildings, f, kernels, phi),
    ("diabetes", patients, f_diabetes, diabetes_kernels, phi_diabetes),
):
    line = LinearRegression().fit(dataset.X_train, function(dataset.X_train))
    exact = np.abs(values).mean(axis=0)
    rows[name] = {
        "line": line.score(dataset.X_test, function(dataset.X_test)),
        "connection": alike(connection_weights(chain), exact),
        "Garson": alike(garson(chain), exact),
    }
print(pd.DataFrame(rows).T.round(2).to_string())

# %% [markdown]
# The column `line` is R² of a straight line on the predictions of the network. The network that is nearer to a line
# has the better connection weights. Two networks prove no law, but they fit the reason.

# %% [markdown]
# ## 4. The same function, other weights
#
# A ReLU unit gives $\max(0, z)$. If everything that goes into it is doubled, it gives twice as much. If what leaves
# it is halved then, the next layer gets what it got before. The function stays. What happens to the heat map?
#
# ### Exercise 4: the same function, other weights
#
# Write it. `kernels` and `biases` are lists, from the first layer to the output. Multiply all that goes into the
# unit number `unit` of the hidden layer number `layer` by `factor`, a positive number, and divide what
# leaves it. Layer and unit are counted from 0. Return new lists, `kernels, biases`, and leave the old arrays as
# they are.


# %%
def rescale_unit(kernels, biases, layer, unit, factor):
    """Kernels and biases of the same function, one unit rescaled."""
    kernels = [kernel.copy() for kernel in kernels]
    biases = [bias.copy() for bias in biases]
    # SOLUTION
    kernels[layer][:, unit] *= factor
    biases[layer][unit] *= factor
    kernels[layer + 1][unit, :] /= factor
    return kernels, biases
    # STUB
    # return ...
    # END


rescale_unit = check.rescale_unit(rescale_unit)

# %% [markdown] tags=["solution"]
# **Why.** For a positive factor $c$, $\max(0, cz) = c \max(0, z)$. Into the unit go a column of its kernel and its bias. Out
# of it goes a row of the next kernel.
#
# Typical wrong answers: a bias that stays shifts the point at which the unit switches on, so the function
# changes. `kernels[layer + 1][:, unit]` is what goes into some unit of the next layer. `list(kernels)` is a new list
# of the *old* arrays, and `*=` then changes the network that you were given.

# %% [markdown]
# Now use it. The next cell takes the unit of the first layer in which the house number has its largest share of the
# incoming weights. It multiplies what goes into this unit by 0.001, and so what leaves it by 1,000. `forward` computes
# the network from the arrays alone.


# %%
def forward(rows, kernels, biases):
    """A ReLU network, from its arrays: predictions of shape (n,)."""
    values = rows
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        values = np.maximum(values @ kernel + bias, 0)
    return (values @ kernels[-1] + biases[-1])[:, 0]


kernels = [kernel.astype(float) for kernel in kernels]
biases = [
    network.get_layer(name).bias.numpy().astype(float) for name in by_name
]
x_mean, x_sd = buildings.X_train.mean(axis=0), buildings.X_train.std(axis=0)
y_mean, y_sd = buildings.y_train.mean(), buildings.y_train.std()
standardized = (X - x_mean) / x_sd

house = names.index("house_number")
incoming = np.abs(kernels[0]) / np.abs(kernels[0]).sum(axis=0)
unit = incoming[house].argmax()
kernels_new, biases_new = rescale_unit(kernels, biases, 0, unit, 0.001)

before = y_mean + y_sd * forward(standardized, kernels, biases)
after = y_mean + y_sd * forward(standardized, kernels_new, biases_new)
moved = connection_weights(kernels_new) - connection_weights(kernels)
share_next = np.abs(kernels_new[1][unit]) / np.abs(kernels_new[1]).sum(axis=0)
print("largest difference between")
print(f"  forward and f           {np.abs(before - f(X)).max():.3f} kWh/m²")
print(f"  old and new network     {np.abs(after - before).max():.3f} kWh/m²")
print(f"  connection weights      {np.abs(moved).max():.3f}")
print("share of the unit in the weights into a unit of hidden_2")
print(f"  median of the 64        {100 * np.median(share_next):.0f} %")

# %%
# ALT Garson's shares of ten features before and after one unit is rescaled. The house number moves from last
# ALT place, 6 percent, to the first, 20 percent. The window share falls from 15 to 3 percent.
old, new = 100 * garson(kernels), 100 * garson(kernels_new)
fig, ax = plt.subplots(figsize=(6, 4.2))
upward = old.argsort()
height = np.arange(len(names))
ax.hlines(height, old[upward], new[upward], color=figures.NEUTRAL, lw=1)
ax.plot(old[upward], height, "o", label="as trained")
ax.plot(new[upward], height, "D", label="one unit rescaled")
ax.set_yticks(height, np.array(names)[upward])
ax.set_xlim(0)
ax.set_xlabel("Garson's share (%)")
ax.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.4, 1.14))
plt.show()

# %% [markdown]
# The predictions are the same for every building. Garson now says that the house number, which does nothing, matters
# most. And the window share, which was first, is ninth. Why? The unit gives little, so what leaves it must be
# large. More than half of the units of the next layer now have over nine tenths of their incoming weights from it.
# So Garson sees mostly the shares of the features in this one unit. In the heat map the unit is a white column: its
# weights are a thousandth of what they were. Both describe the *weights*, and the function does not fix them.
#
# The connection weights have not changed. Each path through the unit is multiplied by the factor once and divided by it
# once.
#
# ### Meters or kilometers?
#
# Connection weights have a weak point of another kind. This network standardizes its features itself. Others read them as
# they are. Let us make such a network, and move the standardization into the kernels. Row $i$ of the first kernel is
# divided by $s_i$, the standard deviation of the feature. The last kernel is multiplied by that of the target. The
# biases take up the means.

# %%
raw_kernels = [kernels[0] / x_sd[:, None], kernels[1], kernels[2] * y_sd]
raw_biases = [
    biases[0] - (x_mean / x_sd) @ kernels[0],
    biases[1],
    biases[2] * y_sd + y_mean,
]
off = np.abs(forward(X, raw_kernels, raw_biases) - f(X)).max()
print(f"the new network and f differ by at most {off:.3f} kWh/m²")

truth = np.abs(phi_true).mean(axis=0)
rows = {}
for what, chain in (("standardized", kernels), ("own units", raw_kernels)):
    rows[what] = {
        "connection": alike(connection_weights(chain), truth),
        "Garson": alike(garson(chain), truth),
        "row sizes": alike(row_sizes(chain[0]), truth),
    }
print("\nrank correlation with the truth")
print(pd.DataFrame(rows).T.round(2).to_string())

# %% [markdown]
# It is the same function again, and here all three methods rank worse. Now a weight is per unit of the feature. A meter of
# altitude is a small step, and a window share of 1 is a larger one than any two buildings are apart. Write the altitude in
# kilometers, and see what moves.

# %%
altitude = names.index("altitude")
in_km, X_km = [kernel.copy() for kernel in raw_kernels], X.copy()
in_km[0][altitude] *= 1000
X_km[:, altitude] /= 1000
off = np.abs(forward(X_km, in_km, raw_biases) - f(X)).max()
print(f"the new network and f differ by at most {off:.3f} kWh/m²")
for what, chain in (("m", raw_kernels), ("km", in_km)):
    weight, share = connection_weights(chain), garson(chain)
    print(f"altitude in {what}")
    print(f"  connection weight {weight[altitude]:7.3f} kWh/m² per {what}")
    print(f"  Garson's share    {100 * share[altitude]:7.1f} %")

# %% [markdown]
# Nothing about any building has changed, and Garson's share of the altitude has come out of nowhere. So compare rows
# of a kernel only where the features are standardized. Even then, do not take the colors for importance: other
# weights can do the same.

# %% [markdown]
# ## 5. What training has changed
#
# Weights start as random numbers. How much of the start is still there at the end? Train a small network three times,
# each time with another seed, and keep the kernels from before. It has one hidden layer of 64 units. Unlike the
# network that ships, it has no penalty on the size of its weights (no weight decay).

# %%
inputs_train = (buildings.X_train - x_mean) / x_sd
target_train = (buildings.y_train - y_mean) / y_sd


def trained(seed):
    """Kernels before and after training, and R² on held-out rows."""
    keras.utils.set_random_seed(seed)
    small = keras.Sequential(
        [
            keras.Input((len(names),)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    start = small.get_weights()[::2]  # kernels are the even ones
    small.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse")
    small.fit(inputs_train, target_train, epochs=8, batch_size=64, verbose=0)
    predicted = y_mean + y_sd * small(standardized).numpy()[:, 0]
    left = ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    return start, small.get_weights()[::2], 1 - left


runs = {seed: trained(seed) for seed in (0, 1, 2)}

# %%
# ALT Weights after training against weights before. The crosses of the house number lie close to the diagonal. Many points
# ALT of the window share do too; others have moved far away from it, up on the right and down on the left.
start, end, _ = runs[0]
fig, ax = plt.subplots(figsize=(5.2, 4.2))
ax.plot([-0.3, 0.3], [-0.3, 0.3], color="black", lw=1, label="unchanged")
for name, color, marker in (
    ("window_share", figures.BLUE, "o"),
    ("house_number", figures.VERMILLION, "x"),
):
    row = names.index(name)
    ax.plot(start[0][row], end[0][row], marker, color=color, label=name)
ax.set_xlabel("weight before training")
ax.set_ylabel("weight after training")
ax.legend()
plt.show()

# %%
rows = {}
for seed, (start, end, r2) in runs.items():
    kept = [np.corrcoef(start[0][i], end[0][i])[0, 1] for i in range(10)]
    rows[f"seed {seed}"] = {
        "R²": r2,
        "house": kept[house],
        "all": np.mean(kept),
        "Garson %": 100 * garson(end)[house],
        "Garson": alike(garson(end), truth),
        "connection": alike(connection_weights(end), truth),
    }
digits = {"Garson %": 1, "Garson": 1, "connection": 1}
print(pd.DataFrame(rows).T.round(digits).round(2).to_string())

# %% [markdown]
# All three networks predict well (`R²`, on held-out buildings). `house` is the correlation of the weights of the house
# number before and after training, the crosses of the figure, and `all` is the mean over the ten features. What you would see in the heat
# map of such a network is mostly the random numbers that it began with. What training has added is the smaller
# part, and it was enough.
#
# `Garson %` is the share of the house number: nearly a tenth, what each of ten equal features would get. The last two
# columns are rank correlations with the truth. In each of the three, the connection weights are nearer, as in
# the network that ships. The numbers move from seed to seed, and Garson's are low.

# %% [markdown]
# ## 6. The filters of a convolution
#
# The gauge network reads a dial from a picture of 32 × 32 pixels and predicts what it shows, in % of full scale. Its
# first layer has 16 filters of 3 × 3 weights. They are small pictures, so people like to draw them. Here is code
# that does.


# %%
def filters(kernel):
    """Pictures of the filters, for each channel that they read."""
    height, width, channels, count = kernel.shape
    return kernel.reshape(count, channels, height, width)


gauge_network = models.load("gauge")
kernel = layers.kernel(gauge_network, "conv_1")
drawn = filters(kernel)
print("kernel:  ", kernel.shape)
print("pictures:", drawn.shape)

# %% [markdown]
# The kernel of a convolution has the axes `(height, width, in, out)`. The pictures have the shape that we
# want: 16 filters, 1 channel, 3 × 3. But do they show the filters? We can test that. Lay picture number $k$ on each place
# of an image, multiply, add up, add the bias, apply ReLU: this must give the map number $k$ that the layer gives.


# %%
def maps_by_hand(image, pictures, bias):
    """What filters on one channel give for an image: (k, height, width)."""
    sums = [correlate2d(image, picture, mode="same") for picture in pictures]
    return np.maximum(np.array(sums) + bias[:, None, None], 0)


image = data.draw_gauge([30.0], seed=5)[0]
bias = gauge_network.get_layer("conv_1").bias.numpy()
of_layer = layers.activations(gauge_network, image, "conv_1")[0]
of_layer = of_layer.transpose(2, 0, 1)  # (height, width, k) to (k, ...)


def largest_error(pictures):
    by_hand = maps_by_hand(image[0, :, :, 0], pictures[:, 0], bias)
    return np.abs(by_hand - of_layer).max()


print(f"largest value in the maps:       {of_layer.max():.3f}")
print(f"largest error of these pictures: {largest_error(drawn):.3f}")

# %% [markdown]
# The pictures are wrong: their error is not much smaller than the largest value. Nothing was raised, and drawn they would
# have looked fine.
#
# ### Exercise 5: spot the bug, pictures of filters
#
# Repair `filters`. It takes any kernel `(height, width, in, out)` and returns `(out, in, height, width)`, so that
# `filters(kernel)[k, c]` is how filter `k` looks at channel `c`.


# %%
def filters(kernel):
    """Pictures of the filters: shape (out, in, height, width)."""
    # SOLUTION
    return np.transpose(kernel, (3, 2, 0, 1))
    # STUB
    # height, width, channels, count = kernel.shape
    # return kernel.reshape(count, channels, height, width)
    # END


filters = check.filters(filters)

# %% [markdown] tags=["solution"]
# **Why.** `reshape` leaves all numbers in the order in which they lie in memory. There, the last axis runs
# fastest: the 16 filters' weights for the upper left pixel come first. So a "picture" of nine numbers
# held that one pixel of nine filters. `transpose` moves the axes, and each number stays with its filter.
#
# Typical wrong answers: `kernel.T` is (out, in, *width, height*), and mirrors each picture at its diagonal. Turning the
# pictures by 180° is right for the convolution of mathematics; the layer computes a correlation.

# %%
right = np.asarray(filters(kernel))
print(f"largest error of the reshaped pictures: {largest_error(drawn):.3f}")
print(f"largest error of the right pictures:    {largest_error(right):.3f}")

# %%
# ALT Two sets of 16 small pictures of 3 by 3 weights in red and blue. On the left the wrong ones, on the right the
# ALT right ones. The sets differ, and neither looks more like filters than the other.
limit = np.abs(kernel).max()
fig, axes = plt.subplots(
    4, 9, figsize=(6.2, 3.9), width_ratios=[1, 1, 1, 1, 0.7, 1, 1, 1, 1]
)
for first, pictures, title in (
    (0, drawn, "wrong: reshape"),
    (5, right, "right: transpose"),
):
    panel = axes[:, first : first + 4]
    panel[0, 0].set_title(title, loc="left", fontsize=12)
    for place, picture in enumerate(pictures[:, 0]):
        shown = panel.flat[place].imshow(
            picture, cmap=figures.DIVERGING, vmin=-limit, vmax=limit
        )
for ax in axes.flat:
    ax.set_axis_off()
fig.colorbar(
    shown,
    ax=axes,
    location="bottom",
    label="weight (per unit of brightness)",
    shrink=0.6,
    pad=0.05,
)
plt.show()

# %% [markdown]
# Could you have told them apart by looking? Both show edges, lines and dots. A picture that looks plausible proves nothing; one
# map by hand does.
#
# And what do the right ones say about importance? Compare the size of each filter, the sum of its absolute weights,
# with what it gives on 200 dials: the mean and the largest value of its maps.

# %%
dials, _ = data.draw_gauge(np.linspace(0, 100, 200), seed=6)
given = layers.activations(gauge_network, dials, "conv_1")
per_filter = pd.DataFrame(
    {
        "size": np.abs(right).sum(axis=(1, 2, 3)),
        "mean": given.mean(axis=(0, 1, 2)),
        "largest": given.max(axis=(0, 1, 2)),
    }
)
per_filter.index.name = "filter"
print(per_filter.round(2).to_string())

# %% [markdown]
# Filter 0 has larger weights than filter 13 and gives 0 everywhere, on each of these dials. So it is dead: it has a
# picture like the others, and these predictions owe it nothing. Filter 10 is nearly twice as large as filter 13 and
# gives less, on average and at most. To see what a filter or a unit does, look at what it gives.

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - A dense kernel is `(in, out)`: rows are inputs. The two colors of its map meet at 0, with equal limits.
# - Connection weights add up all paths with their signs. They do well where features push in one direction, and a
#   valley cancels to 0.
# - Garson's shares count sizes alone. A feature that does nothing gets a share, and a bend gets a large one.
# - The same function can have other weights. Garson's shares then change, and so does the heat map. Connection weights
#   stay when a hidden unit is rescaled, but not when a feature comes in meters instead of kilometers.
# - In three small networks without a penalty, most of the first kernel was left over from the random start.
# - The kernel of a convolution is `(height, width, in, out)`. Move its axes with `transpose`, never with `reshape`, and
#   prove it with one map by hand.
# - Weights tell how a network is made. What it does with a feature, ask the network: shuffle the feature, or
#   compute Shapley values.
#
# **Next** The chapter [Activations](../book/inside/activations.md) looks at what the units give, and
# [Lab 04](04_activations.ipynb) lets you do it.
