# %% [markdown]
# # Lab 10. SHAP in practice
#
# A neural network predicts a number for a patient. Why this number? Here SHAP explains a Keras
# regression network, in the unit of its target, and you see the explanation, check it and save it.
#
# **You will be able to**
#
# - explain one prediction, and draw it;
# - choose an explainer, and say how far it is from the exact answer;
# - choose a background, and say which question it asks;
# - read seven SHAP plots, and save each of them for a paper;
# - go from a CSV file to these figures.
#
# **You need** Python with NumPy and a first course in machine learning. The chapter
# [SHAP in practice](../book/local/shap.md) explains the ideas that you use here. In
# [Lab 09](09_shapley.ipynb) you compute such values without any library. This lab does not need it, but
# after it you know what each line here does.
#
# **Time** About 90 minutes. The code itself runs in less than one.
#
# **Model and data** The diabetes network that ships with this book. It reads 10 measurements of a patient:
# age, sex, body mass index (`bmi`), mean blood pressure (`bp`), and six from the blood, among them two kinds
# of cholesterol (`ldl`, `hdl`), the logarithm of the triglycerides (`ltg`) and the sugar (`glu`). It predicts
# a score, in points, of how far diabetes progressed one year later.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of
# three verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as
# often as you like: `check.base_value.hint()`. The [solution](../solutions/10_shap.ipynb) also says why.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once,
# and come back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell
# did not run at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `10_shap.mine.ipynb`.

# %%
import warnings

# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, models, shapley
from glassbox.checks import lab10 as check
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shap
from sklearn.preprocessing import StandardScaler

figures.use_style()

# Two notes from shap's TensorFlow explainers. Neither concerns this network.
warnings.filterwarnings("ignore", message="The structure of `inputs`")
warnings.filterwarnings("ignore", message="Your TensorFlow version is newer")

# %% [markdown]
# ## 1. Can SHAP explain a regression network?
#
# Yes. SHAP needs two things: a function that predicts, and some rows to compare with.
#
# The function is `f`. It takes a table of shape `(n, 10)` and returns `n` predictions, in points.
# `Predictor` makes it from a Keras network.

# %%
patients = data.diabetes()
network = models.load("diabetes")
f = Predictor(network)

X = patients.X_test
print("patients to explain:", X.shape)
print("predictions:        ", f(X).shape)
print("the first three:    ", f(X[:3]).round(1), patients.unit)

# %% [markdown]
# The rows to compare with are the **background**: here 100 patients from the training data.
#
# `shap.Explainer` chooses a method by itself. For 10 features and a plain function it takes the exact
# one.

# %%
rng = np.random.default_rng(0)
background = patients.X_train[
    rng.choice(len(patients.X_train), 100, replace=False)
]

explainer = shap.Explainer(f, background, feature_names=patients.labels)
explanation = explainer(X, silent=True)
print(type(explainer).__name__, explanation.values.shape)

# %% [markdown]
# And you can see it. A **waterfall** explains one patient.

# %%
# ALT Waterfall plot of one patient. It starts at 160 points, the mean prediction over the background,
# ALT and ends at 253 points, the prediction. The body mass index adds 62.5 points, the blood pressure 21.9.
plt.close("all")
shap.plots.waterfall(explanation[0], show=False)
fig = plt.gcf()
fig.set_size_inches(6, 5)
fig.axes[0].set_xlabel(patients.target_label, labelpad=20)
plt.ion()  # waterfall switches it off, and later figures would not appear
plt.show()

# %% [markdown]
# Read it from the bottom to the top. It starts at $E[f(X)]$, the **base value** ($E$ stands for mean). Each bar is one feature.
# Red raises the prediction, blue lowers it, and the number is in points. At the top stands $f(x)$, the
# prediction for this patient. One thing to know: this version of shap draws a very short bar the wrong way
# round. Trust its color and its number.
#
# Nothing is left over: base value and bars add up to the prediction.

# %%
parts = pd.Series(explanation.values[0], index=patients.feature_names)
print(parts.sort_values(key=abs, ascending=False).round(1).to_string())
print()
print(f"base value        {explanation.base_values[0]:8.2f}")
print(f"sum of the bars   {parts.sum():8.2f}")
print(f"prediction        {f(X[:1])[0]:8.2f}")

