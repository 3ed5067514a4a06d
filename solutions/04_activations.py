# %% [markdown]
# # Lab 04. What do the hidden units answer to?
#
# A row goes in, and a prediction comes out. In between, each hidden unit, or neuron, gives a number: its
# **activation**. You can read all of them. Do they tell you how the network decides? Here you look, and then you
# test what you believe that you saw.
#
# **You will be able to**
#
# - read the activations of any layer of a Keras network, and notice when it is the wrong layer;
# - count dead units, and say what makes them;
# - draw activations as a heat map and in two dimensions, with a number beside each picture;
# - test which features a unit reads, where correlations mislead;
# - take a unit away, and measure what it was worth;
# - say what a bright unit does not tell you.
#
# **You need** Python with NumPy and a first course in machine learning. You have seen a Keras network before. The
# chapter [Activations](../book/inside/activations.md) explains the ideas that you use here.
#
# **Time** About 105 minutes. The code itself runs in less than a minute.
#
# **Model and data** The heating network that ships with this book. It reads 10 features of a building, has two
# hidden layers of 64 units each, and predicts the yearly heating demand in kWh/m². The buildings are simulated, so
# we know the formula behind them. In it the altitude and the outdoor temperature are **twins**: high is cold. And
# the house number does **nothing**. Now and then we also look at the diabetes network, which has seen real
# patients.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of three
# verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as often as you
# like: `check.activations.hint()`. The [solution](../solutions/04_activations.ipynb) also says why.
#
# A check tries your function on networks and tables of its own, of other sizes than the lab's. So use the arguments
# of the function, not the network of the lab, and write no number of rows, layers or units by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once, and come
# back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell did not run at
# all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `04_activations.mine.ipynb`.

# %%
from copy import deepcopy

# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, layers, models
from glassbox.checks import lab04 as check
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, Ridge

figures.use_style()

# %% [markdown]
# ## 1. Open the network
#
# `f` is the network as a function: a table `(n, 10)` in, `n` predictions out. What is inside?

# %%
buildings = data.heating()
network = models.load("heating")
f = Predictor(network)

X_train, X, y = buildings.X_train, buildings.X_test, buildings.y_test
names = list(buildings.feature_names)
print("held-out buildings:", X.shape)
print(f"R²: {f.score(X, y):.2f}")
for layer in network.layers:
    print(f"  {layer.name:12s} {layer.output.shape}")

# %% [markdown]
# `None` stands for the number of rows. `hidden_1` and `hidden_2` give 64 numbers for each building, and `output`
# makes one number of the last 64.
#
# To read a layer, make a network that ends there. It has the same input and the same weights, and the layer's
# output is its last. In Keras this is one line: `keras.Model(input, output)`.
#
# Many recipes for this begin with `model.input`. Watch what that does with a Sequential network that was made
# without an input, as in many tutorials.

# %%
fresh = keras.Sequential(
    [
        keras.layers.Dense(3, activation="relu", name="hidden"),
        keras.layers.Dense(1, name="output"),
    ],
    name="sequential",
)
for when in ("new", "built"):
    if when == "built":
        fresh.build((None, 10))
    for attribute in ("input", "inputs"):
        try:
            getattr(fresh, attribute)
            print(f"{when:6s} model.{attribute:7s} there")
        except AttributeError as error:
            print(f"{when:6s} model.{attribute:7s} {error}")

# %% [markdown]
# “Never been called” stays even when the network is built. What helps is `model.inputs`, a list, here of one.
#
# ### Exercise 1: read the activations
#
# Write a function that returns what a layer gives for each row: a NumPy array of shape `(n, units)`. `name` is the
# layer's name, and `model.get_layer(name).output` its output. The check brings Functional networks, which are made
# with `keras.Model(input, output)` as ours is, and a Sequential one that is not built. Build that one first:
# `model.built` says whether you must.
#
# To run a network on few rows, call it, `part(X)`. `part.predict(X)` is right too, but slow, and may warn of
# *retracing*.


# %%
def activations(model, X, name):
    """What the layer of this name gives for each row: (n, units)."""
    # SOLUTION
    if not model.built:
        model.build((None, X.shape[1]))
    part = keras.Model(model.inputs[0], model.get_layer(name).output)
    return part(X).numpy()
    # STUB
    # return ...  # put your code here
    # END


activations = check.activations(activations)

# %% [markdown] tags=["solution"]
# **Why.** The new model shares its layers with the old one. No weight is copied and none is trained.
# `model.inputs[0]` works for both kinds of network. With the whole list, `model.inputs`, Keras warns about the
# structure of the input, and the numbers are right.
#
# Typical wrong answers: `model.input` raises for each Sequential network. A loop `for layer in model.layers: X =
# layer(X)` is right for layers in a row, and fails where a network branches. `training=True` drops units at random,
# and two calls give two results. `get_weights()` gives weights, which are the same for all rows.

# %%
A = np.asarray(activations(network, X, "hidden_2"))
by_package = layers.activations(network, X, "hidden_2")
print("activations:", A.shape)
print(f"largest difference to the package: {np.abs(A - by_package).max():.4f}")
print(f"smallest {A.min():.2f}, largest {A.max():.2f}")

