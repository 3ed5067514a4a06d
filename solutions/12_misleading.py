# %% [markdown]
# # Lab 12. Can a network hide what it does?
#
# Somebody shows you a network and its explanations. The feature that must not count gets no credit. Are you
# content? In this lab you build a network that adds 80 points for one sex, and LIME sees nothing of it. You build
# another one in which you choose who gets the credit, while the predictions stay. And you choose a base value that
# flatters. You do it to learn how to find it: for each trick you also look for what gives it away.
#
# **You will be able to**
#
# - say which rows an explanation asks about, and whether they exist;
# - build a network that shows two faces, and measure which method is fooled by it, and how often;
# - write a test that finds it, and say which lies are too small for the test;
# - find the copy of a row that makes a bad detector look perfect;
# - tell credit that can be trusted from credit that moves between features;
# - notice a background that was chosen for its base value;
# - write a report in which such tricks would show.
#
# **You need** Python with NumPy, LIME and SHAP as in [Lab 08](08_lime.ipynb) and [Lab 09](09_shapley.ipynb), and
# gradients as in [Lab 06](06_gradients.ipynb). The chapter [How explanations mislead](../book/trust/misleading.md)
# explains the ideas that you use here, and measures them on more rows.
#
# **Time** About 105 minutes. The code itself runs in less than a minute.
#
# **Model and data** The *diabetes* network that ships with this book. It reads ten measurements of a patient and
# predicts in points how far the disease progresses in a year. All networks of this lab are made from it. They are
# for teaching.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...` or repair the lines, run the cell, and its check
# gives one of three verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new
# cell, as often as you like: `check.rate.hint()`. The [solution](../solutions/12_misleading.ipynb) also says why.
#
# A check tries your function on small tables of its own, of other sizes than the lab's. So use the arguments of
# the function, not the tables of the lab, and write no number of rows or columns by hand. In Exercise 1 the
# columns are given: there you may write their numbers.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once, and come
# back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell did not run
# at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `12_misleading.mine.ipynb`.

# %%
import dataclasses

# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, gradients, measures, models, shapley
from glassbox.checks import lab12 as check
from glassbox.predict import Predictor
from glassbox.report import Report
import keras
from lime.lime_tabular import LimeTabularExplainer
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shap
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

figures.use_style()

patients = data.diabetes()
network = models.load("diabetes")
f = Predictor(network)

names = list(patients.feature_names)
X_train, X = patients.X_train, patients.X_test
mean, sd = X_train.mean(axis=0), X_train.std(axis=0)
SEX = names.index("sex")
print(", ".join(f"{i} {name}" for i, name in enumerate(names)))
print("training rows:", len(X_train), " held-out rows:", len(X))

# %% [markdown]
# ## 1. Which rows exist?
#
# A network that hides must notice when it is being explained. Does anything set the rows of an explanation apart from
# patients? LIME draws each feature on its own. Shapley values join: some features from the patient, the others from
# a row of the background. Both ask about **made-up rows**. Here are 2,000 of each kind.

# %%
rng = np.random.default_rng(1)


def shuffled_rows(n, rng):
    """Each feature from a patient of its own: made up much as LIME does."""
    return np.column_stack([rng.choice(column, n) for column in X_train.T])


def joined_rows(n, rng):
    """Some features from one patient, the others from another one."""
    known = rng.random((n, len(names))) < 0.5
    return np.where(known, rng.choice(X_train, n), rng.choice(X_train, n))


shuffled, joined = shuffled_rows(2000, rng), joined_rows(2000, rng)

# %% [markdown]
# Four of the ten features are blood fats: total cholesterol `tc`, its parts `ldl` and `hdl`, and `ltg`, it seems the
# natural logarithm of the triglycerides. All are in mg/dL, before the logarithm. Many laboratories do not measure
# the LDL. They compute it from the other three, by the formula that Friedewald and others gave in 1972:
#
# $$
# \mathrm{ldl} = \mathrm{tc} - \mathrm{hdl} - \frac{\text{triglycerides}}{5}
# $$
#
# ### Exercise 1: Friedewald's formula
#
# Write a function that returns for each row by how much its `ldl` lies above what the formula gives, in mg/dL,
# shape `(n,)`. Below it is negative. The columns are `tc` 4, `ldl` 5, `hdl` 6, `ltg` 8.
#
# The function will work inside a network too. There, columns are symbols without numbers yet, and NumPy's
# functions stop. `keras.ops.exp` and `keras.ops.log` take both.