# %% [markdown]
# ## 2. Where does the waterfall start?
#
# ### Exercise 1: the base value
#
# Write the base value yourself, from `f` and `background`. Before you run the cell: is it the mean
# progression of the patients?


# %%
def base_value(f, background):
    """The number that the waterfall starts from, in the unit of f."""
    # SOLUTION
    return f(background).mean()
    # STUB
    # return ...  # put your code here
    # END


base_value = check.base_value(base_value)

# %% [markdown] tags=["solution"]
# **Why.** SHAP compares this patient's prediction with the predictions for the background. So the base
# value is the mean *prediction* over the *background*: predict first, then average.
#
# Three answers look alike and are not. The mean of the target, `patients.y_train.mean()`, is 151.9: it is
# about patients, and SHAP explains the network. The prediction for the mean patient,
# `f(background.mean(axis=0)[None])`, is another number, because the network is not linear. The mean over
# all training rows belongs to another background.

# %%
print(f"base value                      {base_value(f, background):.1f}")
print(f"prediction for the mean patient {f(background.mean(axis=0))[0]:.1f}")
print(f"mean of the target              {patients.y_train.mean():.1f}")

# %% [markdown]
# So the answer is no. The base value is the mean *prediction*, over *these 100 rows*. And the mean of the
# predictions is not the prediction for the mean.

# %% [markdown]
# ## 3. Five explainers, one network
#
# SHAP has several ways to compute the same values. Some read the network (Deep, Gradient), the others only
# call `f`. Look at what each returns for 20 patients.

# %%
few = X[:20]


def with_exact():
    return shap.explainers.Exact(f, background)(few, silent=True).values


def with_permutation():
    return shap.explainers.Permutation(f, background, seed=0)(
        few, silent=True
    ).values


def with_kernel():
    # Kernel SHAP draws coalitions, sets of features that are known, with
    # NumPy's global generator.
    np.random.seed(0)
    explainer = shap.KernelExplainer(f, background)
    return explainer.shap_values(few, nsamples=300, l1_reg=False, silent=True)


def with_deep():
    # Deep and Gradient read the Keras network itself.
    explainer = shap.DeepExplainer(network, background)
    return explainer.shap_values(few)


def with_gradient():
    explainer = shap.GradientExplainer(network, background)
    return explainer.shap_values(few, nsamples=200, rseed=0)


methods = {
    "Exact": with_exact,
    "Permutation": with_permutation,
    "Kernel": with_kernel,
    "Deep": with_deep,
    "Gradient": with_gradient,
}
raw = {name: method() for name, method in methods.items()}
for name, values in raw.items():
    print(f"{name:12s}{values.shape}")

# %% [markdown]
# The shapes differ. Deep and Gradient keep an axis for the network's outputs, and a regression network has
# one output. Pass such an array to a plot, and you may get no error, only a wrong plot.
#
# ### Exercise 2: one table of SHAP values
#
# Write a function that turns what any of them returns into a table `(n, d)`. A network with two outputs
# must not slip through: raise `ValueError` for anything else than `(n, d)` and `(n, d, 1)`.


# %%
def as_matrix(values):
    """SHAP values as an array of shape (n, d), whatever the explainer."""
    # SOLUTION
    values = np.asarray(values)
    if values.ndim == 2:
        return values
    if values.ndim == 3 and values.shape[2] == 1:
        return values[..., 0]
    raise ValueError(
        f"expected (n, d) or (n, d, 1) and got {values.shape}: "
        "choose one output first"
    )
    # STUB
    # return ...
    # END


as_matrix = check.as_matrix(as_matrix)

# %% [markdown] tags=["solution"]
# **Why.** `values[..., 0]` names the axis that must go, the last. Typical wrong answers: `values[0]` is what
# old tutorials do, and gives one patient. `values.squeeze()` works until you explain a single patient, and
# then drops the patient too. `values.reshape(len(values), -1)` makes ten features of five, if the network
# has two outputs.