# %% [markdown]
# No activation is below 0: the units are **ReLU** units, which give $\max(0, s)$ for their weighted sum $s$. A unit
# that gives more than 0 is **on**. An activation has no unit such as kWh/m²: the next layer decides what it is
# worth.
#
# From here we use the package's `layers.activations(model, X, name)`. It does the same, and says what to do when a
# network cannot be opened.

# %% [markdown]
# ## 2. The wrong layer
#
# A colleague has the same network as Sequential, with the very same weights.

# %%
copies = [
    type(layer).from_config(layer.get_config()) for layer in network.layers[1:]
]
sequential = keras.Sequential(copies)
sequential.build((None, 10))
sequential.set_weights(network.get_weights())
difference = np.abs(f(X) - Predictor(sequential)(X)).max()
print(f"largest difference of a prediction: {difference:.3f} kWh/m²")


# %% [markdown]
# The function below is meant to read the second hidden layer of any network. It runs. Compare what it gives for the
# two.


# %%
def hidden(model, X, number):
    """Activations of the hidden layer of this number, counted from 1."""
    layer = model.layers[number]
    return layers.activations(model, X, layer.name)


for kind, model in (("Functional", network), ("Sequential", sequential)):
    second = hidden(model, X, 2)
    print(
        f"{kind}: {second.shape}, "
        f"share on {(second > 0).mean():.2f}, mean {second.mean():.3f}"
    )

# %% [markdown]
# Both have the right shape, and no error is raised. But two networks with the same weights cannot have different
# activations.
#
# ### Exercise 2: spot the bug, the wrong layer
#
# Repair `hidden`, so that number 2 is the second hidden layer of any network. The hidden layers are `Dense` layers
# here. Between them there may be others, such as `Dropout`. The last `Dense` layer is the output, and nobody asks
# for it.


# %%
def hidden(model, X, number):
    """Activations of the hidden layer of this number, counted from 1."""
    # SOLUTION
    dense = [
        layer for layer in model.layers if isinstance(layer, keras.layers.Dense)
    ]
    return layers.activations(model, X, dense[number - 1].name)
    # STUB
    # layer = model.layers[number]
    # return layers.activations(model, X, layer.name)
    # END


hidden = check.hidden(hidden)

# %% [markdown] tags=["solution"]
# **Why.** A Functional network lists its input as a layer, a Sequential one does not. And both list the
# standardization. So `model.layers[2]` is `hidden_1` in one and `hidden_2` in the other. Count what you mean, or
# better: ask by name.
#
# Typical wrong answers: `model.layers[number + 1]` repairs this network and breaks the colleague's. `dense[number]`
# counts from 0, and gives the output for the last hidden layer.

# %% [markdown]
# How do you notice, if nobody has the same network twice? Do the rest by hand. What the last hidden layer gives,
# times the weights of the output layer, its *kernel*, must lead to the prediction.

# %%
kernel, bias = network.get_layer("output").get_weights()
to_units = network.get_layer("to_units")


def by_hand(A):
    """From the last hidden layer to kWh/m²."""
    return np.ravel((A @ kernel + bias) * to_units.scale + to_units.offset)


for name in ("hidden_1", "hidden_2"):
    off = by_hand(layers.activations(network, X, name)) - f(X)
    print(f"{name}: off by {np.sqrt(np.mean(off**2)):.1f} kWh/m²")
second = np.asarray(hidden(network, X, 2))
print(f"yours: off by {np.abs(by_hand(second) - f(X)).max():.1f} kWh/m²")

# %% [markdown]
# ## 3. Dead units
#
# A ReLU unit that is off for every row says nothing: it is **dead**. It adds nothing to the prediction.
#
# ### Exercise 3: count the dead
#
# Write a function from a table of activations `(n, units)` to True or False for each unit, shape `(units,)`. A unit
# is dead if it is exactly zero for all rows. Three are not: a unit that is off for most rows, one that always gives
# the same number above zero, and one that never gets above zero but is below it (other activation functions allow
# that).


# %%
def dead(A):
    """Whether each unit is zero for all rows: (units,)."""
    # SOLUTION
    return (A == 0).all(axis=0)
    # STUB
    # return ...
    # END


dead = check.dead(dead)

# %% [markdown] tags=["solution"]
# **Why.** A unit is a column, and all of it must be zero. Exactly zero is a fair question here, because ReLU gives
# exactly zero.
#
# Typical wrong answers: the standard deviation is zero for a unit that is always on with the same value, too. A sum
# of zero may be made of values above and below. `A[:10]` finds units that sleep for ten rows.

# %%
for title, table in (
    (
        "hidden_1, training rows",
        layers.activations(network, X_train, "hidden_1"),
    ),
    (
        "hidden_2, training rows",
        layers.activations(network, X_train, "hidden_2"),
    ),
    (
        "hidden_2, only 10 rows",
        layers.activations(network, X_train[:10], "hidden_2"),
    ),
):
    print(f"{title}: {np.asarray(dead(table)).sum():2.0f} of 64 dead")
patients = data.diabetes()
network_patients = models.load("diabetes")
T_patients = layers.activations(network_patients, patients.X_train, "hidden_2")
count = np.asarray(dead(T_patients)).sum()
print(f"diabetes, hidden_2:      {count:2.0f} of {T_patients.shape[1]} dead")

