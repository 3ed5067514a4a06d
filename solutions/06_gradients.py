# %% [markdown]
# # Lab 06. How does the prediction move if the input moves?
#
# A network is made of sums, products and bends, so it has a slope. You can ask it: how fast does this
# prediction rise with the blood pressure of this patient, or with the brightness of this pixel? One pass
# backward through the network answers for all features at once. Here you write four methods that are made of
# such slopes, and measure what each of them is worth.
#
# **You will be able to**
#
# - take the slopes of any network by hand, and say in which unit they are;
# - turn slopes into attributions without mixing units, and measure what does not add up;
# - write integrated gradients and SmoothGrad in a few lines;
# - say which question a baseline asks, and show that another one gets another answer;
# - let a known truth decide between two methods that disagree.
#
# **You need** Python with NumPy, and what a derivative is. The chapter [Gradients](../book/inside/gradients.md)
# explains the ideas that you use here. [Lab 05](05_activation_maps.ipynb) measures maps of images as part 8
# does; you do not need it.
#
# **Time** About 105 minutes. The code itself runs in less than a minute.
#
# **Models and data** Three of the networks that ship with this book. The *diabetes* network reads ten
# measurements of a patient and predicts in points how far the disease progresses in a year. The *heating*
# network predicts the yearly heating demand of a building in kWh/m²; these data come from a formula, so we know
# the true slopes. The *gauge* network reads the needle of a dial from an image; there we know which pixels
# matter.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of three
# verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as often as you
# like: `check.slopes.hint()`. The [solution](../solutions/06_gradients.ipynb) also says why.
#
# A check tries your function on small networks, rows and images of its own, of other sizes than the lab's. So
# use the arguments of the function, not the tables of the lab, and write no number of rows or columns by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once, and come
# back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell did not run
# at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `06_gradients.mine.ipynb`.

# %%
# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, maps, models, shapley
from glassbox.checks import lab06 as check
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import r2_score
import tensorflow as tf

figures.use_style()


def root_mean_square(values, axis=None):
    return np.sqrt(np.mean(np.square(values), axis=axis))


# %% [markdown]
# ## 1. The slope at one patient
#
# `network` is the Keras network, and `f` the same as a function: a table in, predictions in points out. All
# patients here are held-out ones.

# %%
patients = data.diabetes()
network = models.load("diabetes")
f = Predictor(network)

X, names = patients.X_test, list(patients.feature_names)
sd = patients.X_train.std(axis=0)
print("held-out patients:", X.shape)
print(f"prediction for the first: {f(X)[0]:.0f} points")

# %% [markdown]
# Move one measurement of a patient by a very small step. The change of the prediction, divided by the step, is
# the **local slope**. All slopes of a row together are its **gradient**. You could take ten small steps, one
# for each feature. TensorFlow needs one pass: a *tape* records how the prediction is computed from the row, and
# then goes back through the record.
#
# ### Exercise 1: local slopes
#
# Write it. `model` is a Keras network that gives predictions of shape `(n, 1)`. `X` holds rows `(n, d)`, or
# images `(n, height, width, channels)`. Return the slopes as a NumPy array in the shape of `X`.
#
# A tape takes the slopes of *one* number. Make one number of the `n` predictions, such that the slopes of each
# row remain its own. These are the parts: `tf.constant(X, tf.float32)`, `tf.GradientTape()`, `tape.watch(...)`,
# `tape.gradient(number, X)` and `.numpy()`.