# %% [markdown]
# ## 4. Which explainer is right?
#
# All of them are called SHAP values, so one can ask which comes closest to the real ones. The referee is
# `shapley.exact`: it goes through all $2^{10}$ coalitions of features, as your own function does in
# [Lab 09](09_shapley.ipynb).
#
# The **error** is the root mean square difference from the exact values, in percent of the spread
# (standard deviation) of the predictions. The **gap** is how far base value and SHAP values are from adding
# up to the prediction, at worst.

# %%
phi_exact, phi0 = shapley.exact(f, few, background)
spread = f(patients.X_train).std()

rows = {}
for name, values in raw.items():
    phi = as_matrix(values)
    rows[name] = {
        "error (%)": 100 * np.sqrt(((phi - phi_exact) ** 2).mean()) / spread,
        "largest (points)": np.abs(phi - phi_exact).max(),
        "gap (points)": np.abs(phi0 + phi.sum(axis=1) - f(few)).max(),
    }
table = pd.DataFrame(rows).T.round(2)
print(table.to_string())

# %% [markdown]
# Deep adds up to the prediction as well as Exact does. Still its values are not the exact ones: **adding up
# is no proof of being right**. Gradient does not even add up.
#
# A **coalition** is a set of features that are known; the others take their values from the background.
# Kernel had 300 coalitions to look at. With its default it would look at all of them here, and be exact:
# the regression behind it, which Lab 09 writes by hand, needs no luck then.
#
# ### One patient, two reasons
#
# Patient 44 is predicted at 180 points. Which feature has the SHAP value of the largest size? Decide which
# explainer you would believe, then run the cell.

# %%
# ALT Bars for three features of patient 44. The exact values and Deep say that ltg matters most: it
# ALT lowers the prediction by 15 points. Gradient says that bp does: it raises it by 15 points.
patient = 44
one = X[patient : patient + 1]
exact_one, _ = shapley.exact(f, one, background)
deep_one = as_matrix(shap.DeepExplainer(network, background).shap_values(one))
gradient = shap.GradientExplainer(network, background)
gradient_one = as_matrix(gradient.shap_values(one, nsamples=200, rseed=0))
answers = pd.DataFrame(
    {"exact": exact_one[0], "Deep": deep_one[0], "Gradient": gradient_one[0]},
    index=patients.feature_names,
).loc[["ltg", "bp", "bmi"]]
print(answers.round(1).to_string())

plt.close("all")
fig, ax = plt.subplots()
answers.plot.barh(ax=ax, width=0.8)
ax.axvline(0, color="black", linewidth=0.8)
ax.invert_yaxis()
ax.set_xlabel(f"SHAP value ({patients.unit})")
ax.set_ylabel("")
plt.show()

# %% [markdown]
# Gradient names another first reason than the exact answer: the blood pressure. With another seed, it names
# another one.

# %%
for seed in range(8):
    values = as_matrix(gradient.shap_values(one, nsamples=200, rseed=seed))[0]
    print(f"seed {seed}: {patients.feature_names[np.abs(values).argmax()]}")

# %% [markdown]
# So is ltg the reason? The exact values are exact for these 100 background rows. Look at what other rows give.


# %%
def first_reason(rows_to_compare):
    values, _ = shapley.exact(f, one, rows_to_compare)
    return patients.feature_names[np.abs(values[0]).argmax()]


draws = [rng.choice(patients.X_train, 100, replace=False) for _ in range(50)]
print(
    pd.Series([first_reason(draw) for draw in draws]).value_counts().to_string()
)
print("all 331 training rows:", first_reason(patients.X_train))

# %% [markdown]
# Most other backgrounds say the body mass index, and so do all 331 training rows together. Our 100 rows
# are an exception. For this patient the question has no clear answer: **do not rank what the method, or the
# background, cannot tell apart.**

# %% [markdown]
# ## 5. The background is the question
#
# A SHAP value says: this much more, or less, *than for the background*. Another background asks another
# question. It is not a setting for speed.
#
# ### Exercise 3: the background is the question
#
# A doctor asks: “Why is the prediction for this patient higher than for **lean** patients?” Write a
# function that takes the rows and the names of their features, and returns the rows with a body mass index
# (`bmi`) below 25 kg/m².


# %%
def lean_background(X, feature_names):
    """The rows of X with a body mass index below 25 kg/m²."""
    # SOLUTION
    bmi = X[:, list(feature_names).index("bmi")]
    return X[bmi < 25]
    # STUB
    # return ...
    # END