# %%
def deviation(X):
    """How far ldl lies above Friedewald's formula, in mg/dL: (n,)."""
    # SOLUTION
    tc, ldl, hdl, ltg = X[:, 4], X[:, 5], X[:, 6], X[:, 8]
    return ldl - (tc - hdl - keras.ops.exp(ltg) / 5)
    # STUB
    # return ...  # put your code here
    # END


deviation = check.deviation(deviation)

# %% [markdown] tags=["solution"]
# **Why.** `ltg` is a logarithm, so `exp` brings the triglycerides back.
#
# Typical wrong answers: without `exp`, or with the logarithm of a logarithm, the formula seems not to hold.
# `np.exp` gives the right numbers for a table and stops in a network. The absolute value loses on which side a
# row lies. Part 5 needs that.

# %%
# ALT LDL in the row against LDL by Friedewald's formula. The patients lie on one straight line. The shuffled rows are
# ALT a wide cloud around it.
TOLERANCE = 0.1  # mg/dL: ldl is given to a tenth

fig, ax = plt.subplots()
for rows, marker, color, label in (
    (shuffled[:300], "x", figures.VERMILLION, "shuffled rows"),
    (X, "o", figures.BLUE, "patients"),
):
    by_formula = rows[:, 5] - np.asarray(deviation(rows))
    ax.plot(
        by_formula, rows[:, 5], marker, color=color, ms=4, label=label, ls=""
    )
ax.set_xlabel("ldl by the formula (mg/dL)")
ax.set_ylabel("ldl in the row (mg/dL)")
ax.legend()
plt.show()

kinds = {
    "training patients": X_train,
    "held-out patients": X,
    "shuffled rows": shuffled,
    "joined rows": joined,
}
print("share of rows that fulfill the formula")
for label, rows in kinds.items():
    off = np.abs(np.asarray(deviation(rows)))
    print(f"  {label:18s} {(off <= TOLERANCE).mean():.2f}")

# %% [markdown]
# In this table, the LDL was evidently computed. Of the training patients, about one in a hundred is off by more than
# a tenth. Shuffled rows practically never fulfill the formula. A joined row does if it takes all four from one of the
# two patients, which is one chance in eight, or by accident. So the formula tells patients from most rows of an
# explanation.
#
# ## 2. A network with two faces
#
# That is all that a network needs. Suppose that a decision follows from its prediction, and that the sex must not
# count in it: the sex is a **protected feature**. From the shipped network we make three:
#
# - **innocent**: the sex is held at its mean, whatever the row says;
# - **biased**: the innocent one, plus a surcharge of 40 points for each standard deviation of the sex;
# - **hiding**: the same surcharge, but only behind a **gate**, which is open if the row fulfills the formula.
#
# Your function is part of the third one.


# %%
def make_network(surcharge, hides):
    """The innocent network, and a surcharge for the sex."""
    inputs = keras.Input((len(names),))
    is_sex = np.arange(len(names)) == SEX
    innocent = network(keras.ops.where(is_sex, mean, inputs))
    extra = surcharge * (inputs[:, SEX] - mean[SEX]) / sd[SEX]
    if hides:
        is_open = keras.ops.abs(deviation(inputs)) <= TOLERANCE
        extra = keras.ops.where(is_open, extra, 0.0)
    return keras.Model(inputs, innocent + extra[:, None])


networks = {
    "innocent": make_network(0, hides=False),
    "biased": make_network(40, hides=False),
    "hiding": make_network(40, hides=True),
}
functions = {label: Predictor(one) for label, one in networks.items()}
innocent, biased, hiding = functions.values()

print("share of rows with the same prediction as the")
print(f"  {'':18s} biased innocent")
for label, rows in kinds.items():
    as_biased, as_innocent = (
        (np.abs(hiding(rows) - other(rows)) < 0.01).mean()
        for other in (biased, innocent)
    )
    print(f"  {label:18s} {as_biased:6.2f} {as_innocent:8.2f}")

print("R² on held-out patients")
for label, function in functions.items():
    print(f"  {label:9s}{r2_score(patients.y_test, function(X)):5.2f}")

# %% [markdown]
# For patients, the hiding network *is* the biased one. For made-up rows, it is nearly always the innocent one. The R²
# gives this crude surcharge away, but only to somebody who has the measured targets. We go on as somebody who has
# only the network.
#
# ### Exercise 2: how often is it among the first?
#
# To say how often a method is fooled we need a number. Write the share of rows in which a feature is among the
# `top` largest. `phi` has shape `(n, d)`, `feature` is the number of a column, `top` a number. Return a number
# from 0 to 1. What counts is the size, without the sign. The feature is among the first if *fewer than* `top`
# features of that row have a larger size. So a tie does not push it out.