# %%
def slopes(model, X):
    """Slope of the prediction in each feature or pixel, in the shape of X."""
    # SOLUTION
    X = tf.constant(X, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(X)
        total = tf.reduce_sum(model(X))
    return tape.gradient(total, X).numpy()
    # STUB
    # return ...  # put your code here
    # END


slopes = check.slopes(slopes)

# %% [markdown] tags=["solution"]
# **Why.** The prediction of a patient depends on the row of this patient alone. So in the slopes of the *sum*
# all other predictions count nothing, and one pass gives the slopes of all rows.
#
# Typical wrong answers: `tf.reduce_mean` divides every slope by the number of rows, and the slope of a patient
# then depends on who else is in the table. Without `tape.watch` the tape gives `None`, because a constant is
# not watched by itself. `np.abs` is common for images; it throws away whether the prediction rises or falls.

# %% [markdown]
# Here are the slopes of the first patient. Question before you run: which unit has the number in the first
# column?

# %%
first = slopes(network, X[:1])[0]
table = pd.DataFrame(
    {"slope": first, "sd": sd, "slope × sd": first * sd}, index=names
)
table = table.sort_values("slope", key=np.abs, ascending=False)
print((table.round(2) + 0).to_string())  # + 0 turns -0.0 into 0.0

# %% [markdown]
# A slope is in *points per unit of its feature*: points per kg/m² for the body mass index, points per mmHg for
# the blood pressure. So the first column cannot be compared from row to row. `ltg` comes first in it because
# its unit is large: it is a logarithm, and a whole unit is nearly two standard deviations. Measure `tc` in g/dL
# in place of mg/dL, and its slope is 1,000 times as large, with the same network and the same patient.
#
# Multiply each slope by a **distance** in the same unit, and what comes out is in points. The last column takes
# the standard deviation of the feature over the training rows, as a typical distance between patients. Now the
# body mass index comes first.
#
# Is the tape right? Take real steps of one hundredth of a standard deviation.

# %%
step = 0.01 * sd
by_steps = np.empty(X.shape)
for column in range(X.shape[1]):
    up, down = X.copy(), X.copy()
    up[:, column] += step[column] / 2
    down[:, column] -= step[column] / 2
    by_steps[:, column] = (f(up) - f(down)) / step[column]
off = np.abs(slopes(network, X) - by_steps) * sd
print(f"share closer than 0.01 points per sd: {np.mean(off < 0.01):.2f}")
print(f"largest difference: {off.max():.1f} points per sd")

# %% [markdown]
# Nearly all agree, and a few do not. The reason is the activation, ReLU: it makes a network of flat pieces, the
# linear regions, with a bend between any two of them. Where a step crosses a bend, it mixes the slopes of both
# sides. The tape gives the slope on the side where the patient is.
#
# How far does this slope reach? The figure changes the body mass index of the first patient and nothing else.

# %%
# ALT Prediction for one patient against the body mass index. Around the patient, at 36 kg/m², the curve and the
# ALT straight line of the local slope coincide. Further down the curve falls more steeply: at 18 kg/m² it is at 125
# ALT points and the line at 156.
column = names.index("bmi")
grid = np.linspace(18, 42, 97)
moved = np.repeat(X[:1], len(grid), axis=0)
moved[:, column] = grid
here = X[0, column]

fig, ax = plt.subplots()
ax.plot(grid, f(moved), color="black", label="prediction")
tangent = f(X[:1])[0] + first[column] * (grid - here)
ax.plot(grid, tangent, "--", color=figures.VERMILLION, label="local slope")
ax.plot(here, f(X[:1])[0], "o", color=figures.BLUE, label="the patient")
ax.set_xlabel(patients.labels[column])
ax.set_ylabel("prediction (points)")
ax.legend()
plt.show()

# %% [markdown]
# At the patient, line and curve are one. Further down the curve leaves the line, at the bends. A slope is an
# answer to a small question: what if this patient were a *little* different?

# %% [markdown]
# ## 2. Are the slopes true?
#
# The tape gives the slopes of the network. Does the network have those of the world? With real patients nobody
# knows. The buildings come from a formula, `data.heating_demand`, which has slopes of its own.

# %%
buildings = data.heating()
heating = models.load("heating")
f_heating = Predictor(heating)

B, b_names = buildings.X_test, list(buildings.feature_names)
sd_b = buildings.X_train.std(axis=0)


def true_slopes(rows):
    """Slopes of the formula, by small steps: (n, d)."""
    result = np.empty(rows.shape)
    for column, step in enumerate(1e-4 * sd_b):
        up, down = rows.copy(), rows.copy()
        up[:, column] += step / 2
        down[:, column] -= step / 2
        rise = data.heating_demand(up) - data.heating_demand(down)
        result[:, column] = rise / step
    return result


true = true_slopes(B) * sd_b
found = slopes(heating, B) * sd_b
table = pd.DataFrame(
    {
        "true slope": root_mean_square(true, axis=0),
        "error": root_mean_square(found - true, axis=0),
    },
    index=b_names,
)
print("network's slopes, kWh/m² per sd, root mean square")
print((table.round(1) + 0).to_string())
r2_formula = r2_score(buildings.y_test, data.heating_demand(B))
print(f"R² of the network: {f_heating.score(B, buildings.y_test):.3f}")
print(f"R² of the formula: {r2_formula:.3f}")

# %% [markdown]
# The network predicts nearly as well as the formula, which misses only the noise. Its slopes are clearly off:
# by about 1 to 3 kWh/m² per standard deviation. The house number does nothing in the formula, and has a slope
# in the network. Training looked at predictions, never at slopes. A curve can stay close to another one and be
# rough.
#
# The figure shows it for one feature. In the formula the slope of the window share is 700 (share − 0.35), one
# straight line for all buildings.

# %%
# ALT Slopes of 400 buildings against the window share. They scatter around the straight line of the formula,
# ALT which rises from minus 175 to plus 175 and crosses zero at 0.35. At both ends they lie nearer to zero than the line.
column = b_names.index("window_share")
order = B[:, column].argsort()
same = np.mean(np.sign(found[:, column]) == np.sign(true[:, column]))
print(f"share of the buildings with the right sign: {same:.2f}")

fig, ax = plt.subplots()
ax.plot(
    B[:400, column],
    found[:400, column] / sd_b[column],
    ".",
    color=figures.SKY,
    label="network, 400 buildings",
)
ax.plot(
    B[order, column],
    true[order, column] / sd_b[column],
    color="black",
    label="formula",
)
ax.axhline(0, color=figures.NEUTRAL, linewidth=0.8)
ax.set_xlabel(buildings.labels[column])
ax.set_ylabel("slope (kWh/m² per unit of share)")
ax.legend(markerscale=2)
plt.show()

# %% [markdown]
# The points scatter around the line. The sign is right for nearly all buildings, and the size of a single slope
# is not to be trusted. At both ends they are too close to zero. The roughness comes from the bends. So average
# over a small neighborhood: take the slopes at noisy copies of the row, and their mean. This is **SmoothGrad**.
#
# ### Exercise 2: SmoothGrad
#
# Write it. The noise is handed over, so that the same noise gives the same explanation: `noise` has shape
# `(samples, *X.shape)` and holds normal random numbers with a standard deviation of 1. `sd` is the standard
# deviation that you want, one for each feature, or one number for an image. Return the mean slopes, in the
# shape of `X`. Use your `slopes`.


# %%
def smoothgrad(model, X, sd, noise):
    """Mean of the slopes at noisy copies of X, in the shape of X."""
    # SOLUTION
    return np.mean([slopes(model, X + sd * one) for one in noise], axis=0)
    # STUB
    # return ...
    # END


smoothgrad = check.smoothgrad(smoothgrad)

# %% [markdown] tags=["solution"]
# **Why.** Each copy lies in another linear region, and has its slope. The mean belongs to the neighborhood.
#
# Typical wrong answers: without `sd` the altitude gets a noise of 1 m, which is nothing, and the window share
# one of 100 %. The mean of `np.abs` grows with the roughness instead of averaging it away. The slope at the
# mean of the copies is the plain slope again.

# %% [markdown]
# Does it help? Below is the error of the slopes for four amounts of noise, in standard deviations of each
# feature. A second network learns the same buildings, with a smooth activation, softplus, in place of ReLU. It
# is half as wide and trains for 12 epochs in place of 30, so that you do not wait.
#
# **Predict** before you run: for which of the two networks does SmoothGrad help, and does more noise help more?

# %%
recipe = models.RECIPES["heating"] | {
    "hidden": (32, 32),
    "activation": "softplus",
    "epochs": 12,
}
smooth = models.train(buildings, **recipe)
f_smooth = Predictor(smooth)
print(f"R² with softplus: {f_smooth.score(B, buildings.y_test):.3f}")

# %%
rows = B[:300]
errors, seeds = {}, []
for amount in (0, 0.2, 0.5, 1.0):
    for label, model in (("ReLU", heating), ("softplus", smooth)):
        of_seed = []
        for seed in (0, 1):
            noise = np.random.default_rng(seed).normal(size=(20, *rows.shape))
            mean_slopes = smoothgrad(model, rows, amount * sd_b, noise)
            wrong = mean_slopes * sd_b - true[:300]
            of_seed.append(root_mean_square(wrong))
        errors.setdefault(label, {})[f"noise {amount:.1f} sd"] = of_seed[0]
        seeds.append(abs(of_seed[1] - of_seed[0]))
print("error of the slopes, kWh/m² per standard deviation")
print(pd.DataFrame(errors).round(1).to_string())
print(f"another seed of the noise moves these by up to {max(seeds):.2f}")

# %% [markdown]
# For the ReLU network some noise helps, and too much makes it as bad as before: then the neighborhood is so
# large that the true slope changes within it. The smooth network has better slopes from the start, although it
# predicts hardly better. There noise brings nothing, and much of it blurs. SmoothGrad answers another question,
# the mean slope *around here*. Say how far “around here” reaches.
#
# Is it the activation, or the size and the training? Write `"relu"` for `"softplus"` and run the two cells
# again: the small ReLU network has worse slopes than the large one. Add `"seed": 1` to see how far another
# training moves the numbers. Then undo both, since the next parts use this network.

# %% [markdown]
# ## 3. From slopes to attributions
#
# “Why 253 points for this patient?” A slope cannot answer that; it is not even in points. Multiply it by a
# distance. A common recipe multiplies by the input: **gradient × input**.

# %%
zero, mean = np.zeros(X.shape[1]), patients.X_train.mean(axis=0)
table = pd.DataFrame(
    {"× x": first * (X[0] - zero), "× (x − mean)": first * (X[0] - mean)},
    index=names,
)
table.loc["sum"] = table.sum()
table.loc["f(x) − f(x')"] = f(X)[0] - f(np.array([zero, mean]))
print((table.round(1) + 0).to_string())
print(f"prediction for a patient of zeros: {f(zero)[0]:.0f} points")

# %% [markdown]
# The distance of `x` from what? `x` itself is the distance from zero: from a patient of age 0, with a blood
# pressure of 0. No such patient exists, and what the network says of one means nothing. For features in their
# own units, multiply by the distance from a row that makes sense, `x − x'`. This one row $x'$, or one image,
# that an explanation compares with is its **baseline**.
#
# The last two lines say how honest the numbers are. Attributions claim to share out a difference, that between
# the prediction and the prediction for the baseline. From zero, they add up to far too much. From the mean row
# they come closer, and for this patient they add up to too little. Part 1 has shown why: the slope at the
# patient is not the slope on the way.
#
# ### Exercise 3: spot the bug, mixed units
#
# Many networks are trained on standardized tables: they read `(x - mean) / sd` and predict `(y - mean_y) /
# sd_y`. Here is our network without its first and last layer. It is the same function, in other units.

# %%
# Leave out the input, the standardization, and the way back to points.
inside = models.load("diabetes").layers[2:-1]
scaled = keras.Sequential([keras.Input((X.shape[1],)), *inside])
mean_y, sd_y = patients.y_train.mean(), patients.y_train.std()

Z = (X - mean) / sd
in_points = mean_y + sd_y * np.ravel(scaled(Z.astype(np.float32)))
print(f"largest difference to f: {np.abs(in_points - f(X)).max():.1f} points")

# This runs, and it is wrong.
phi = slopes(scaled, Z) * (X - mean)
print(f"sum for the first patient: {phi[0].sum():.1f}")
print(f"it was above, for f:       {table.loc['sum'].iloc[1]:.1f} points")

# %% [markdown]
# Repair it. `model` reads standardized rows and predicts a standardized target; `X` and `baseline` are in the
# features' own units; `mean` and `sd` have shape `(d,)`, and `sd_y` is a number. Return the slope times the
# distance for each feature, `(n, d)`, in the unit of the target. Before you change anything, write the unit of
# each factor next to it.


# %%
def times_distance(model, X, baseline, mean, sd, sd_y):
    """Slope times distance from the baseline, in the target's unit."""
    Z = (X - mean) / sd
    # SOLUTION
    return sd_y * slopes(model, Z) * (X - baseline) / sd
    # STUB
    # return slopes(model, Z) * (X - baseline)
    # END


times_distance = check.times_distance(times_distance)

# %% [markdown] tags=["solution"]
# **Why.** `slopes(model, Z)` is in standard deviations of the target per standard deviation of the feature. `X
# - baseline` is in the feature's unit, so divide it by `sd`; then only standard deviations of the target are
# left, and `sd_y` brings them to points. `mean_y` does not occur: it drops out of every difference.
#
# Typical wrong answers: one of the two factors is forgotten. `(X - mean) / sd` as the distance is right for one
# baseline, the mean row, and wrong for all others. `slopes(model, X)` asks the network about patients who are
# dozens of standard deviations away from everybody.

# %%
ours = slopes(network, X) * (X - mean)
repaired = times_distance(scaled, X, mean, mean, sd, sd_y)
difference = np.abs(np.asarray(repaired) - ours).max()
print(f"largest difference to the network in points: {difference:.1f}")

# %% [markdown]
# ## 4. Measure what does not add up
#
# ### Exercise 4: what does not add up
#
# Write a function that says, for each row, by how much the attributions add up to too much. It is their sum,
# less the difference `f(x) − f(x')`. Positive is too much, negative too little. `f` takes a table `(n, d)` or
# images, and gives `(n,)`; `baseline` is one row or one image; `phi` has the shape of `X`. Return shape
# `(n,)`, in the target's unit.


# %%
def gap(f, X, baseline, phi):
    """By how much the attributions of each row add up to too much: (n,)."""
    # SOLUTION
    total = phi.reshape(len(X), -1).sum(axis=1)
    return total - (f(X) - f(baseline[None]))
    # STUB
    # return ...
    # END


gap = check.gap(gap)

# %% [markdown] tags=["solution"]
# **Why.** Attributions answer “why this much rather than that much”. *That* is the prediction for the
# baseline, so it belongs to the sum. `reshape(len(X), -1)` makes one row of all features, also for images.
#
# Typical wrong answers: without `f(baseline[None])` the number is off by the same amount for each row. `f(X -
# baseline)` is the prediction for a row of differences. A ratio explodes where the two predictions are close.
# `np.abs` hides whether a method claims too much or too little.

# %%
lines = {}
for label, baseline in (("zero", zero), ("the mean row", mean)):
    phi = slopes(network, X) * (X - baseline)
    off = gap(f, X, baseline, phi)
    lines[f"from {label}"] = {
        "mean": np.mean(off),
        "root mean square": root_mean_square(off),
    }
print("gap of slope × distance, points, 111 patients")
print(pd.DataFrame(lines).T.round(1).to_string())
print(f"the predictions themselves spread by {f(X).std():.1f} points")

# %% [markdown]
# From zero, the gap is several times the spread of the predictions. From the mean row it is too much for some
# patients and too little for others, so the mean gap is small: look at the root mean square. Nothing in a table
# of attributions warns you of this. One line with the gap does.

# %% [markdown]
# ## 5. All slopes on the way
#
# The slope at the patient is not the slope on the way. So walk the way, from the baseline straight to the
# patient, and take the slopes at many stops. Their mean, times the distance, are **integrated gradients**:
#
# $$
# \phi_i(x) = (x_i - x'_i) \int_0^1 \frac{\partial f}{\partial x_i}\bigl(x' + \alpha\,(x - x')\bigr)\, d\alpha
# $$
#
# The changes on the way add up to the whole change. So the attributions add up to $f(x) - f(x')$: this is
# **completeness**. It holds for the integral. A computer takes a finite number of stops.
#
# ### Exercise 5: integrated gradients
#
# Write it. Cut the way into `steps` pieces of equal length. The stops are in the *middle* of each piece, at the
# shares `(k + 0.5) / steps` of the way, for `k` from 0 to `steps - 1`. `baseline` is one row or one image.
# Return the attributions in the shape of `X`. Use your `slopes`, for all rows in one call.


# %%
def integrated_gradients(model, X, baseline, steps):
    """Mean slope on the way from the baseline, times the distance."""
    # SOLUTION
    total = 0
    for share in (np.arange(steps) + 0.5) / steps:
        total = total + slopes(model, baseline + share * (X - baseline))
    return total / steps * (X - baseline)
    # STUB
    # return ...
    # END


integrated_gradients = check.integrated_gradients(integrated_gradients)

# %% [markdown] tags=["solution"]
# **Why.** A mean over stops is the integral, nearly. The factor `X - baseline` turns a slope into an amount,
# as in part 3.
#
# Typical wrong answers: without the factor the result still is a slope. The factor `X` is right for the
# baseline zero alone. `np.linspace(0, 1, steps)` gives the two ends a full piece each, and they have half of
# one. A sum in place of the mean grows with `steps`. A way that starts at zero answers for another baseline
# than the one you report.

# %% [markdown]
# How many steps are enough? You need not guess: `gap` measures it. The figure compares your stops in the middle
# of each piece with stops at its beginning.


# %%
# ALT Gap against the number of steps, on logarithmic axes. Both curves fall in nearly straight lines. From 1 to 128
# ALT steps the gap falls from 7 to 0.05 points with stops in the middle, and from 27 to 0.16 with stops at the
# ALT beginning.
def from_the_left(model, X, baseline, steps):
    total = 0
    for share in np.arange(steps) / steps:
        total = total + slopes(model, baseline + share * (X - baseline))
    return total / steps * (X - baseline)


numbers = 2 ** np.arange(8)
styles = {
    "beginning of each piece": (from_the_left, figures.VERMILLION, "s--"),
    "middle of each piece": (integrated_gradients, figures.BLUE, "o-"),
}
fig, ax = plt.subplots()
for label, (method, color, line) in styles.items():
    phis = [np.asarray(method(network, X, mean, n)) for n in numbers]
    sizes = [root_mean_square(gap(f, X, mean, phi)) for phi in phis]
    ax.loglog(numbers, sizes, line, color=color, label=label)
    print(f"{label}: {sizes[0]:.1f}, {sizes[4]:.1f}, {sizes[7]:.2f} points")
ax.set_xlabel("steps")
ax.set_ylabel("gap, root mean square (points)")
ax.set_xticks(numbers, [str(number) for number in numbers])
ax.minorticks_off()
ax.legend()
plt.show()

# %% [markdown]
# The printed numbers are for 1, 16 and 128 steps. Each doubling about halves the gap, and the middles are three
# to four times better at the same cost. With 64 steps the gap is about a tenth of a point, far below anything
# that a reader of the numbers would notice. Report the gap, and nobody has to trust your choice.

# %% [markdown]
# ## 6. Two baselines, two answers
#
# The gap is closed. Is the answer now *the* answer? Take the third held-out patient and ask twice: why this
# much rather than for the **mean row**? And why this much rather than for another patient, from the training
# rows, whom the network gives a **low** prediction, at the lowest tenth? Question before you run: can a
# measurement that lowers the prediction in the one answer raise it in the other?

# %%
of_training = f(patients.X_train)
low = patients.X_train[
    np.abs(of_training - np.quantile(of_training, 0.1)).argmin()
]
patient = X[2:3]
answers = {
    label: integrated_gradients(network, patient, baseline, 128)[0]
    for label, baseline in (("vs mean", mean), ("vs low", low))
}
table = pd.DataFrame(
    {"x": patient[0], "mean": mean, "low": low} | answers, index=names
)
print((table.round(1) + 0).to_string())
predictions = f(np.array([patient[0], mean, low]))
print("predictions for x, mean, low:", predictions.round(1))

# %% [markdown]
# The last two columns are in points. `ltg` *lowers* the prediction by 12 points against the mean row and
# *raises* it by 33 against the other patient. Both are right. The patient's value, 4.4, lies below the mean and
# above that of the other patient. `bmi` has the same sign in both, and four times the size in the second. And
# `age`: 59 lies above both baselines, and still the sign changes. On the second way the other measurements are
# different ones, and so is the slope.
#
# A baseline is not a setting of the method. It is half of the question: choose it with the person who asks,
# and name it in the report.
#
# ### Two methods for one question
#
# [Exact Shapley values](../book/local/shap.md) answer the same question, if their background is the one
# baseline row. They are complete too. Do the two agree?

# %%
lines = {}
for label, baseline in (("mean row", mean), ("low", low)):
    ig = np.asarray(integrated_gradients(network, X, baseline, 64))
    exact, _ = shapley.exact(f, X, baseline[None])
    lines[f"baseline: {label}"] = {
        "gap of IG": root_mean_square(gap(f, X, baseline, ig)),
        "gap of Shapley": root_mean_square(gap(f, X, baseline, exact)),
        "IG to Shapley": root_mean_square(ig - exact),
        "largest": np.abs(ig - exact).max(),
    }
print("points, 111 patients, root mean square and largest")
print(pd.DataFrame(lines).round(2).to_string())

# %% [markdown]
# Both add up, and they split the same difference in different ways: by one or two points for a typical number,
# and by up to about 8 points for the worst. Integrated gradients walk all features together, along one straight
# way. Shapley values switch the features one after the other, in all orders. **Completeness does not say who is
# right.** It says that nothing is missing.

# %% [markdown]
# ## 7. The truth decides
#
# For the buildings we know the true answer, `data.heating_shapley`: the exact Shapley values of the formula. Is
# that fair to integrated gradients, which are another method? Check it first: integrate the slopes of the
# *formula* itself.

# %%
rng = np.random.default_rng(0)
baselines = buildings.X_train[rng.integers(0, 4000, 4)]
rows = B[:100]

baseline = baselines[0]
shares = (np.arange(64) + 0.5) / 64
way = [true_slopes(baseline + a * (rows - baseline)) for a in shares]
ig_of_formula = np.mean(way, axis=0) * (rows - baseline)
truth, _ = data.heating_shapley(rows, baseline[None])
difference = np.abs(ig_of_formula - truth).max()
print(f"IG and Shapley values of the formula: {difference:.2f} kWh/m² apart")

# %% [markdown]
# For this formula both methods have the same answer. It is a sum of terms of one feature, and of one product,
# air changes times the heat that is not recovered, which both methods share out alike. So the truth is neutral.
#
# Now ask the *network*, by three methods: slope × distance, integrated gradients, and exact Shapley values.
# **Predict** before you run: which comes nearest to the truth, and is that the same for the softplus network?
# The table has the mean over four baselines, buildings drawn at random, and 100 held-out buildings.

# %%
methods = {
    "slope × distance": lambda f, model, baseline: (
        slopes(model, rows) * (rows - baseline)
    ),
    "integrated gradients": lambda f, model, baseline: integrated_gradients(
        model, rows, baseline, 24
    ),
    "exact Shapley values": lambda f, model, baseline: shapley.exact(
        f, rows, baseline[None]
    )[0],
}
distances = {}
for label, function, model in (
    ("ReLU", f_heating, heating),
    ("softplus", f_smooth, smooth),
):
    for name, method in methods.items():
        off = []
        for baseline in baselines:
            truth, _ = data.heating_shapley(rows, baseline[None])
            phi = method(function, model, baseline)
            off.append(root_mean_square(phi - truth))
        line = distances.setdefault(name, {})
        line[label], line[f"± {label}"] = np.mean(off), np.std(off, ddof=1)
print("distance from the truth, kWh/m²")
print(pd.DataFrame(distances).T.round(1).to_string())

# %% [markdown]
# The ± is the standard deviation over the four baselines. Slope × distance is far behind, for both networks:
# it looks at one end of the way only.
#
# For the ReLU network the exact Shapley values are nearer to the truth than integrated gradients. A likely
# reason: they are made of predictions, for which the network was trained, and integrated gradients are made of
# slopes, which are rough here. For the smooth network, with its better slopes, the two are about equally near.
# So “Shapley values are nearer to the truth” is no rule. What is left then is what the network has learned
# wrong. No method can repair that.
#
# Both ask about rows that may not exist: integrated gradients about patients between two patients, with a sex
# of 1.5, Shapley values about mixtures of two patients. Far from the data, a network says anything.

# %% [markdown]
# ## 8. Where on the picture?
#
# A pixel is a feature too. The gauge network reads a dial of 32 by 32 pixels and gives the needle's reading in
# percent of full scale. Your functions take images as they are. Here are five maps of one dial.

# %%
gauge = data.gauge()
reader = models.load("gauge")
f_gauge = Predictor(reader)
dials, needles = gauge.X_test[:200], gauge.relevant_test[:200]
black, mean_image = np.zeros((32, 32, 1)), gauge.X_train.mean(axis=0)

print(f"needles cover {100 * needles.mean():.1f} % of the pixels")
for label, image in (("black", black), ("mean", mean_image)):
    print(f"reading of the {label} image: {f_gauge(image[None])[0]:.1f} %")

# %%
# ALT Six pictures. A dial whose needle points to the lower left. Its slopes: patches of both signs on the needle, the
# ALT ring and beside them. SmoothGrad: the same patches, smoother. The pixels of the needle. Two maps of integrated
# ALT gradients, from black and from the mean image: blank but for the needle, whose outer part is strongly negative.
one, pixels = dials[2:3], needles[2]
noise = np.random.default_rng(0).normal(size=(20, *one.shape))
upper = {
    "slopes": slopes(reader, one),
    "SmoothGrad": smoothgrad(reader, one, 0.1, noise),
}
lower = {
    "IG, black": integrated_gradients(reader, one, black, 64),
    "IG, mean image": integrated_gradients(reader, one, mean_image, 64),
}
fig, axes = plt.subplots(2, 3, figsize=(6.2, 4.3), layout="constrained")
axes[0, 0].imshow(one[0, ..., 0], cmap="gray")
axes[0, 0].set_title("dial")
axes[1, 0].imshow(pixels, cmap="gray_r")
axes[1, 0].set_title("needle")
units = ("% per unit of brightness", "% of full scale")
for line, of_line, unit in zip(axes, (upper, lower), units, strict=True):
    limit = max(np.abs(image).max() for image in of_line.values())
    for ax, (label, image) in zip(line[1:], of_line.items(), strict=True):
        drawn = ax.imshow(
            np.asarray(image)[0, ..., 0],
            cmap=figures.DIVERGING,
            vmin=-limit,
            vmax=limit,
        )
        ax.set_title(label)
    fig.colorbar(drawn, ax=line[2], label=unit)
for ax in axes.flat:
    ax.set_xticks([])
    ax.set_yticks([])
plt.show()

# %% [markdown]
# The upper maps are slopes: how the reading would change if a pixel became a little brighter. Such a picture of
# the gradient is a **saliency map**. The lower ones are attributions, and add up to the reading less that of
# the baseline image. Which of them show the needle? Do not trust your eyes: they know where it is.
#
# Two numbers measure it, over 200 dials. The **pointing game** is the share of maps whose strongest pixel,
# signs aside, lies on the needle. The **relevance mass** is the share of a map, signs aside, that lies on it.
# Two controls: a map of random numbers, and the image itself, which is no explanation at all. **Predict**
# first: does SmoothGrad find the needle better than the plain slopes? How good is the image itself?

# %%
rng = np.random.default_rng(0)
noise = rng.normal(size=(15, *dials.shape))
plain = slopes(reader, dials)
found = {
    "random numbers": rng.normal(size=dials.shape),
    "the image itself": dials,
    "slopes": plain,
    "SmoothGrad, noise 0.1": smoothgrad(reader, dials, 0.1, noise),
    "SmoothGrad, noise 0.2": smoothgrad(reader, dials, 0.2, noise),
    "slope × brightness": plain * dials,
}

# %%
white = np.ones((32, 32, 1))
for label, image in (
    ("black", black),
    ("mean image", mean_image),
    ("white", white),
):
    found[f"IG, {label}"] = integrated_gradients(reader, dials, image, 16)


def measure(attributions, relevant):
    """Pointing game and relevance mass, each with its standard error."""
    of_dial = np.asarray(attributions)[..., 0]
    hit = np.array(
        [
            maps.pointing_game(one[None], known[None])
            for one, known in zip(of_dial, relevant, strict=True)
        ]
    )
    mass = maps.relevance_mass(of_dial, relevant)
    root = np.sqrt(len(of_dial))
    return {
        "pointing": hit.mean(),
        "±": hit.std() / root,
        "mass": mass.mean(),
        "± ": mass.std() / root,
    }


table = pd.DataFrame({k: measure(v, needles) for k, v in found.items()}).T
print(table.round(2).to_string())

# %% [markdown]
# The ± is the standard error over the dials: other dials could have moved a number by about so much.
#
# - **The image itself points to the needle every time**: the needle is the brightest thing on a dial. So a
#   pointing game near 1 is no merit of a method that multiplies by the brightness. Its relevance mass is low:
#   most of its brightness lies elsewhere.
# - **A smoother map is not a truer one.** SmoothGrad with a noise of 0.2 points to the needle far less often than
#   the plain slopes; 50 copies in place of 15 change little. Part 2 had it the other way round: a smoothing that
#   is right for one network and one question is wrong for another.
# - **Integrated gradients from black or from the mean image** put four to five tenths of their mass on 2 % of
#   the pixels.
# - **From white they miss it.** Against white, a bright needle is what differs *least*. The method is the same,
#   the network is the same; the question is another one, and a strange one.
#
# Is black a good baseline, then? It cannot credit a pixel that is black itself, since the distance is 0. And
# the reading of a black image, in the middle of the scale, means nothing: there is no needle. The mean image is
# a blurred dial, and asks what *this* needle does.
#
# ### A network that cheats
#
# The network `gauge_shortcut` was trained on dials with a patch in the corner, 16 of 1,024 pixels, as bright as
# the reading is high. Its error is tiny. Can a map find out why? The control is the honest network, on the same
# images with the patch.

# %%
cheating = data.gauge(shortcut=True)
patched, answer = cheating.X_test[:200], cheating.y_test[:200]
corner = np.zeros((200, 32, 32), bool)
corner[:, *data.GAUGE_CORNER] = True

lines = {}
for label, model in (
    ("honest", reader),
    ("cheating", models.load("gauge_shortcut")),
):
    phi = integrated_gradients(model, patched, black, 16)
    error = np.abs(Predictor(model)(patched) - answer).mean()
    lines[label] = {
        "error (%)": error,
        "points to corner": measure(phi, corner)["pointing"],
        "mass on corner": measure(phi, corner)["mass"],
        "mass on needle": measure(phi, needles)["mass"],
    }
print(pd.DataFrame(lines).round(2).to_string())

# %% [markdown]
# The cheating network has the *smaller* error, and its maps point to the corner. On the same images the honest
# network does not care about the patch. The error alone would have chosen the wrong one.

# %% [markdown]
# ## 9. The report
#
# Numbers that leave this notebook need [eight lines under them](../book/trust/report.md). Here they are for the third
# patient of part 6, against the mean row. What is not measured you can measure. Another network:
# `models.train(patients, **{**models.RECIPES["diabetes"], "seed": 1})`.

# %%
from glassbox.report import Report

phi = np.asarray(integrated_gradients(network, patient, mean, 128))
by_shapley, _ = shapley.exact(f, patient, mean[None])
ltg = names.index("ltg")
card = models.card("diabetes")["on held-out rows"]
rival = card["linear regression"]["r2"]
Report(
    question=f"Why {f(patient)[0]:.0f} points for the third held-out "
    f"patient, and not {f(mean)[0]:.0f}, as for the mean row?",
    model="The diabetes network. R² on 111 held-out patients "
    f"{f.score(X, patients.y_test):.2f}, that of a straight line {rival:.2f}.",
    background="Baseline: the mean of the training rows, with a sex between "
    "its two codes. No patient is like this.",
    unit="Points of progression.",
    method="Integrated gradients, 128 steps, each at its middle. No seed.",
    fidelity=f"Gap {abs(gap(f, patient, mean, phi)[0]):.2f} points. Distance "
    "from the exact Shapley values, which share out by another rule: "
    f"{root_mean_square(phi - by_shapley):.1f} points (root mean square).",
    stability="Against the other patient, as baseline, ltg has "
    f"{answers['vs low'][ltg]:.0f} points in place of {phi[0, ltg]:.0f}. "
    "Other networks: not measured.",
    limits="It does not say what would happen if a measurement changed.",
)

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - A slope is in the target's unit per unit of the feature. Multiply it by a distance before you compare
#   features.
# - A network that predicts well can have rough slopes. Here the noise of SmoothGrad helped a ReLU network and
#   blurred a smooth one.
# - Slope × input takes zero as its baseline. Name a baseline that makes sense, and put the gap under the
#   table.
# - Integrated gradients close the gap. How many steps they need is measured, not guessed.
# - Another baseline is another question. Signs may change.
# - Two complete methods can disagree. Only a known truth can say which is nearer, and it may say: neither.
# - Measure a map against pixels that are known to matter, and against controls that know nothing.
#
# **What comes next** [Lab 07](07_whole_model.ipynb) leaves the inside of the network and asks it from the
# outside, about a whole data set. [Lab 10](10_shap.ipynb) explains single predictions with SHAP, whose Gradient
# explainer estimates the mean of integrated gradients over many baselines.