lean_background = check.lean_background(lean_background)

# %% [markdown] tags=["solution"]
# **Why.** “Rather than lean patients” is a background of lean patients, and nothing else changes. Typical
# wrong answers: the comparison alone, `X[:, 2] < 25`, is a list of yes and no. The mean of the lean rows is a
# single patient whom nobody has met, and asks a third question.

# %%
backgrounds = {
    "100 patients": background,
    "lean patients": lean_background(patients.X_train, patients.feature_names),
    "the mean patient": background.mean(axis=0, keepdims=True),
    "all zeros": np.zeros((1, X.shape[1])),
}
rows = {}
for name, rows_to_compare in backgrounds.items():
    phi, phi0_here = shapley.exact(f, X[:1], rows_to_compare)
    named = dict(zip(patients.feature_names, phi[0], strict=True))
    rows[name] = {
        "base value": phi0_here,
        "bmi": named["bmi"],
        "bp": named["bp"],
        "ltg": named["ltg"],
    }
print(pd.DataFrame(rows).T.round(1).to_string())

# %% [markdown]
# One patient, one network, four answers in points, and each is right for its question. Against lean
# patients the body mass index explains 91 points instead of 63.
#
# The last line is a warning. A patient of zeros has no blood pressure and no weight. The network was never
# asked about such a person, yet a background of zeros makes it the base of every explanation.

# %% [markdown]
# ## 6. Seven plots: draw, read, save
#
# You know the waterfall, and you will save it yourself in Exercise 4. Here are six more. Each follows one
# recipe, in **one cell**: close what is open, draw with `show=False`, keep the
# figure, save it, show it. `figures.save` refuses to write a blank file. The ending of the file name
# chooses the format: `.png`, `.jpg`, `.tiff`, `.svg` or `.pdf`.
#
# The pictures go into a temporary folder, so that this lab leaves your folder as it was.

# %%
from pathlib import Path
import tempfile

folder = tempfile.TemporaryDirectory()
pictures = Path(folder.name)

# %% [markdown]
# ### Bar: which features matter, over all patients
#
# The length is the mean size of a feature's SHAP values: by how many points it moves a prediction, up or
# down. It does not say in which direction: here red and the plus sign mean nothing.

# %%
# ALT Bar plot of the mean absolute SHAP value of each feature over 111 patients. The body mass index
# ALT comes first with 19 points, then ltg with 17 and blood pressure with 12. The others have 7 or less.
plt.close("all")
shap.plots.bar(explanation, show=False)
fig = plt.gcf()
fig.gca().set_xlabel(f"mean |SHAP value| ({patients.unit})")
figures.save(fig, pictures / "bar.png", dpi=300)
plt.show()

# %% [markdown]
# ### Beeswarm: how each feature acts, over all patients
#
# One dot is one patient. Its place is the SHAP value, its color the value of the feature, from blue (low) to
# red (high). Where red lies on the right, a high value raises the prediction. For `hdl` it is the other way.
# A wide spread of one color means that other features have a say. This is an **interaction**: the effect of
# one feature depends on another.

# %%
# ALT Beeswarm plot of 111 patients. High body mass index, ltg and blood pressure lie on the right and
# ALT raise the prediction. High hdl lies on the left and lowers it.
plt.close("all")
np.random.seed(0)  # it shuffles the dots
shap.plots.beeswarm(explanation, plot_size=(6, 4.5), show=False)
fig = plt.gcf()
fig.axes[0].set_xlabel(f"SHAP value ({patients.unit})")
figures.save(fig, pictures / "beeswarm.tiff", dpi=300)
plt.show()

# %% [markdown]
# ### Scatter (dependence): how one feature acts
#
# Across: the value of one feature. Up: its SHAP value. A line means that the network uses the feature almost
# linearly. Dots above each other have the same value and different SHAP values: that is the work of
# interactions. The color shows a second feature, here the blood pressure; try others. The gray bars
# count the patients.