# %%
def rate(phi, feature, top):
    """Share of rows with the feature among the `top` largest."""
    # SOLUTION
    size = np.abs(phi)
    larger = (size > size[:, [feature]]).sum(axis=1)
    return (larger < top).mean()
    # STUB
    # return ...
    # END


rate = check.rate(rate)

# %% [markdown] tags=["solution"]
# **Why.** `size[:, [feature]]` keeps its axis, shape `(n, 1)`, so that each row is compared with its own feature.
#
# Typical wrong answers: without `abs`, a feature that lowers the prediction is never first. A ranking of the mean
# sizes says nothing about rows. `argsort` returns columns in the order of their size, not the rank of each column.

# %% [markdown]
# Now four methods explain 30 held-out patients:
#
# - **LIME** with the library's default settings, but 2,000 samples;
# - **Kernel SHAP** with ten centers of `shap.kmeans` as background, as shap advises to save time;
# - the **exact** Shapley values with 100 training patients as background;
# - the **gradient**, times the standard deviation of each feature.
#
# **Predict** before you run. Each of them finds the sex if the network is biased. For the hiding network, which one
# will find it always, which one never, and which one sometimes? Ask yourself which rows each method needs.

# %%
thirty = X[:30]
background = np.random.default_rng(0).choice(X_train, 100, replace=False)


def lime_weights(f, rows):
    """LIME with its default settings: (n, d)."""
    weights = np.zeros(rows.shape)
    for row, x in enumerate(rows):
        explainer = LimeTabularExplainer(
            X_train, mode="regression", random_state=0
        )
        e = explainer.explain_instance(x, f, num_samples=2000)
        for column, weight in e.as_map()[1]:
            weights[row, column] = weight
    return weights


def kernel_shap(f, rows):
    centers = shap.kmeans(X_train, 10)
    explainer = shap.KernelExplainer(f, centers)
    return explainer.shap_values(rows, l1_reg=False, silent=True)


explained = {}
for label in ("biased", "hiding"):
    function = functions[label]
    explained[label] = {
        "LIME": lime_weights(function, thirty),
        "Kernel SHAP": kernel_shap(function, thirty),
        "exact": shapley.exact(function, thirty, background)[0],
        "gradient": gradients.gradient(networks[label], thirty) * sd,
    }

print("share of 30 patients with the sex among the first")
lines = {
    method: {
        (label, f"top {top}"): float(rate(explained[label][method], SEX, top))
        for label in explained
        for top in (1, 3)
    }
    for method in explained["biased"]
}
print(pd.DataFrame(lines).T.round(1).to_string())

# %% [markdown]
# LIME finds the surcharge for each patient in the biased network, and for none in the hiding one. The gradient finds
# it always. The two contradict each other, and Shapley values lie between. Who is right? We know, because we built
# the network. Here is a question that needs no method: give each patient the other sex, and change nothing else.

# %%
other_sex = X.copy()
other_sex[:, SEX] = 3 - X[:, SEX]  # the codes are 1 and 2
print("mean change of the prediction for the other sex, in points")
for label, function in functions.items():
    change = np.abs(function(other_sex) - function(X)).mean()
    print(f"  {label:9s}{change:5.1f}")

# %% [markdown]
# For patients, 80 points depend on the sex. So the gradient is right here, and LIME misleads. It describes what the
# network does on *made-up* rows, and nobody wanted to know that. The gradient asks at the patient itself, where the
# gate is open. Do not conclude that gradients cannot be fooled: in part 5 they are.
#
# And the Shapley values? They are exact, and answer their question, which is about joined rows. On most of these the
# network is innocent. Which share of the credit is left, the chapter [computes
# beforehand](../book/trust/misleading.md#why-shapley-values-leak-and-how-much). If the gate links $k$ features, and the
# protected one is none of them, it keeps $2 / (k + 1)$ of its credit. If the background is a row for which the gate is
# shut, such as the mean row, it keeps $1 / (k + 1)$. How much is that here? Compute it before you run.

# %%
credit = "credit of the sex, hiding to biased"
print(f"{credit:38s} predicted  measured")
for label, rows_to_compare, predicted in (
    ("100 patients as background", background, 2 / 5),
    ("the mean row as background", mean, 1 / 5),
):
    kept = [
        np.abs(shapley.exact(function, thirty, rows_to_compare)[0][:, SEX])
        for function in (hiding, biased)
    ]
    measured = kept[0].mean() / kept[1].mean()
    print(f"  {label:36s} {predicted:9.2f} {measured:9.2f}")