# %% [markdown]
# Count on all training rows: on ten rows, units that sleep look dead.
#
# Ten of the 64 units of the last hidden layer are dead, and the network is nearly as good as the noise in the data
# allows. What made them? Look at what they read.

# %%
T = layers.activations(network, X_train, "hidden_2")
is_dead = np.asarray(dead(T)).astype(bool)
kernel_2, bias_2 = network.get_layer("hidden_2").get_weights()
length = np.linalg.norm(kernel_2, axis=0)
for title, group in (("dead", is_dead), ("others", ~is_dead)):
    print(
        f"{title:7s} length of a unit's weights: "
        f"median {np.median(length[group]):.2f}, "
        f"largest {length[group].max():.2f}"
    )
print(f"largest bias of a dead unit: {bias_2[is_dead].max():.2f}")
print(f"unit 18 gives {T[:, 18].min():.3f} to {T[:, 18].max():.3f}")

# %% [markdown]
# Their weights are next to nothing, and their biases are below zero. The training had a penalty on large weights.
# It pulls at each weight, and what the error does not need shrinks away. Such dead units are no accident: training
# has thrown them out.
#
# Unit 18 met the same fate, with a bias above zero. It is always on, and always the same. It is not dead, and says
# nothing either.
#
# There is another way to die. Question before you run: the network below is trained without a penalty, once with a
# usual learning rate and once with one that is over thirty times as large. Will R² show it?