# %%
# ALT Scatter plot of the SHAP value of the body mass index against its value. The dots rise along a
# ALT slightly bent line, from about minus 40 points at 18 to plus 75 points at 39 kilograms per square meter.
plt.close("all")
np.random.seed(0)
shap.plots.scatter(explanation[:, 2], color=explanation[:, 3], show=False)
fig = plt.gcf()
fig.axes[0].set_ylabel(f"SHAP value of bmi ({patients.unit})")
figures.save(fig, pictures / "scatter.svg")
plt.show()

# %% [markdown]
# ### Force: one patient, in one line
#
# It holds the same numbers as a waterfall. Red pushes the prediction to the right, blue to the left.
# Everywhere but in a live notebook the interactive version is an empty box, so ask for a picture:
# `matplotlib=True`.

# %%
# ALT Force plot of one patient. Red bars for body mass index and blood pressure push the prediction from
# ALT the base value of 160 up to 253 points. A small blue bar pushes back.
plt.close("all")
shap.plots.force(
    explanation.base_values[0],
    explanation.values[0],
    X[0].round(1),
    feature_names=list(patients.feature_names),
    out_names=patients.target_label,
    matplotlib=True,
    figsize=(10, 3),
    contribution_threshold=0.1,
    show=False,
)
fig = plt.gcf()
figures.save(fig, pictures / "force.jpg", dpi=300)
plt.ion()  # as after a waterfall
plt.show()

# %% [markdown]
# ### Decision: the ways of several patients
#
# Each line is a patient. All start at the base value, at the bottom, and each feature bends them to one side.
# At the top they arrive at their predictions. Lines that cross were led by different features.

# %%
# ALT Decision plot of 10 patients. All lines start at 160 points and spread out to predictions between
# ALT 106 and 253 points. The largest bends are at ltg and at the body mass index.
plt.close("all")
shap.plots.decision(
    float(explanation.base_values[0]),
    explanation.values[:10],
    feature_names=list(patients.feature_names),
    auto_size_plot=False,
    show=False,
)
fig = plt.gcf()
fig.gca().set_xlabel(patients.target_label)
figures.save(fig, pictures / "decision.png", dpi=300)
plt.show()

# %% [markdown]
# ### Heatmap: all patients at once
#
# One column is one patient, one row is one feature, the color is the SHAP value. Patients with similar
# explanations stand next to each other. The line on top is the prediction, the black bars on the right are
# the importance. Blocks of color are groups of patients who are explained in the same way. The scale stops at
# 33 points, so the darkest red means 33 or more.

# %%
# ALT Heat map of SHAP values, 111 patients across and features down. Patients with low predictions, on
# ALT the left, are blue in bmi and ltg. Two groups with high predictions, near column 60 and on the far
# ALT right, are red in bmi, in ltg or in both.
plt.close("all")
shap.plots.heatmap(explanation, plot_width=6, show=False)
fig = plt.gcf()
fig.axes[0].set_xlabel("patients")
fig.axes[-1].set_ylabel(f"SHAP value ({patients.unit})")
figures.save(fig, pictures / "heatmap.png", dpi=300)
plt.show()

# %% [markdown]
# What was saved, and at which resolution? SVG has none: its lines are no pixels.

# %%
from PIL import Image

for path in sorted(pictures.iterdir()):
    if path.suffix != ".svg":
        with Image.open(path) as image:
            dpi = float(image.info["dpi"][0])
            print(f"{path.name:14s}{image.format:6s}{dpi:.0f} dpi")

# %% [markdown]
# ### Exercise 4: spot the bug, the blank figure
#
# This function runs without an error, and the file that it saves is blank. Many tutorials do it this way.
# Repair it: the saved picture must show the waterfall with all its labels, at 300 dpi, also when the function
# is called twice.


# %%
def save_waterfall(e, path):
    """Save the waterfall plot of one row of an explanation."""
    # SOLUTION
    plt.close("all")
    shap.plots.waterfall(e, show=False)
    fig = plt.gcf()
    fig.savefig(path, dpi=300, bbox_inches="tight")
    plt.close(fig)
    # STUB
    # shap.plots.waterfall(e)
    # plt.savefig(path)
    # END


save_waterfall = check.save_waterfall(save_waterfall)