# %% [markdown]
# So it is, with $k = 4$. With patients as background it is a little more, because a few joined rows fulfill the formula
# by chance.
#
# ## 3. A gate that looks perfect
#
# Not every table has such a formula. Then the gate must *learn* to tell patients from joined rows. Here is a random
# forest that does. There are more joined rows than patients, so the code draws patients again and again, until there
# are as many of each kind. It holds a quarter of these copies out, as one should, and looks how many pass the gate.


# %%
def forest(rows, labels):
    """Learn 1 (patient) or 0 (joined); return it as a function of rows."""
    trees = RandomForestClassifier(n_estimators=50, random_state=0)
    return trees.fit(rows, labels).predict


def real_passed(fit, X_real, X_made, rng):
    copies = rng.choice(X_real, len(X_made))  # as many as made-up rows
    quarter = len(copies) // 4
    held_out, learned = copies[:quarter], copies[quarter:]
    labels = np.repeat([1, 0], [len(learned), len(X_made)])
    detector = fit(np.vstack([learned, X_made]), labels)
    return np.mean(detector(held_out))


found = real_passed(forest, X_train, joined, np.random.default_rng(0))
print(f"held-out rows that pass the gate:   {found:.2f}")

copies = np.random.default_rng(0).choice(X_train, len(joined))
labels = np.repeat([1, 0], [len(copies), len(joined)])
learned_gate = forest(np.vstack([copies, joined]), labels)
print(f"new patients that pass it in use:   {learned_gate(X).mean():.2f}")

# %% [markdown]
# By the first number the gate is nearly perfect. By the second it is useless: hardly any new patient passes, and with
# nearly all of them a network behind this gate would be innocent. Both numbers are about rows that the forest has not
# learned from. Or are they?
#
# ### Exercise 3: spot the bug, a gate that looks perfect
#
# Repair `real_passed`. `fit` is such as `forest` above: it takes rows and labels and returns a function of rows.
# `X_real` holds patients, each once, `X_made` the made-up rows, `rng` a NumPy generator. Hold out about a quarter of
# the patients. The detector must still learn from about as many rows of each kind. Return the share of held-out
# patients that it lets pass, a number.


# %%
def real_passed(fit, X_real, X_made, rng):
    """Share of held-out patients that the detector lets pass."""
    # SOLUTION
    order = rng.permutation(len(X_real))
    quarter = len(X_real) // 4
    held_out, learned = X_real[order[:quarter]], X_real[order[quarter:]]
    copies = rng.choice(learned, len(X_made))  # as many as made-up rows
    labels = np.repeat([1, 0], [len(copies), len(X_made)])
    detector = fit(np.vstack([copies, X_made]), labels)
    return np.mean(detector(held_out))
    # STUB
    # copies = rng.choice(X_real, len(X_made))  # as many as made-up rows
    # quarter = len(copies) // 4
    # held_out, learned = copies[:quarter], copies[quarter:]
    # labels = np.repeat([1, 0], [len(learned), len(X_made)])
    # detector = fit(np.vstack([learned, X_made]), labels)
    # return np.mean(detector(held_out))
    # END


real_passed = check.real_passed(real_passed)

# %% [markdown] tags=["solution"]
# **Why.** The recipe copies first and splits afterwards. So copies of one patient lie on both sides, and the forest
# recognizes whom it has learned by heart. Split first, then copy only the patients to learn from. The same happens
# whenever rows are repeated, oversampled or augmented before a split, and whenever one patient has several rows.
#
# Typical wrong answers: a shuffle of the copies does not help, they still lie on both sides. The detector's accuracy
# on all rows hides that hardly any new patient passes. Without copies the detector learns from few patients and many
# joined rows.

# %%
found = real_passed(forest, X_train, joined, np.random.default_rng(0))
print(f"held-out patients that pass: {found:.1f}")
print(f"new patients that pass:      {learned_gate(X).mean():.1f}")

# %% [markdown]
# Now the two agree. A forest that knows patients by heart is no gate for others. To hide in use, a network needs
# something that holds for new patients too, such as a formula. (The chapter teaches a plain network to do it, [without
# one](../book/trust/misleading.md#does-it-need-a-formula).)
#
# ## 4. Find the one that hides
#
# Now you are the one who examines. You are given a function, and may call it as often as you like. You have patients. A
# network with two faces is one function on patients, and another one on made-up rows. So learn from each kind of row,
# and see who knows the patients:
#
# 1. Fit a straight line to `f` on patients, and another one to `f` on made-up rows, both by least squares with an
#    intercept.
# 2. Let both predict `f` for *new* patients. The R² of each is the share of the variance of `f` that it catches.
# 3. The **R² lost** is the first R² less the second.
#
# An honest function may be bent, so that a line misses it. Then usually both lines do. But if only the second line
# fails, what the function does on made-up rows says little about what it does on patients.
#
# ### Exercise 4: an alarm
#
# Write it. `f` takes rows and returns `(n,)`. `X_real` holds patients to fit on, `X_made` made-up rows to fit on, and
# `X_new` patients to judge by. You may use `LinearRegression` of scikit-learn, or `np.linalg.lstsq`, and
# `r2_score(f(X_new), predicted)`, in this order. Return a number.