# %%
def train(rate, seed):
    """A network as ours, without a penalty, in 10 passes."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((X_train.shape[1],))
    values = keras.layers.Normalization(
        mean=X_train.mean(axis=0), variance=X_train.var(axis=0)
    )(inputs)
    for name in ("hidden_1", "hidden_2"):
        values = keras.layers.Dense(64, activation="relu", name=name)(values)
    model = keras.Model(inputs, keras.layers.Dense(1)(values))
    steps = 10 * int(np.ceil(len(X_train) / 128))
    falling = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(keras.optimizers.Adam(falling), "mse")
    target = (buildings.y_train - buildings.y_train.mean()) / scale
    model.fit(X_train, target, epochs=10, batch_size=128, verbose=0)
    return model


def try_rate(rate):
    for seed in (0, 1):
        model = train(rate, seed)
        share = np.mean(dead(layers.activations(model, X_train, "hidden_2")))
        standardized = (y - buildings.y_train.mean()) / scale
        r2 = Predictor(model).score(X, standardized)
        print(f"rate {rate:5.3f}: R² {r2:.2f}, {share:.1f} of hidden_2 dead")


scale = buildings.y_train.std()
try_rate(0.003)

# %%
try_rate(0.1)

# %% [markdown]
# With the usual rate and no penalty, hardly any unit dies. With the large rate most of the layer is dead, and R²
# hardly knows. No training row gets these units above zero.
# So their own gradient is zero as well, and training has little to bring them back with. The few that are left do
# the work, and here they are enough. Next time they may not be, so count.

# %% [markdown]
# ## 4. A heat map
#
# One row for each building, one column for each unit, and color for the activation. Each unit is divided by its
# largest activation, so that the dim ones can be seen too. On the left, the table as it is. On the right, the same
# numbers in another order: the buildings by prediction, and the units by their correlation with it.


# %%
def orders(A, prediction):
    """Rows by prediction, columns by correlation with it (dead ones: 0)."""
    centered = A - A.mean(axis=0)
    spread = np.maximum(A.std(axis=0), 1e-9) * prediction.std()
    r = (centered * (prediction - prediction.mean())[:, None]).mean(axis=0)
    return np.argsort(prediction), np.argsort(r / spread, kind="stable")


def shares(A):
    """Each unit as a share of its largest activation."""
    return A / np.maximum(A.max(axis=0), 1e-9)


# %%
# ALT Two heat maps of the same 60 buildings and 64 units. In the order of the table: dots and stripes without a
# ALT pattern. Ordered: the units on the left are bright in the upper rows, where the prediction is low. Those on
# ALT the right grow brighter toward the lower rows. Between them lie dark columns, and one that is bright all
# ALT through.
few = X[:60]
# Eight colors, and no smoothing: a cell of the table is a cell of the image.
look = {
    "aspect": "auto",
    "interpolation": "nearest",
    "cmap": plt.get_cmap(figures.SEQUENTIAL, 8),
    "vmin": 0,
    "vmax": 1,
}
A_few, prediction = layers.activations(network, few, "hidden_2"), f(few)
row_order, unit_order = orders(A_few, prediction)
fig, axes = plt.subplots(1, 2, figsize=(6.2, 3.9), layout="constrained")
for ax, table, title in (
    (axes[0], shares(A_few), "as it comes"),
    (axes[1], shares(A_few)[row_order][:, unit_order], "ordered"),
):
    image = ax.imshow(table, **look)
    ax.set_xlabel(f"unit, {title}")
    ax.set_xticks([])
    ax.set_yticks([])
axes[0].set_ylabel("building (right: prediction rises ↓)")
fig.colorbar(image, ax=axes, label="share of the unit's largest")
plt.show()


# %%
def neighbors(A):
    """Mean correlation of columns side by side, without constant ones."""
    B = A[:, A.std(axis=0) > 1e-3]
    pairs = zip(B.T[:-1], B.T[1:], strict=True)
    return np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs])


print(f"neighbors as they come: {neighbors(A_few):.2f}")
print(f"neighbors, ordered:     {neighbors(A_few[:, unit_order]):.2f}")
r = np.corrcoef(A_few[:, A_few.std(axis=0) > 1e-3].T)
print(f"any two units:          {r[np.triu_indices_from(r, 1)].mean():.2f}")

# %% [markdown]
# The order of units in a layer means nothing: neighbors have no more in common than any two. Order makes the
# picture. On the right you see two camps: units that grow as the demand falls, and units that grow with it. Many
# say much the same. The dark columns between them are mostly dead units, and the bright line is unit 18, which is
# always the same.
#
# So is this how the network decides? It is what the units *do* when buildings come in. Keep the two camps in mind.
# In part 9 they meet a network that has learned nothing.

# %% [markdown]
# ## 5. What does a unit answer to?
#
# The usual way: look at the rows that excite a unit most. Take unit 36, and its 100 brightest buildings among the
# 4,000. How far are they from the mean, in standard deviations? Beside it, the correlation over all training rows.

# %%
unit = 36
top = np.argsort(T[:, unit])[-100:]
away = (X_train[top].mean(axis=0) - X_train.mean(axis=0)) / X_train.std(axis=0)
r = [np.corrcoef(T[:, unit], column)[0, 1] for column in X_train.T]
table = pd.DataFrame({"top rows": away, "correlation": r}, index=names)
order = np.argsort(-np.abs(r))
print((table.iloc[order].head(5).round(1) + 0).to_string())

# %% [markdown]
# Clear enough: unit 36 answers to high altitude, and to cold. Does it? Question before you run: which of the two
# does it *read*?
#
# Ask the unit. Shuffle one column, so that each building gets the altitude of another one and keeps everything
# else. How far does the activation move? We divide by what it moves when all of the building is exchanged. So 0
# means that the unit does not look at the column, and 1 that it looks at nothing else.


# %%
def moves(g, X, rng):
    """How far g moves when a column is shuffled: (d, ...), 1 is all."""
    before = g(X)
    moved = []
    for column in range(X.shape[1]):
        Z = X.copy()
        Z[:, column] = rng.permutation(X[:, column])
        moved.append(np.sqrt(np.mean((g(Z) - before) ** 2, axis=0)))
    # Two buildings at random differ by the standard deviation times √2.
    return np.array(moved) / (np.sqrt(2) * before.std(axis=0) + 1e-9)


def last_hidden(rows):
    return layers.activations(network, rows, "hidden_2")


rng = np.random.default_rng(0)
of_units = moves(last_hidden, X_train, rng)
of_formula = moves(data.heating_demand, X_train, rng)
twins = [names.index("altitude"), names.index("outdoor_temp")]
table["moves it"] = of_units[:, unit]
print(f"unit {unit}")
print((table.iloc[twins].round(2) + 0).to_string())

# %% [markdown]
# Two methods, two answers. By its top rows and its correlation, the unit answers to both twins alike. By the
# shuffle it reads the temperature, and hardly the altitude. The shuffle is right about what the unit reads, because
# it changes nothing else. The correlation with the altitude is borrowed: high houses are cold.
#
# Is that one odd unit? Here are the medians over all units that say something: of the correlation, and of how far a
# shuffle moves them. The last column shuffles for the formula of the simulator.

# %%
says = T.std(axis=0) > 1e-3
r_all = np.array(
    [[np.corrcoef(a, c)[0, 1] for c in X_train.T] for a in T.T[says]]
)
table = pd.DataFrame(
    {
        "correlation": np.median(np.abs(r_all), axis=0),
        "units": np.median(of_units[:, says], axis=1),
        "formula": of_formula,
    },
    index=names,
)
print((table.sort_values("units").round(2)[::-1] + 0).to_string())

# %% [markdown]
# For the formula the altitude matters far less than the temperature. The shuffles find that in the units, and the
# correlations do not. And the house number moves the units a little, which it should not: the network has learned
# some noise.
#
# A unit has no subject, then? Count the features that a unit reads: a unit that reads five of them equally counts
# 5, and a unit that reads one counts 1.

# %%
squares = of_units[:, says] ** 2
features_read = squares.sum(axis=0) ** 2 / (squares**2).sum(axis=0)
low, middle, high = np.quantile(features_read, [0.1, 0.5, 0.9])
print(f"features that a unit reads: median {middle:.1f}")
print(f"  eight of ten units: {low:.1f} to {high:.1f}")
numbers = np.flatnonzero(says)
brightest = T.mean(axis=0).argmax()
narrow = numbers[features_read.argmin()]
for title, j in (("narrowest", narrow), ("brightest", brightest)):
    count = features_read[numbers == j][0]
    strongest = names[of_units[:, j].argmax()]
    print(f"{title}: unit {j}, {count:.1f} features, most {strongest}")

# %%
# ALT Two scatter plots against the window share. Unit 17 is off above a share of about 0.3, and the lower the share
# ALT is below it, the more it gives. Unit 12 is a wide cloud over the whole range.
column = names.index("window_share")
fig, axes = plt.subplots(1, 2, figsize=(6.2, 3))
for ax, j in zip(axes, (narrow, brightest), strict=True):
    ax.scatter(X[:400, column], A[:400, j], s=8)
    ax.set_xlabel("window share (fraction)")
    ax.set_title(f"unit {j}")
axes[0].set_ylabel("activation")
fig.tight_layout()
plt.show()

# %% [markdown]
# Unit 17 has a subject that you can name: too few windows. The formula has a term $350\,(s - 0.35)^2$ for the
# window share $s$, and this unit builds part of its left arm. It is the exception. The usual unit reads about five
# features at once, and a name for it would be a story of yours.

# %% [markdown]
# ## 6. The hidden space in two dimensions
#
# Each building is a point in 64 dimensions. A principal component analysis (PCA) finds the two directions in which
# the points differ most. Two questions. Where are the high predictions? And where are the large errors: is there a
# region in which the network fails? The figure shows 150 held-out buildings. A residual is what was measured less
# what was predicted.

# %%
# ALT Two scatter plots of the same buildings on two principal components, a bow from left to right. In the first,
# ALT the color runs evenly from low predictions on the left to high ones on the right. In the second, residuals
# ALT above and below zero are mixed everywhere.
pca = PCA(2).fit(T)
Z = pca.transform(A)
residual = y - f(X)
fig, axes = plt.subplots(1, 2, figsize=(5.9, 3.3), sharey=True)
show = slice(0, 150)
for ax, color, label, style in (
    (axes[0], f(X), "prediction (kWh/m²)", {}),
    (
        axes[1],
        residual,
        "residual (kWh/m²)",
        {"cmap": figures.DIVERGING, "vmin": -15, "vmax": 15},
    ),
):
    points = ax.scatter(
        *Z[show].T, c=color[show], s=16, edgecolors="gray", lw=0.3, **style
    )
    fig.colorbar(points, ax=ax, label=label, location="top")
    ax.set_xlabel("component 1")
axes[0].set_ylabel("component 2")
fig.tight_layout()
plt.show()
print(f"share of the variance: {pca.explained_variance_ratio_.sum():.2f}")

# %% [markdown]
# The eye finds patterns in any cloud. Ask for numbers: how well do the two components tell the prediction, the
# residual and its size, by a linear fit? And how well would they tell the size of the error by luck? For that we
# shuffle it 500 times, and take the value that 95 of 100 shuffles stay below.


# %%
def told_by(Z, target):
    """R² of a linear fit."""
    return LinearRegression().fit(Z, target).score(Z, target)


def errors_in_the_space(model, dataset):
    seen = layers.activations(model, dataset.X_train, "hidden_2")
    A = layers.activations(model, dataset.X_test, "hidden_2")
    Z = PCA(2).fit(seen).transform(A)
    prediction = Predictor(model)(dataset.X_test)
    residual = dataset.y_test - prediction
    size = np.abs(residual)
    rng = np.random.default_rng(0)
    luck = [told_by(Z, rng.permutation(size)) for _ in range(500)]
    return {
        "prediction": told_by(Z, prediction),
        "residual": told_by(Z, residual),
        "size of error": told_by(Z, size),
        "size, by luck": np.quantile(luck, 0.95),
    }


table = pd.DataFrame(
    {
        "heating": errors_in_the_space(network, buildings),
        "diabetes": errors_in_the_space(network_patients, patients),
    }
)
print((table.round(2) + 0).to_string())

# %% [markdown]
# The first picture is there by construction: the output layer makes the prediction from these units, so they line
# up along it. That the signed residual cannot be told is no merit either. What a line could read about it from the
# last hidden layer, the output layer has used in training, for it is such a line.
#
# The size of the error is the honest question. For heating it cannot be told, and that is the truth: the
# simulator's noise is the same for all buildings. For the patients it can, a little, and more than luck explains:
# there are regions of this space in which the network errs more. That is worth a closer look at the patients. It is
# no explanation yet.

# %% [markdown]
# ## 7. Take a unit away
#
# Looking is not measuring. To learn what a unit is worth, take it away and see what gets worse. This is an
# **ablation**.
#
# A network cannot do without a number in that place. Zero is a bad one: a unit that is nearly always on has
# hardly ever given it to the next layer. Give it the unit's **mean over the training rows**. Then the unit says the
# same about each building, and so it says nothing.
#
# ### Exercise 4: take a unit away
#
# Write a function that returns the predictions for `X`, shape `(n,)`, when one unit of the layer `name` is fixed at
# its mean over `X_train`. Units count from 0. Leave `model` as it is. The layers of the check's networks stand in a
# row. Two ways:
#
# - Cut the network at the layer. `keras.Model(layer.output, model.outputs[0])` is the tail, which takes
#   activations. Change a column of them.
# - Copy the network, `deepcopy(model)`, and edit the weights behind the unit in the copy. Mind where the mean has
#   to go.
#
# The lab will call your function about 80 times. With `predict` inside, that takes half a minute or more.


# %%
def ablate(model, name, unit, X_train, X):
    """Predictions for X with one unit fixed at its training mean: (n,)."""
    # SOLUTION
    layer = model.get_layer(name)
    head = keras.Model(model.inputs[0], layer.output)
    tail = keras.Model(layer.output, model.outputs[0])
    A = head(X).numpy()
    A[:, unit] = head(X_train).numpy()[:, unit].mean()
    return tail(A).numpy().ravel()
    # STUB
    # return ...
    # END


ablate = check.ablate(ablate)

# %% [markdown] tags=["solution"]
# **Why.** The column is the same number for all rows, so no row can be told from another by it. In a copy, the same
# is: row `unit` of the next kernel to zero, and mean × that row added to the next bias.
#
# Typical wrong answers: without the change of the bias, the unit is set to zero. With the mean over `X`, the answer
# depends on which rows you ask about. `A[unit]` is a building. `clone_model` copies the layers, and gives them
# new random weights. Edited weights of `model` itself spoil all that follows.

# %%
on = (T[:, 12] > 0).mean()
A_zero, A_mean = A.copy(), A.copy()
A_zero[:, 12], A_mean[:, 12] = 0, T[:, 12].mean()
print(f"unit 12 is on for a share of {on:.2f} of the training rows")
for title, table in (("zero", A_zero), ("mean", A_mean)):
    shift = by_hand(table) - f(X)
    print(f"set to {title}: mean shift {shift.mean():5.1f} kWh/m²")

# %% [markdown]
# Zero moves all predictions down, as if each building had lost something. That is a constant, and nothing that the
# unit says about a building. The mean takes away only what the unit tells apart.
#
# Now ablate each of the 64 units, and measure by how much the root mean square error on held-out buildings rises.
# But first predict. **Which unit matters most: the one that is brightest on average, or one that is always on?**
# Write it down.


# %%
def error(y, prediction):
    return np.sqrt(np.mean((y - prediction) ** 2))


without = np.array(
    [ablate(network, "hidden_2", j, X_train, X) for j in range(64)]
)
rise = np.array([error(y, p) for p in without]) - error(y, f(X))

# Other buildings might have come: draw 1,000 of these, some of them twice.
rng = np.random.default_rng(0)
drawn = rng.multinomial(len(y), np.full(len(y), 1 / len(y)), 500) / len(y)
before = np.sqrt(drawn @ (y - f(X)) ** 2)
spread = (np.sqrt(drawn @ ((y - without) ** 2).T) - before[:, None]).std(0)

table = pd.DataFrame(
    {
        "rise": rise,
        "±": spread,
        "moves": [error(p, f(X)) for p in without],
        "brightness": T.mean(axis=0),
        "on": (T > 0).mean(axis=0),
    }
)
table.index.name = "unit"
print(f"error with all units: {error(y, f(X)):.2f} kWh/m²")
first = table.sort_values("rise", ascending=False).head(8)
print(first.round(2).to_string())
for j in np.flatnonzero((T > 0).all(axis=0)):
    print(f"always on, unit {j}: rise {np.abs(rise[j]):.2f}")

five = list(first.index[:5])
A_without = A.copy()
A_without[:, five] = T[:, five].mean(axis=0)
together = by_hand(A_without)
print("\nthe first five   rise  moves")
print(
    f"  added up      {rise[five].sum():5.1f}  {table.moves[five].sum():5.1f}"
)
print(
    f"  together      {error(y, together) - error(y, f(X)):5.1f}"
    f"  {error(together, f(X)):5.1f}"
)

# %% [markdown]
# The rise is in kWh/m², and ± is its standard deviation over draws of buildings. **moves** says how far the
# ablation moves the predictions, in kWh/m² too. **brightness** is the mean activation over the training rows, and
# **on** the fraction of them on which the unit is on.
#
# The brightest unit, unit 12, matters most. The two that are always on do not matter: unit 18 says the same about
# each building, and unit 14 nearly so.
#
# No unit alone is worth a fifth of the error, but the five together more than double it. The rises do not add up.
# The moves nearly do: these units say much the same, so their moves go the same way. A small move drowns in the
# noise, which is 5 kWh/m² large, and a large one does not. So a small rise does not mean that a unit does little.
#
# So brightness was a good guess? Look at units 15 and 25 before you answer. And before that, see what an error on
# few rows can tell: the same for the diabetes network, with 111 patients.

# %%
Xp, yp = patients.X_test, patients.y_test
f_patients = Predictor(network_patients)
rng = np.random.default_rng(0)
number = T_patients.shape[1]
without_patients = np.array(
    [
        ablate(network_patients, "hidden_2", j, patients.X_train, Xp)
        for j in range(number)
    ]
)
drawn = rng.multinomial(len(yp), np.full(len(yp), 1 / len(yp)), 2000) / len(yp)
before = np.sqrt(drawn @ (yp - f_patients(Xp)) ** 2)
after = np.sqrt(drawn @ ((yp - without_patients) ** 2).T)
base = error(yp, f_patients(Xp))
table = pd.DataFrame(
    {
        "moves": [error(p, f_patients(Xp)) for p in without_patients],
        "rise": [error(yp, p) - base for p in without_patients],
        "±": (after - before[:, None]).std(axis=0),
    }
)
table.index.name = "unit"
print(f"error with all units: {base:.1f} points")
print(table.sort_values("moves", ascending=False).head(6).round(1).to_string())

# %% [markdown]
# Without any one of these units the network would have predicted a little *better*, for these patients. And each ±
# is about as large as its rise, or larger. Nothing about the units follows from that error. How far the predictions
# *move* needs no target, and is plain: the first unit moves them most. It just does not say whether for better or
# worse.

# %% [markdown]
# ## 8. Is the brightest unit the most important one?
#
# Back to the heating network. A heat map shows brightness. Does it tell what an ablation finds? We compare three
# guesses with the rise, by rank correlation over all units that are not dead: 1 is the same order, 0 is none.

# %%
# ALT Rise of the error against brightness, one point for each unit. Unit 12 is far to the right and on top. Units
# ALT 15 and 25 are dim and lie higher than unit 48, which is three times as bright as unit 25. Most units lie
# ALT near zero.
brightness = T.mean(axis=0)
fig, ax = plt.subplots(figsize=(6, 3.6))
ax.scatter(brightness[~is_dead], rise[~is_dead], s=20)
for j in (12, 19, 15, 25, 48):
    ax.annotate(
        f"unit {j}",
        (brightness[j], rise[j]),
        (5, 5),
        textcoords="offset points",
    )
ax.set(xlim=(-0.02, 0.52), ylim=(-0.05, 0.98))
ax.set_xlabel("brightness (mean activation)")
ax.set_ylabel("rise of the error (kWh/m²)")
plt.show()


# %%
def agreement(T, kernel):
    """Rank correlation of three guesses with what the ablation found."""
    guesses = {
        "brightness": T.mean(axis=0),
        "deviation": T.std(axis=0),
        "deviation × weight": T.std(axis=0) * np.abs(kernel[:, 0]),
    }
    return {
        name: spearmanr(guess[~is_dead], rise[~is_dead]).statistic
        for name, guess in guesses.items()
    }


for name, value in agreement(T, kernel).items():
    print(f"{name:19s} {value:.2f}")

# %% [markdown]
# Brightness is a guess, and not a useless one. The last line is better: how much the unit varies, times the weight
# by which the output layer multiplies it. But is this a property of brightness, or of this network? There is a way
# to decide.
#
# A ReLU unit can be made ten times as bright, and nobody behind it needs to notice.
#
# ### Exercise 5: brighten a unit
#
# Write a function that makes one unit `factor` times as bright, and leaves what the network computes as it is.
# `kernel` `(inputs, units)` and `bias` `(units,)` belong to the unit's layer. `next_kernel` `(units, outputs)`
# belongs to the layer behind it. `factor` is above zero. Return all three, changed, and do not change the arrays
# that came in.


# %%
def brighten(kernel, bias, next_kernel, unit, factor):
    """The three arrays with a brighter unit and the same function."""
    # SOLUTION
    kernel, bias = kernel.copy(), bias.copy()
    next_kernel = next_kernel.copy()
    kernel[:, unit] *= factor
    bias[unit] *= factor
    next_kernel[unit] /= factor
    return kernel, bias, next_kernel
    # STUB
    # return ...
    # END


brighten = check.brighten(brighten)

# %% [markdown] tags=["solution"]
# **Why.** For a factor $c > 0$, ReLU gives $\max(0, c\,s) = c \max(0, s)$. So $c$ passes through the unit, and the
# next layer can divide it out again. A unit is a column of its own kernel, and a row of the next one.
#
# Typical wrong answers: without the bias the sum does not grow as a whole. Without the division the prediction
# changes. The row of `kernel` belongs to an input.


# %%
def brightened(model, factors):
    """A copy of the network with each unit of hidden_2 brightened."""
    other = deepcopy(model)
    own, output = other.get_layer("hidden_2"), other.get_layer("output")
    kernel, bias = own.get_weights()
    next_kernel, next_bias = output.get_weights()
    for unit, factor in factors.items():
        kernel, bias, next_kernel = brighten(
            kernel, bias, next_kernel, unit, factor
        )
    own.set_weights([kernel, bias])
    output.set_weights([next_kernel, next_bias])
    return other


other = brightened(network, {17: 100.0})
T_other = layers.activations(other, X_train, "hidden_2")
change = np.abs(Predictor(other)(X) - f(X)).max()
print(f"largest change of a prediction: {change:.2f} kWh/m²")
for title, model, table in (("before", network, T), ("after", other, T_other)):
    place = (table.mean(axis=0) > table[:, 17].mean()).sum() + 1
    p = ablate(model, "hidden_2", 17, X_train, X)
    print(
        f"{title:6s} unit 17: place {place:2d} by brightness, "
        f"rise {error(y, p) - error(y, f(X)):.2f}"
    )

# %% [markdown]
# The same function, to the last building. Unit 17 was dim, and is now by far the brightest. The ablation gives what
# it gave: it asks what comes out. Now all units at once, each by a factor from 0.1 to 10, at random.

# %%
for seed in range(3):
    factors = 10 ** np.random.default_rng(seed).uniform(-1, 1, 64)
    other = brightened(network, dict(enumerate(factors)))
    T_other = layers.activations(other, X_train, "hidden_2")
    found = agreement(T_other, other.get_layer("output").get_weights()[0])
    change = np.abs(Predictor(other)(X) - f(X)).max()
    pca = PCA(2).fit(T_other).explained_variance_ratio_.sum()
    print(f"seed {seed}: predictions change by {change:.2f}, PCA {pca:.2f}")
    print("  " + ", ".join(f"{k} {v:.2f}" for k, v in found.items()))

# %% [markdown]
# The predictions are the same, and so is each ablation. Brightness has lost much of what it seemed to know, and the
# deviation even more. Even the share of variance of the PCA has changed: part 6 was a picture of these weights too.
# Only deviation × weight stays where it was: what a unit gains, its weight loses. It is how far the ablation moves
# the predictions, in other units.
#
# So the truth decides: brightness is not a property of what the network does. Where it agreed with the ablation,
# that was how training had left the weights. The ablation is not the last word either: it asks about one unit at a
# time, and you have seen that five together are another matter.

# %% [markdown]
# ## 9. What a heat map cannot say
#
# Here are two heat maps of `hidden_1`, made by the recipe of part 4, each ordered by its own network's prediction.
# One network is ours. The other has the same shape and **random weights**: it has learned nothing. Which is which?

# %%
# ALT Two heat maps of 60 buildings and 64 units, A and B. In both, bright cells gather in the upper left and the
# ALT lower right corner, and the rest is dots. In A the two corners stand out a little more.
keras.utils.set_random_seed(0)
untrained = keras.models.clone_model(network)
fig, axes = plt.subplots(1, 2, figsize=(6.2, 3.6), layout="constrained")
for ax, title, model in ((axes[0], "A", network), (axes[1], "B", untrained)):
    table = layers.activations(model, few, "hidden_1")
    row_order, unit_order = orders(table, Predictor(model)(few))
    image = ax.imshow(shares(table)[row_order][:, unit_order], **look)
    ax.set_title(title)
    ax.set_xlabel("unit, ordered")
    ax.set_xticks([])
    ax.set_yticks([])
axes[0].set_ylabel("building (prediction rises ↓)")
fig.colorbar(image, ax=axes, label="share of the unit's largest")
plt.show()

# %% [markdown]
# A is ours. Both have the two camps. Ten features go through both networks, each unit mixes them, and so each goes
# a little with the prediction or against it. Sorting does the rest.
#
# So what does training change? Four questions for both layers of our network and of two random ones. Question
# before you run: from which network's activations can a line read the **house number** better, a feature that the
# formula does not know?


# %%
def questions(model, layer):
    seen = layers.activations(model, X_train, layer).astype(float)
    says = seen.std(axis=0) > 1e-3
    seen, A = seen[:, says], layers.activations(model, X, layer)[:, says]
    prediction = Predictor(model)(X)
    r = [np.corrcoef(unit, prediction)[0, 1] for unit in A.T]
    answers = {"with ŷ": np.mean(np.abs(r))}
    answers["PCA"] = PCA(2).fit(seen).explained_variance_ratio_.sum()
    for short, name in (("wall", "wall_u"), ("house", "house_number")):
        column = names.index(name)
        line = Ridge(1e-3).fit(seen, X_train[:, column])
        answers[short] = line.score(A, X[:, column])
    return answers


networks = {"ours": network}
for seed in (0, 1):
    keras.utils.set_random_seed(seed)
    networks[f"random {seed}"] = keras.models.clone_model(network)
rows = {
    f"{layer[-1]} {title}": questions(model, layer)
    for layer in ("hidden_1", "hidden_2")
    for title, model in networks.items()
}
print(pd.DataFrame(rows).T.round(2).to_string())

Z = X.copy()
column = names.index("house_number")
Z[:, column] = np.random.default_rng(0).permutation(Z[:, column])
print("\nhouse number shuffled:")
print(f"  our predictions move by {error(f(Z), f(X)):.1f} kWh/m²")
print(f"  and they differ among buildings by {f(X).std():.0f} kWh/m²")

# %% [markdown]
# The number in front is that of the hidden layer.
#
# - **with ŷ**: how strongly a unit goes with the network's own prediction, on average. Training shows, above all in
#   the last hidden layer.
# - **PCA**: the share of variance in two components. Training shows here too. But part 8 has moved this number
#   without any training.
# - **wall**, **house**: R² with which a line reads `wall_u` and `house_number` from the activations, on held-out
#   buildings. This is called a *probe*. (`Ridge` fits a line with a penalty, here a tiny one.) Here training does
#   not show, or the wrong way round. The house number can be read from our network well, although the formula
#   ignores it and our predictions hardly move with it. From random weights it can be read even better.
#
# So “the network knows the house number” is true, and means little: 64 units let most of ten features through. What
# *can be read* from activations is not what the network *uses*. Before you believe a picture or a probe, make it
# for a network with random weights.

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - `keras.Model(model.inputs[0], layer.output)` reads a layer. Ask for it by name: Functional and Sequential
#   networks count their layers differently, and the wrong one may have the right shape.
# - Dead units are zero for all training rows. A penalty on the weights makes them on purpose, too large a learning
#   rate by accident. R² may not show either.
# - A heat map needs an order to show anything, and the order is yours.
# - The rows that excite a unit show its twins too. Shuffle a column to see what a unit reads. The usual unit reads
#   many features.
# - Color the hidden space by error, and measure: what looks like a region may be none.
# - Ablate with the mean over training rows. The rises of the error do not add up, and on few rows they cannot rank
#   the units.
# - Brightness can be changed without changing the function. So it is not importance.
# - What can be read from activations need not be used. Compare with random weights.
#
# **Next** The same questions for images, where activations are pictures: [Activation
# maps](../book/inside/activation_maps.md) and [Lab 05](05_activation_maps.ipynb).