# %% [markdown] tags=["solution"]
# **Why.** `waterfall(e)` shows the figure, and in a notebook showing also closes it. `plt.savefig` then makes
# a new figure, which is empty, and saves that. With `show=False` the figure stays open.
#
# Typical wrong answers: `show=False` alone saves at the screen's resolution, and a second call draws over
# the first figure. Without `bbox_inches="tight"` long labels are cut off.

# %%
save_waterfall(explanation[0], pictures / "waterfall.png")
with Image.open(pictures / "waterfall.png") as image:
    darkest, brightest = image.convert("L").getextrema()
    print(f"gray from {darkest} to {brightest}")

# %% [markdown]
# A blank file would be white alone, from 255 to 255.

# %% [markdown]
# ### Exercise 5: importance
#
# The bar plot draws the importance of each feature. Write it: from a table of SHAP values `(n, d)` to `d`
# numbers, one for each feature, in the order of the columns.


# %%
def importance(phi):
    """How much each feature moves a prediction, on average: shape (d,)."""
    # SOLUTION
    return np.abs(phi).mean(axis=0)
    # STUB
    # return ...
    # END


importance = check.importance(importance)

# %% [markdown] tags=["solution"]
# **Why.** A negative SHAP value is not a small one: it lowers a prediction. So take the size first, and the
# mean after it. The plain mean lets raising and lowering cancel. For a background like the test patients it
# is near zero for every feature.

# %%
order = pd.Series(importance(explanation.values), index=patients.feature_names)
print(order.sort_values(ascending=False).round(1).to_string())

# %% [markdown]
# ## 7. If your network was trained on a scaled target
#
# Many networks predict a standardized target, and a scaler brings it back. The network of this lab has that
# step inside, as its last layer. Cut the layer off, and you have such a network: its predictions, and so its
# SHAP values, are in standard deviations of the target. The scaler that belongs to it has the mean and the
# scale of that layer.

# %%
# The same network without its last layer.
scaled_network = keras.Model(network.input, network.get_layer("output").output)
y_scaler = StandardScaler().fit(patients.y_train[:, None])

scaled_f = Predictor(scaled_network)
scaled_phi, scaled_phi0 = shapley.exact(scaled_f, few, background)
print("a scaled prediction: ", scaled_f(few)[:1].round(2))
print("scaled SHAP values:  ", scaled_phi[0].round(2))

# %% [markdown]
# ### Exercise 6: spot the bug, the lost unit
#
# Bring the SHAP values back to points. The function below runs, and what it returns are not SHAP values. Look
# at their sum for the first patient. It should be what is between the base value, 160 points, and the
# prediction, 253.

# %%
unscaled = y_scaler.inverse_transform(scaled_phi)
print(f"sum for the first patient: {unscaled[0].sum():.0f} points")


# %%
def to_points(phi, y_scaler):
    """SHAP values of a network with a scaled target, in the target's unit."""
    # SOLUTION
    return phi * y_scaler.scale_
    # STUB
    # return y_scaler.inverse_transform(phi)
    # END


to_points = check.to_points(to_points)

# %% [markdown] tags=["solution"]
# **Why.** `inverse_transform` multiplies by the scale and adds the mean. A prediction needs both. A SHAP value
# is a difference of predictions, and the mean drops out of a difference. The base value is a mean of
# predictions, so it goes through `inverse_transform`.
#
# Typical wrong answers: adding a tenth of the mean to each of the ten features makes the sum right and every
# value wrong. Multiplying by `var_` gives squared points.
#
# The shorter way is to put the scaler into the function: `Predictor(scaled_network, y_scaler=y_scaler)`
# explains points from the start, and is right for a target on a log scale too, where no factor is.

# %%
phi_points = to_points(scaled_phi, y_scaler)
phi0_points = y_scaler.inverse_transform([[scaled_phi0]])[0, 0]
print(
    f"base value {phi0_points:.1f} + SHAP values {phi_points[0].sum():.1f}"
    f" = {phi0_points + phi_points[0].sum():.1f} points"
)

same = Predictor(scaled_network, y_scaler=y_scaler)
inside, _ = shapley.exact(same, few, background)
print(
    "largest difference to the scaler inside f: "
    f"{np.abs(inside - phi_points).max():.3f} points"
)