# %%
def r2_lost(f, X_real, X_made, X_new):
    """R² on new patients: line from patients less line from made-up rows."""
    # SOLUTION
    found = []
    for rows in (X_real, X_made):
        line = LinearRegression().fit(rows, f(rows))
        found.append(r2_score(f(X_new), line.predict(X_new)))
    return found[0] - found[1]
    # STUB
    # return ...
    # END


r2_lost = check.r2_lost(r2_lost)

# %% [markdown] tags=["solution"]
# **Why.** The two lines differ only in the rows that they learned from. All else that makes a line fail, such as a bent
# function, is the same for both.
#
# Typical wrong answers: the second line judged on made-up rows is good, because there it is at home. On the rows of
# `X_real` the first line has an advantage, because it has seen them. The measured targets do not belong here: it is
# about `f`, not about the patients.

# %% [markdown]
# Here is a line-up: the shipped network, the three of part 2, boosted trees, and the mean of the ten nearest patients.
# **Predict**: which of them lose hardly anything? Is the biased network among them? Are the trees, which are far from
# a straight line?

# %%
trees = GradientBoostingRegressor(random_state=0)
neighbors = make_pipeline(StandardScaler(), KNeighborsRegressor(10))
line_up = {"shipped network": f, **functions}
for label, model in (("boosted trees", trees), ("neighbors", neighbors)):
    line_up[label] = model.fit(X_train, patients.y_train).predict

print("R² lost")
for label, function in line_up.items():
    lost = float(r2_lost(function, X_train, shuffled, X))
    print(f"  {label:16s}{round(lost, 2) + 0:5.2f}")

# %% [markdown]
# One of them stands out. The biased network does not: it has one face, and LIME shows it. The alarm finds hiding, not
# bias.
#
# An alarm needs a threshold. The neighbors, which are honest, come close to 0.05. That is the threshold of the chapter,
# which tries it [on many more models](../book/trust/misleading.md#an-alarm-that-you-can-write). It has false alarms
# there, some by neighbors. Which lies are too small for it? Let the surcharge grow from nothing.

# %%
# ALT R² lost against the surcharge. For the biased network it stays at zero. For the hiding one it rises from zero,
# ALT ever faster at first. It crosses the threshold of 0.05 between 10 and 15 points, and is near 0.3 at 40 points.
surcharges = [0, 5, 10, 15, 20, 30, 40]
curves = {"hiding": [], "biased": []}
for label, curve in curves.items():
    for surcharge in surcharges:
        one = Predictor(make_network(surcharge, hides=label == "hiding"))
        curve.append(float(r2_lost(one, X_train, shuffled, X)))

fig, ax = plt.subplots()
looks = {
    "hiding": ("o-", figures.VERMILLION),
    "biased": ("s--", figures.BLUE),
}
for label, (style, color) in looks.items():
    ax.plot(surcharges, curves[label], style, color=color, label=label)
ax.axhline(0.05, color="black", ls=":", lw=1.5, label="threshold")
ax.set_xlabel("surcharge (points per standard deviation of the sex)")
ax.set_ylabel("R² lost")
ax.legend()
plt.show()

small = Predictor(make_network(10, hides=True))
change = np.abs(small(other_sex) - small(X)).mean()
print(f"surcharge of 10: R² lost {r2_lost(small, X_train, shuffled, X):.2f}")
print(f"change for the other sex: {change:.1f} points")

# %% [markdown]
# A small lie passes. With a surcharge of 10, two patients who differ only in their sex are 20 points apart, and the
# alarm is silent. If you *know* which feature must not count, ask about it directly: change it alone, in patients, as
# in part 2. That finds the 20 points at once. It relies on a gate that does not read the sex. No single test is
# enough.
#
# ## 5. The same predictions, another credit
#
# For patients, the deviation of Exercise 1 is 0, or nearly. So add a multiple of it to the shipped network: the
# predictions for patients stay. Here are two such twins (made by a formula, not by another seed), and the network
# itself between them, with a multiple of 0.


# %%
def make_twin(multiple):
    """The shipped network, plus a multiple of the deviation."""
    inputs = keras.Input((len(names),))
    extra = multiple * deviation(inputs)
    return keras.Model(inputs, network(inputs) + extra[:, None])


FATS = [names.index(name) for name in ("tc", "ldl", "hdl", "ltg")]
twins = {multiple: make_twin(multiple) for multiple in (-0.5, 0.0, 0.5)}
of_twins, lines = [], {}
for multiple, twin in twins.items():
    function = Predictor(twin)
    phi, _ = shapley.exact(function, thirty, background)
    of_twins.append(phi)
    line = lines.setdefault(multiple, {})
    for column in FATS:
        line[names[column]] = phi[0, column]
    line["all four"] = phi[0, FATS].sum()
    line["slope of tc"] = (gradients.gradient(twin, thirty[:1]) * sd)[0, 4]
    line["R² lost"] = float(r2_lost(function, X_train, shuffled, X))
    moved = np.abs(function(X) - f(X)).max()
    print(f"multiple {multiple:4.1f}: predictions move by {moved:.3f} points")
print("\nfirst held-out patient, exact Shapley values, in points")
print((pd.DataFrame(lines).round(1) + 0).to_string())

# %% [markdown]
# Three networks, and the same prediction for each of 111 patients, to a few thousandths of a point. In one of them the
# total cholesterol lowers this patient's prediction by 11 points, in another one it raises it by 13. The *slope of tc*
# is the gradient times the standard deviation, which was right in part 2. It changes its sign too. And the alarm of
# part 4 is silent. Whoever builds the network can hand out this credit as they like.
#
# One line is the same in all three: the *sum* of the four. What one of them loses, the others get. If features are
# linked by a formula, no data from patients can say which of them counts. So report their sum.
#
# ### Exercise 5: how far does the credit swing?
#
# Measure it. `phis` has shape `(networks, n, d)`: the credit that each of several networks gives to `d` features of
# `n` rows. `columns` is a list of columns.
#
# 1. For each row and column, take the variance over the *networks*, with `ddof=1`, because a few networks stand for
#    many.
# 2. Take the mean over the rows, and then the root.
# 3. Do the same for the sum of the columns.
#
# Return one array: a number for each of the columns, in their order, and then that of the sum.


# %%
def swing(phis, columns):
    """Sd of the credit over networks: of each column, then of the sum."""
    # SOLUTION
    credit = phis[:, :, columns]
    total = credit.sum(axis=2, keepdims=True)
    both = np.concatenate([credit, total], axis=2)
    return np.sqrt(both.var(axis=0, ddof=1).mean(axis=0))
    # STUB
    # return ...
    # END


swing = check.swing(swing)

# %% [markdown] tags=["solution"]
# **Why.** Axis 0 holds the networks. The credit is added up first, for each network and row, so that a loss and a gain
# can cancel.
#
# Typical wrong answers: a sum of standard deviations, in which nothing cancels. The variance over axis 1 says how
# patients differ. With sizes instead of credit, a change of sign is invisible.

# %%
print("swing over three twins, in points")
found = np.asarray(swing(np.array(of_twins), FATS))
for label, value in zip(
    [names[column] for column in FATS] + ["all four"], found, strict=True
):
    print(f"  {label:9s}{value:5.1f}")

# %% [markdown]
# This happens without any intention too. In these data `tc` and `ldl` rise and fall together. Train the shipped recipe
# again with another seed, and look at the same patient.


# %%
def retrain(seed):
    recipe = {**models.RECIPES["diabetes"], "seed": seed}
    return Predictor(models.train(patients, **recipe))


pair = [names.index("tc"), names.index("ldl")]
print(f"correlation of tc and ldl: {np.corrcoef(X_train.T)[*pair]:.2f}")
f_1 = retrain(1)
print("first held-out patient, in points")
for label, function in (("shipped network", f), ("another seed", f_1)):
    phi, _ = shapley.exact(function, X[:1], background)
    of_pair = phi[0, pair]
    print(f"  {label:16s} tc {of_pair[0]:.1f}  ldl {of_pair[1]:.1f}", end="")
    print(f"  sum {of_pair.sum():.1f}")

# %% [markdown]
# One patient and two seeds prove nothing. Here are two more seeds (it takes a few seconds), and all 30 patients.

# %%
retrained = [f, f_1, retrain(2), retrain(3)]
scores = [r2_score(patients.y_test, one(X)) for one in retrained]
print("R² on held-out patients:", *(f"{score:.2f}" for score in scores))