# %% [markdown]
# ## 8. From your CSV file to the figure
#
# Your own data takes the same path: a CSV file with a header and one column to predict. This cell writes such
# a file. With your own, start at the next one.

# %%
table = pd.DataFrame(
    np.vstack([patients.X_train, patients.X_test]),
    columns=patients.feature_names,
)
table["progression"] = np.concatenate([patients.y_train, patients.y_test])
table.to_csv(pictures / "my_data.csv", index=False)
print(table.head(3).to_string())

# %%
# ALT Beeswarm plot for a network trained on the CSV file. As before, body mass index and ltg come first,
# ALT and high values of both raise the prediction.
mine = data.from_csv(
    pictures / "my_data.csv", target="progression", unit="points"
)
my_network = models.train(mine, seed=1)
my_f = Predictor(my_network)
print(
    f"R² on {len(mine.X_test)} rows that were held out: "
    f"{my_f.score(mine.X_test, mine.y_test):.2f}"
)

my_background = mine.X_train[:100]
phi, phi0 = shapley.exact(my_f, mine.X_test, my_background)
my_explanation = shap.Explanation(
    values=phi,
    base_values=np.full(len(phi), phi0),  # one number a row, never a tensor
    data=mine.X_test,
    feature_names=mine.labels,
)
plt.close("all")
np.random.seed(0)  # it shuffles the dots
shap.plots.beeswarm(my_explanation, plot_size=(6, 4.5), show=False)
fig = plt.gcf()
fig.axes[0].set_xlabel(f"SHAP value ({mine.unit})")
figures.save(fig, pictures / "my_beeswarm.png", dpi=300)
plt.show()

# %% [markdown]
# The R² is higher than that of the shipped network. Do not compare them: other patients were held out, and a
# hundred patients are few. A CSV file says no units, so the labels have none.
#
# `from_csv` has put a quarter of the rows aside, `models.train` has trained on the rest. With more than 13
# features, replace `shapley.exact` with `shap.explainers.Permutation(my_f, my_background, seed=0)`.

# %% [markdown]
# ## 9. The report
#
# A picture that leaves this notebook needs [eight lines under it](../book/trust/report.md). Here they are for patient 44
# of part 4. See what the stability line does to the first bar.

# %%
from glassbox.report import Report

gap = f(one)[0] - f(background).mean() - exact_one.sum()
card = models.card("diabetes")["on held-out rows"]
rival = card["linear regression"]["r2"]
same = np.mean([first_reason(draw) == "ltg" for draw in draws])
Report(
    question=f"Why {f(one)[0]:.0f} points for patient 44, and not "
    f"{f(background).mean():.0f}, the mean over the background?",
    model="The diabetes network. R² on 111 held-out patients "
    f"{f.score(X, patients.y_test):.2f}, that of a straight line {rival:.2f}.",
    background="100 training patients, drawn at random with seed 0.",
    unit="Points of progression.",
    method="Exact Shapley values, all 1,024 coalitions (shapley.exact).",
    fidelity="Exact for this background. Left over of the prediction: "
    f"{abs(gap):.2f} points.",
    stability="Here ltg comes first. Of 50 other backgrounds, "
    f"{100 * same:.0f} percent agree. Other networks: not measured.",
    limits="It does not say which feature comes first: the background "
    "decides that. And no bar says what caused the progression.",
)

# %%
folder.cleanup()
check.progress()

# %% [markdown]
# ## Summary
#
# - SHAP explains a regression network through a function `f` that returns one number a row.
# - The base value is the mean prediction over the background. The background is part of the question, so
#   name it wherever you show a figure.
# - Adding up is necessary and not sufficient. With 13 features or fewer, compute the exact values.
# - Deep and Gradient return `(n, d, 1)`: drop the last axis before you plot.
# - Draw with `show=False`, keep the figure, save it in the same cell.
# - A SHAP value of a scaled target takes the target's scale, and never its mean.
# - SHAP describes the network. Whether the body mass index *causes* the progression is another question.
#
# **Next** Read [how it misleads](../book/local/shap.md#how-it-misleads) in the chapter, then explain a
# network of your own. If a recipe from the web fails, look into the
# [error clinic](../book/practice/error_clinic.md), and practice in [Lab 13](13_fix_the_tutorial.ipynb).