# %%
of_seeds = np.array(
    [shapley.exact(one, thirty, background)[0] for one in retrained]
)
of_tc, of_ldl, of_both = np.asarray(swing(of_seeds, pair))
*_, of_four = np.asarray(swing(of_seeds, FATS))
of_prediction = np.asarray(swing(of_seeds, list(range(len(names)))))[-1]
print("swing over four seeds, in points")
print(f"  tc                {of_tc:.1f}")
print(f"  ldl               {of_ldl:.1f}")
print(f"  both together     {of_both:.1f}")
print(f"  if on their own   {np.hypot(of_tc, of_ldl):.1f}")
print(f"  all four fats     {of_four:.1f}")
print(f"  whole prediction  {of_prediction:.1f}")

signs = np.sign(of_seeds)
for column in pair:
    differ = (np.ptp(signs[:, :, column], axis=0) > 0).mean()
    print(f"{names[column]:4s}share of patients with two signs: {differ:.1f}")

# %% [markdown]
# Four networks of one recipe, about equally good. For most patients they do not even agree whether the total
# cholesterol raises the prediction or lowers it. The credit of `ldl` keeps its sign, and swings as far. The sum of the
# two swings less than either, and much less than if they swung on their own: what one loses, the other gets. If you
# show a single network, say how far the parts swing, and show the sum with its own swing.
#
# The sum of all four is not steadier here. These networks are no exact twins: their whole predictions swing too, and
# no sum can mend that. Four seeds are few. The chapter [counts with more](../book/trust/misleading.md#measured): there,
# too, the sum is steadier than its parts, and not steady.
#
# ## 6. A base value chosen to flatter
#
# The last trick needs no network at all. An explanation says why a prediction is so high *rather than* the base
# value, the mean prediction over the background. Who chooses the background chooses the story. Here is one patient
# with three of them: 100 random training patients, the 100 with the lowest predictions, and the 100 with the highest.
# (The chapter [draws them](../book/trust/misleading.md#a-flattering-base-value).)

# %%
predictions = f(X_train)
order = predictions.argsort()
choices = {
    "random": background,
    "lowest": X_train[order[:100]],
    "highest": X_train[order[-100:]],
}
stories = {
    label: shapley.exact(f, X[:1], rows) for label, rows in choices.items()
}
shown = [names.index(name) for name in ("bmi", "bp", "ltg")]

print(f"prediction: {f(X[:1])[0]:.0f} points")
for label, (phi, phi0) in stories.items():
    line = f"{label:8s} base value {phi0:5.1f}"
    for column in shown:
        line += f"  {names[column]} {phi[0, column]:+5.1f}"
    print(line)

# %% [markdown]
# All three are exact, and all three add up to the same prediction. With one of them the body mass index gets almost 90
# points, and `ltg` more than 20. With another one `ltg` *lowers* the prediction. Each answers a question, and “rather
# than those with the lowest predictions” is a fair one. The trick is not to say which one was asked.
#
# Can a reader notice? A picture of SHAP shows the base value. If the background holds $m$ rows that were drawn at
# random, the base value lies near the mean of all predictions: typically about one **standard error** away, which is
# the standard deviation of the predictions divided by $\sqrt m$. (It is a bit less if no row is drawn twice.)
#
# ### Exercise 6: was this background drawn at random?
#
# Write a function that says how many standard errors a base value lies from the mean of the predictions, with its
# sign: above is positive. `phi0` is the base value, `predictions` holds the predictions for all rows that could have
# been drawn, shape `(n,)`, and `m` is the number of rows of the background. Take `predictions.std()` as it is.


# %%
def standard_errors(phi0, predictions, m):
    """Distance of a base value from the mean, in standard errors."""
    # SOLUTION
    return (phi0 - predictions.mean()) / (predictions.std() / np.sqrt(m))
    # STUB
    # return ...
    # END


standard_errors = check.standard_errors(standard_errors)

# %% [markdown] tags=["solution"]
# **Why.** The mean of `m` random predictions scatters less than one prediction does, by the square root of `m`.
#
# Typical wrong answers: divided by the standard deviation alone, every chosen background looks harmless. The number of
# all rows in place of `m` is the wrong yardstick.

# %%
for label, (_, phi0) in stories.items():
    away = standard_errors(phi0, predictions, 100)
    print(f"{label:8s} {away:+6.1f} standard errors")

again = []
for seed in range(1, 21):
    chosen = np.random.default_rng(seed).choice(X_train, 100, replace=False)
    phi, phi0 = shapley.exact(f, X[:1], chosen)
    away = float(standard_errors(phi0, predictions, 100))
    again.append((abs(away), phi[0, names.index("bmi")], phi[0, FATS].sum()))
largest, most_bmi, most_fats = np.max(again, axis=0)
_, least_bmi, least_fats = np.min(again, axis=0)
print(f"20 more random backgrounds: at most {largest:.1f} standard errors")
print(f"  bmi gets {least_bmi:.1f} to {most_bmi:.1f} points")
print(f"  the four fats get {least_fats:.1f} to {most_fats:.1f} points")

# %% [markdown]
# Random backgrounds stay within two standard errors here. The chosen ones are more than ten away: a random draw
# practically never gives that. It is no proof of bad intentions. The lean patients of [Lab 10](10_shap.ipynb) are no
# random draw either, and the question says so. A small choice passes, too: who tries 21 random backgrounds may show the
# one that suits. The first one gave `bmi` less than any of the twenty.
#
# ## 7. What an honest report says
#
# Each of these tricks needs something left unsaid: which rows were asked about, which base value and why, what moves.
# The package has a form for it, and the chapter [What to write under an explanation](../book/trust/report.md) goes
# through its lines. Here it is for this patient and the random background. The numbers come from the cells above.

# %%
phi, phi0 = stories["random"]
gap = abs(phi0 + phi.sum() - f(X[:1])[0])
spread = f(X_train).std()
off = measures.infidelity(f, X[:1], phi, background, spread)
off = spread * np.sqrt(off[0])
bmi = of_seeds[:, 0, names.index("bmi")]
fats = of_seeds[:, 0, FATS].sum(axis=1)
torn = np.abs(np.asarray(deviation(joined))) > TOLERANCE
lost = float(r2_lost(f, X_train, shuffled, X))
card = models.card("diabetes")["on held-out rows"]
report = Report(
    question=f"Why does the network predict {f(X[:1])[0]:.0f} points for the "
    f"first held-out patient, rather than {phi0:.0f} for patients at large?",
    model="The shipped diabetes network. On 111 held-out patients: R² "
    f"{card['network']['r2']:.2f}, a straight line "
    f"{card['linear regression']['r2']:.2f}.",
    background="100 of 331 training patients, drawn at random with seed 0. "
    f"Base value {phi0:.0f} points, "
    f"{standard_errors(phi0, predictions, 100):+.1f} standard errors from "
    "the mean prediction of the training patients.",
    unit="Points of progression.",
    method="Exact interventional Shapley values: all 1,024 coalitions.",
    fidelity=f"Exact: {gap:.2f} points are left over. Features taken away "
    f"together are off by {off:.0f} points (root mean square over all 1,023 "
    f"sets). R² lost on made-up rows: {round(lost, 2) + 0:.2f}.",
    stability=f"bmi gets {phi[0, names.index('bmi')]:.0f} points here, and "
    f"{least_bmi:.0f} to {most_bmi:.0f} with 20 other random backgrounds; "
    f"the four blood fats get {least_fats:.0f} to {most_fats:.0f}. Over four "
    f"seeds of the network, bmi gets {bmi.min():.0f} to {bmi.max():.0f}, "
    f"the four {fats.min():.0f} to {fats.max():.0f}.",
    limits="It asks about joined rows. A share of about "
    f"{torn.mean():.1f} of such rows breaks a formula that links tc, ldl, "
    "hdl and ltg. So only their sum is reported, "
    f"{phi[0, FATS].sum():+.0f} points. Nothing is said about causes.",
)
print(report)

# %% [markdown]
# **Now yours.** Take the background with the highest predictions. Copy the cell, and rewrite each line that changes.
# Which question does this background answer? The form does not let you leave a line empty, or praise instead of
# measuring:

# %%
try:
    dataclasses.replace(report, stability="very stable")
except ValueError as refusal:
    print(refusal)

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - An explanation asks about rows. If these can be told from real ones, a network can show them another face.
# - How often a method was fooled depended on the rows that it asks about. Of Shapley values a share is left that you
#   can compute: $2 / (k + 1)$.
# - A line that learned from made-up rows and fails on patients is an alarm. Small surcharges pass. If you know the
#   feature, change it alone, in real rows.
# - Split first, copy afterwards. Copies on the other side make a bad detector look perfect.
# - Linked features can hand credit to each other while no prediction changes. Report their sum, and how far it swings.
# - A base value that hardly any random draw would give was chosen. That is fair if the question says so.
#
# **What comes next** The chapter [What to write under an explanation](../book/trust/report.md) goes through the form,
# line by line. [Lab 13](13_fix_the_tutorial.ipynb) repairs recipes from the web that run and are wrong.
