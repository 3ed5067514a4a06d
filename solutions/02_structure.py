# %% [markdown]
# # Lab 02. What is this network made of?
#
# Before you explain a network, open it. Which layers has it, and how many numbers has it learned? Where is the
# work done? And what happens inside while it learns? Keras and TensorBoard answer all of that, if you know what
# their numbers mean. Here you count by hand, read the logs yourself, and find three places where a good-looking
# picture hides what is going on.
#
# **You will be able to**
#
# - count parameters and multiplications from the sizes of the layers, and say what Keras leaves out of its count;
# - draw a network without any extra program;
# - write logs for TensorBoard, open it from a notebook and from a shell, and read the logs in Python;
# - log the activations, which the callback does not do;
# - say which layer's training matters for the predictions, and why no histogram says it.
#
# **You need** Python with NumPy and a first course in machine learning. You have built and trained a Keras network
# before. The chapter [Structure](../book/inside/structure.md) explains the ideas that you use here, and shows what
# TensorBoard looks like.
#
# **Time** About 90 minutes. The code itself runs in less than a minute.
#
# **Model and data** Two networks that ship with this book. The *heating* network reads 10 features of a building
# and predicts its yearly heating demand in kWh/m². The *gauge* network reads an image of a dial, 32 by 32 pixels,
# and predicts where the needle points, from 0 to 100 % of full scale. From part 3 on you train small heating
# networks yourself. That takes seconds.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of
# three verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as
# often as you like: `check.dense_parameters.hint()`. The [solution](../solutions/02_structure.ipynb) also says
# why.
#
# A check tries your function on networks and data of its own. So use the arguments of the function, and write
# no size by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once,
# and come back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell
# did not run at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `02_structure.mine.ipynb`.

# %%
from pathlib import Path
import tempfile

# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, layers, models
from glassbox.checks import lab02 as check
from IPython.utils.capture import capture_output
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
import tensorflow as tf

figures.use_style()

# %% [markdown]
# ## 1. Layers, shapes, parameters
#
# Every Keras network can say what it is made of: `network.summary()`. We print it as plain text.


# %%
def summary(network):
    """What network.summary() says, as text."""
    with capture_output() as said:  # Keras also shows an empty box
        network.summary(line_length=60, print_fn=print)
    return said.stdout.rstrip()


heating = models.load("heating")
print(summary(heating))

# %% [markdown]
# Read it from the top. A row of 10 features comes in. `None` stands for the number of rows, which is free.
# `standardize` brings each feature to mean 0 and standard deviation 1. Two hidden layers of 64 units follow. `output` gives
# one number, and `to_units` turns it into kWh/m².
#
# Where do 704, 4,160 and 65 come from?
#
# ### Exercise 1: count the parameters of a dense network
#
# In a dense layer, each unit has one weight for each number that comes in, and one bias. Write a function that
# gets the sizes of a dense network, from the number of features to the number of outputs, such as
# `[10, 64, 64, 1]`. It returns the number of parameters of each layer: three numbers for these four sizes.


# %%
def dense_parameters(sizes):
    """Weights and biases of each layer: one number less than sizes."""
    # SOLUTION
    counts = []
    for inputs, units in zip(sizes[:-1], sizes[1:], strict=True):
        counts.append(inputs * units + units)
    return counts
    # STUB
    # return ...  # put your code here
    # END


dense_parameters = check.dense_parameters(dense_parameters)

# %% [markdown] tags=["solution"]
# **Why.** What a layer reads is what the layer before it gives. So you walk along the list in pairs. The weights are
# a table of inputs × units, and the biases are one row more: `(inputs + 1) * units`.
#
# Typical wrong answers: `inputs * units` forgets the biases. `inputs * units + inputs` gives the biases to the
# inputs. A bias belongs to a unit: it says what the unit gives when nothing comes in.

# %%
sizes = [10, 64, 64, 1]
by_hand = [int(count) for count in dense_parameters(sizes)]
for count, name in zip(
    by_hand, ["hidden_1", "hidden_2", "output"], strict=True
):
    keras_says = heating.get_layer(name).count_params()
    print(f"{name:9s} by hand {count:5,d}   Keras {keras_says:5,d}")
print(f"sum       by hand {sum(by_hand):5,d}", end="")
print(f"   Keras {heating.count_params():5,d}")

# %% [markdown]
# So there are 4,929 parameters for 4,000 training buildings: more numbers than rows. A line has 11.
#
# ### What Keras does not count
#
# `standardize` has 0 parameters in the summary. Yet it needs a mean and a variance for each feature. Nothing in
# the summary shows them, because they were given as fixed numbers. If the layer finds them itself, with `adapt`, Keras
# counts them, as *non-trainable*: they are stored with the network, and the optimizer does not move them.

# %%
buildings = data.heating()
X_train, y_train = buildings.X_train, buildings.y_train

given = keras.layers.Normalization(
    mean=X_train.mean(axis=0), variance=X_train.var(axis=0)
)
adapted = keras.layers.Normalization()
adapted.adapt(X_train)
batch = keras.layers.BatchNormalization()
rows = {}
for name, layer in {
    "Normalization, given": given,
    "Normalization, adapted": adapted,
    "BatchNormalization": batch,
}.items():
    net = keras.Sequential([keras.Input((10,)), layer])
    moved = sum(int(np.prod(w.shape)) for w in net.trainable_weights)
    rows[name] = {"counted": net.count_params(), "trainable": moved}
print(pd.DataFrame(rows).T.to_string())

# %% [markdown]
# All three layers standardize 10 features. `adapt` stores 10 means, 10 variances, and how many values it has seen.
# Batch normalization has a mean and a variance of each feature too, which it keeps up to date itself during the
# training. Its factor and its shift are trained.
#
# So “number of parameters” needs a second look. Compare two networks by the trainable ones, and read off which
# layers scale.

# %% [markdown]
# ## 2. A diagram, and where the work is done
#
# Keras can draw a network with `keras.utils.plot_model`, if two more programs are installed: pydot and Graphviz.
# `figures.draw_network` of this book needs neither. This is the gauge network:

# %%
# ALT Ten boxes in a column. From the top: image 32 × 32 × 1, conv_1 32 × 32 × 16 with 160 parameters, pool_1
# ALT 16 × 16 × 16, conv_2 16 × 16 × 32 with 4,640, pool_2 8 × 8 × 32, conv_3 8 × 8 × 32 with 9,248, flatten 2048,
# ALT hidden 24 with 49,176, output 1 with 25, to_units 1.
gauge = models.load("gauge")
figures.draw_network(gauge)
plt.show()

# %% [markdown]
# The shapes are rows × columns × channels. The image gets smaller and the channels get more. Question before you go
# on: which layer does most of the work, if work is the number of multiplications for one image?
#
# A convolution slides a small window over the image. At each place, each of its *filters* multiplies everything
# in the window, in all channels, with its weights, adds up, and adds a bias. It uses the **same** weights at all
# places. So each filter gives one feature map, a channel of what comes out. All filters together are the *kernel*.
# `strides` says how many pixels the window moves each time. There are two ways to treat the border:
#
# - `"valid"`: the window stays inside of the image;
# - `"same"`: zeros are put around the image, so many that the window finds length / stride places along each side,
#   rounded up.
#
# ### Exercise 2: what a convolution costs
#
# Write a function that gets the shape of an image `(height, width, channels)`, the number of `filters`, the `size` of
# the square window, the `stride` and the `padding`, `"valid"` or `"same"`. It returns four whole numbers: height and
# width of what comes out, the number of parameters, and the number of multiplications for one image. Count
# multiplications with the zeros of the border too.


# %%
def convolution(shape, filters, size, stride, padding):
    """Height and width of the output, parameters, multiplications: (4,)."""
    # SOLUTION
    height, width, channels = shape
    if padding == "same":
        high = -(-height // stride)  # rounded up
        wide = -(-width // stride)
    else:
        high = (height - size) // stride + 1
        wide = (width - size) // stride + 1
    window = size * size * channels
    parameters = (window + 1) * filters
    multiplications = high * wide * filters * window
    return [high, wide, parameters, multiplications]
    # STUB
    # return ...
    # END


convolution = check.convolution(convolution)

# %% [markdown] tags=["solution"]
# **Why.** With `"valid"`, the window's corner can stand at 0, stride, 2 · stride, …, as long as the window fits:
# the last place is at most `height - size`. A filter has `size * size * channels` weights and one bias, wherever it
# is used. Each number that comes out took as many multiplications as the filter has weights.
#
# Typical wrong answers: without `channels`, every filter would look at one channel only. A bias for each place would make
# the parameters grow with the image. `height // stride` is right for `"same"` only when it divides. For
# multiplications, the places of the *output* count: a stride of 2 saves three quarters of the work.

# %% [markdown]
# Is it what Keras does? The next cell compares with the three convolutions of the gauge network, and with one that
# has another size, stride and border.

# %%
other = keras.layers.Conv2D(5, 4, strides=3, padding="valid", name="other")
odd = keras.Sequential([keras.Input((25, 18, 2)), other])
convolutions = [gauge.get_layer(f"conv_{i}") for i in (1, 2, 3)]
work = {}
for layer in [*convolutions, other]:
    costs = convolution(
        layer.input.shape[1:],
        layer.filters,
        layer.kernel_size[0],
        layer.strides[0],
        layer.padding,
    )
    high, wide, parameters, times = (int(number) for number in costs)
    work[layer.name] = times
    agrees = (high, wide) == layer.output.shape[1:3]
    agrees &= parameters == layer.count_params()
    print(f"{layer.name:7s} {high:2d} × {wide:2d}   ", end="")
    print(f"{parameters:5,d} parameters   as Keras: {agrees}")
del work["other"]

# %% [markdown]
# Now both counts for the whole network. In a dense layer each weight is used once for each image, so the
# multiplications are the weights without the biases.

# %%
# ALT Two bars for each of five layers of the gauge network. Of the parameters, 78 % are in the layer hidden, and
# ALT conv_3 and conv_2 have 15 and 7 %. Of the multiplications, 60 % are in conv_2, 30 % in conv_3, 7.5 % in conv_1
# ALT and 2.5 % in hidden. The output has next to nothing of both.
for name in ("hidden", "output"):
    work[name] = int(np.prod(layers.kernel(gauge, name).shape))
share = pd.DataFrame(
    {
        "parameters": [gauge.get_layer(n).count_params() for n in work],
        "multiplications": list(work.values()),
    },
    index=list(work),
)
print(share.map("{:,}".format).to_string())
share = 100 * share / share.sum()

fig, ax = plt.subplots(figsize=(6, 3.9))
place = np.arange(len(share))[::-1]
ax.barh(place + 0.2, share["parameters"], 0.38, label="parameters")
ax.barh(
    place - 0.2,
    share["multiplications"],
    0.38,
    label="multiplications",
    hatch="//",
    edgecolor="white",
)
ax.set_yticks(place, share.index)
ax.set_xlabel("share of the network (%)")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# Where the parameters are is not where the work is. The dense layer `hidden` has most of the parameters and next to no
# work. The convolutions have few weights and use them again at each place. To make the file smaller, look at
# `hidden`. To make a prediction faster, look at `conv_2`.
#
# Neither count says what matters for a prediction. Later labs measure that.

# %% [markdown]
# ## 3. Look inside while it learns: TensorBoard
#
# A callback writes logs during the training, and TensorBoard draws them. We train a small heating network twice, with
# two learning rates. The last fifth of the training buildings is held back to validate.
#
# The logs go into a temporary folder, one folder for each run.

# %%
folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
logs = Path(folder.name)


def build(seed):
    """A network like the shipped one, before training."""
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((10,), name="features"),
            keras.layers.Normalization(
                mean=X_train.mean(axis=0),
                variance=X_train.var(axis=0),
                name="standardize",
            ),
            keras.layers.Dense(64, activation="relu", name="hidden_1"),
            keras.layers.Dense(64, activation="relu", name="hidden_2"),
            keras.layers.Dense(1, name="output"),
            keras.layers.Rescaling(
                y_train.std(), y_train.mean(), name="to_units"
            ),
        ],
        name="small",
    )


def fit(network, rate, epochs=12, callbacks=()):
    """Train in place. The root mean square error is in kWh/m²."""
    network.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="mse",
        metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
    )
    network.fit(
        X_train,
        y_train,
        epochs=epochs,
        batch_size=128,
        validation_split=0.2,
        verbose=0,
        callbacks=list(callbacks),
    )


# %%
for rate in (0.003, 0.03):
    network = build(seed=0)
    logger = keras.callbacks.TensorBoard(
        log_dir=logs / f"rate_{rate}", histogram_freq=1
    )
    fit(network, rate, callbacks=[logger])

# %% [markdown]
# ### Open TensorBoard
#
# In a notebook, paste these two lines into a new cell. The braces put the folder's name in.
#
# ```ipython3
# %load_ext tensorboard
# %tensorboard --logdir "{logs.as_posix()}"
# ```
#
# It ends when you shut down or restart the notebook.
#
# In a shell, in the environment of the labs, with the path that `print(logs)` shows:
#
# ```shell
# tensorboard --logdir "PATH"
# ```
#
# Then open the address that it prints, usually `http://localhost:6006`, in a browser, and stop it with Ctrl+C. If
# the shell does not find the command, `python -m tensorboard.main --logdir "PATH"` does the same. The chapter shows
# [what you will see](../book/inside/structure.md#watch-it-being-trained): the curves, the graph of the layers
# (choose *Conceptual graph*), and the histograms of the weights.
#
# If it does not work:
#
# - **Could not find `tensorboard`.** The environment of the notebook is not activated. Run this once, and the two lines
#   again: `import os, sysconfig; os.environ["PATH"] += os.pathsep + sysconfig.get_path("scripts")`
# - **The port is taken.** Without `--port`, TensorBoard tries the ports after 6006. If you name a port that is taken,
#   it gives up: name another one, or let the system choose with `--port 0`.
# - **An old one appears.** For the same folder the notebook starts no second TensorBoard. It says “Reusing
#   TensorBoard”, and how to end it.
# - **The notebook runs on another computer.** Connect with `ssh -L 6006:localhost:6006 you@server`, and open the
#   address on your own.
# - **You work in Colab.** Use the two lines for a notebook. The shell's address does not reach your browser.
#
# The chapter has [more of these](../book/inside/structure.md#when-it-goes-wrong). The last code cell of this lab
# deletes the logs, so run it before you leave. To keep them, write `logs = Path("my_logs")` above, and run the lab
# again.

# %% [markdown]
# ### Read the logs in Python
#
# TensorBoard is made for looking. For numbers, read the same files yourself. Each folder with a file in it is a
# *run*, and each run has *tags*. The callback makes two runs of each training: `train` and `validation`.


# %%
def read(run):
    """Everything in a run's log: {tag: [(step, value), ...]}."""
    # 0 means all. The default keeps 10 of each tag, chosen at random.
    log = EventAccumulator(str(run), size_guidance={"tensors": 0})
    log.Reload()
    found = {}
    for tag in log.Tags()["tensors"]:
        found[tag] = [
            (point.step, tf.make_ndarray(point.tensor_proto))
            for point in log.Tensors(tag)
        ]
    return found


def runs(root):
    """The folders below root that hold a log, in order of their names."""
    return sorted({file.parent for file in root.rglob("events*")})


for run in runs(logs):
    print(run.relative_to(logs).as_posix())
print(f"\n{'tag':32s} points   shape of a value")
for tag, points in read(logs / "rate_0.003" / "train").items():
    print(f"{tag:32s} {len(points):6d}   {points[0][1].shape}")

log = EventAccumulator(str(logs / "rate_0.003" / "train"))
log.Reload()
kept = len(log.Tensors("epoch_loss"))
print(f"\nwith the default settings, epoch_loss has {kept} points")

# %% [markdown]
# Twelve epochs, so twelve points. `keras` is the graph, and a histogram is a table of 30 bins: left edge,
# right edge, count. `small` is the name that `build` gives the network. Without one, Keras numbers the networks of a
# notebook, and the tags of two runs differ: then TensorBoard draws them in two charts.
#
# Two things to remember:
#
# - The reader's default keeps 10 points of a tag. With longer trainings you would miss most of the curve, and no
#   message says so.
# - There is a histogram for each *kernel* and each *bias*. There is none of the activations.
#
# `rmse` is the root mean square error, in kWh/m². The noise in the target is 5 kWh/m², so on new buildings no
# network can be better than that on average.

# %%
# ALT Validation error against the epoch for two learning rates. Both fall from about 10 and 9 to about 6 kWh/m² in
# ALT the first three epochs and stay there. The curve of 0.03 is lower at first. At the end the two nearly meet. A
# ALT dotted line marks the noise at 5 kWh/m².
fig, ax = plt.subplots()
for rate, style in ((0.003, "o-"), (0.03, "s--")):
    points = read(logs / f"rate_{rate}" / "validation")["epoch_rmse"]
    steps, values = zip(*points, strict=True)
    ax.plot(steps, values, style, label=f"learning rate {rate}")
    print(f"learning rate {rate}: after the last epoch", end="")
    print(f" {values[-1]:.1f} kWh/m²")
ax.axhline(data.HEATING_NOISE, color="black", ls=":", label="noise")
ax.set(xlabel="epoch", ylabel="validation error (kWh/m²)")
ax.set_ylim(4.5, 10.5)
ax.legend()
plt.show()

# %% [markdown]
# The larger rate is ten times the smaller. It is faster at first, and at the end the errors are about the same. Would
# you call the two networks alike? Keep the question in mind until part 5.

# %% [markdown]
# ## 4. A run on top of another
#
# You try a rate, look, change the rate in the cell, and run the cell again. Most people do, and it looks like this:


# %%
def new_run(root, name):
    """The folder for the next run."""
    return root / name


for rate in (0.0003, 0.003):
    network = build(seed=0)
    logger = keras.callbacks.TensorBoard(log_dir=new_run(logs, "mine"))
    fit(network, rate, epochs=5, callbacks=[logger])

# %%
# ALT One line that runs to and fro. The error falls from 28 kWh/m² at epoch 0 to about 12 at epoch 4. From there a
# ALT straight line leads back to epoch 0, at about 10 kWh/m². A second curve falls from there to about 6.
points = read(logs / "mine" / "validation")["epoch_rmse"]
steps, values = zip(*points, strict=True)
print("steps in the log:", steps)
fig, ax = plt.subplots()
ax.plot(steps, values, "o-")
ax.set(xlabel="epoch", ylabel="validation error (kWh/m²)", xticks=range(5))
plt.show()

# %% [markdown]
# Both runs are in one folder, so they are one run with one tag. TensorBoard itself is worse. Where the steps go back,
# it takes that for a restart, and drops what it had from that step on. So you see the second run alone, and nothing
# says that there was another. So does the fast reader of version 2.21, which you get on Linux with an Intel or AMD
# processor. With `--load_fast=false`, and where there is no fast reader, as on Windows, it draws the line above.
#
# ### Exercise 3: spot the bug, the run that was there before
#
# Repair `new_run`. It gets a folder `root`, a `Path` that exists, and a `name` for the run. It returns a folder below `root`,
# whose path has the name in it, and that **no run has used**. It must be new each time:
#
# - when the cell is run again at once, and after a restart of the notebook;
# - also when the run before has not written anything yet;
# - also when some of the earlier folders were deleted. The others stay as they are.


# %%
def new_run(root, name):
    """A folder below root for the next run, that nothing else uses."""
    # SOLUTION
    number = 1
    while (root / f"{name}_{number}").exists():
        number += 1
    run = root / f"{name}_{number}"
    run.mkdir()
    return run
    # STUB
    # return root / name
    # END


new_run = check.new_run(new_run)

# %% [markdown] tags=["solution"]
# **Why.** Only the disk knows which folders there are. A counter in a variable starts again after a restart. The function
# also *makes* the folder, or two calls in a row would give the same one.
#
# Typical wrong answers: a time with seconds gives one folder for two runs of the same second, and short runs are
# faster than that. The number of folders, plus one, comes to a number that exists as soon as one in
# the middle is deleted. Deleting the old folder makes room, and the run that you wanted to compare with is gone. In
# Python, `tempfile.mkdtemp(prefix=name, dir=root)` does it in one call, with a name that is not nice to read.

# %%
for rate in (0.0003, 0.003):
    network = build(seed=0)
    run = Path(new_run(logs, f"again_{rate}"))
    logger = keras.callbacks.TensorBoard(log_dir=run)
    fit(network, rate, epochs=5, callbacks=[logger])
    points = read(run / "validation")["epoch_rmse"]
    print(f"rate {rate}: {len(points)} points, last", end="")
    print(f" {points[-1][1]:.1f} kWh/m²")

# %% [markdown]
# Now each training is a run of its own, and TensorBoard draws one curve for each. Put into the name what you
# changed.

# %% [markdown]
# ## 5. What the callback does not log
#
# The weights are one half of a network. The other half is what it makes of the rows: its activations. To log
# these, you write a few lines yourself, with TensorFlow:
#
# - `writer = tf.summary.create_file_writer(folder)` opens a log.
# - `with writer.as_default():` makes it the *default* for the lines below. At their end everything goes to the
#   disk.
# - `tf.summary.histogram(tag, values, step=step)` writes a histogram of all numbers in `values`, of any shape,
#   into the default writer. If there is none, it writes nothing, and says nothing.
#
# ### Exercise 4: log the activations
#
# Write a function that logs, for each layer in `names`, **one** histogram of all that the layer gives for the
# rows `X`: all rows and units together, after the activation function. The tag is `activations/` and the layer's
# name. `step` is the number of the epoch. Return the list of the tags.
#
# `keras.Model(model.inputs[0], model.get_layer(name).output)` is the network up to a layer. The writer is used
# again for the next epoch, so do not close it. A reader must find everything when the function returns.


# %%
def log_activations(writer, model, X, names, step):
    """Log a histogram of each layer's activations; return the tags."""
    # SOLUTION
    tags = []
    with writer.as_default():
        for name in names:
            output = model.get_layer(name).output
            up_to = keras.Model(model.inputs[0], output)
            tags.append(f"activations/{name}")
            tf.summary.histogram(tags[-1], up_to(X), step=step)
    return tags
    # STUB
    # return ...
    # END


log_activations = check.log_activations(log_activations)

# %% [markdown] tags=["solution"]
# **Why.** `up_to(X)` has shape `(n, units)`, and the histogram counts all of its numbers. The layers in front of
# the one that you ask are part of `up_to`, the standardizing too.
#
# Typical wrong answers: outside of `with writer.as_default()`, nothing is written and nobody complains. With
# `writer.set_as_default()` it is written into memory, and a reader sees it only after `writer.flush()`.
# `model.get_layer(name)(X)` gives a layer the raw features, which is an error only where the shapes do not fit.
# `layer.kernel` is what the callback already logs. The mean over the rows hides what the histogram is for: the
# units that are 0 for every row.

# %% [markdown]
# A callback calls your function before the training and after each epoch. So step 0 is the network before it has
# learned anything. The callback of Keras does not have that: its step 0 is the state after the first epoch.


# %%
class ActivationHistograms(keras.callbacks.Callback):
    """Log the activations of some layers while a network trains."""

    def __init__(self, run, X, names):
        super().__init__()
        self.run, self.X, self.names = str(run), X, names

    def log(self, step):
        log_activations(self.writer, self.model, self.X, self.names, step)

    def on_train_begin(self, logs=None):
        self.writer = tf.summary.create_file_writer(self.run)
        self.log(0)

    def on_epoch_end(self, epoch, logs=None):
        self.log(epoch + 1)

    def on_train_end(self, logs=None):
        self.writer.close()


rows = np.float32(buildings.X_test[:500])
hidden = ["hidden_1", "hidden_2"]
inside, trained = {}, {}
for rate in (0.003, 0.03):
    run = Path(new_run(logs, f"activations_{rate}"))
    trained[rate, 0] = build(seed=0)
    watch = ActivationHistograms(run, rows, hidden)
    fit(trained[rate, 0], rate, callbacks=[watch])
    inside[rate] = read(run)

for tag, points in inside[0.003].items():
    step, bins = points[-1]
    print(f"{tag:21s} {len(points)} points, last step {step},", end="")
    print(f" {bins[:, 2].sum():,.0f} values")

# %% [markdown]
# 500 rows times 64 units are 32,000 values, at step 0 and after each of 12 epochs. The first bin of each histogram
# begins at 0. With ReLU, a unit is *off* for a row if it gives 0. All these zeros are in the first bin, together with
# what is nearly 0. How does its share change during the two trainings?

# %%
# ALT Share of the activations of hidden_2 in the lowest bin, against the epochs of training. Before training both
# ALT curves are between 0.5 and 0.6. With learning rate 0.003 the share stays there. With 0.03 it jumps to nearly 0.9
# ALT in the first epoch, and stays at about 0.9.
fig, ax = plt.subplots()
for rate, style in ((0.003, "o-"), (0.03, "s--")):
    points = inside[rate]["activations/hidden_2"]
    lowest = [bins[0, 2] / bins[:, 2].sum() for _, bins in points]
    ax.plot(
        [step for step, _ in points],
        lowest,
        style,
        label=f"learning rate {rate}",
    )
ax.set(
    xlabel="epochs of training",
    ylabel="share in the lowest bin",
    ylim=(0, 1),
)
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# There is the difference that the error curves did not show. With the large rate, most of the second hidden layer is
# off, from the first epoch on.
#
# Is it luck? The next two cells train with more seeds. The third counts exactly, from the activations of 1,000
# held-out buildings: the share of zeros, and the share of units that are *dead*, off for each of these buildings.

# %%
for seed in (1, 2):
    trained[0.003, seed] = build(seed)
    fit(trained[0.003, seed], 0.003)

# %%
for seed in (1, 2):
    trained[0.03, seed] = build(seed)
    fit(trained[0.03, seed], 0.03)

# %%
X_test, y_test = buildings.X_test, buildings.y_test


def predict(network):
    return network(np.float32(X_test)).numpy().ravel()


print("hidden_2         error    zeros     dead")
print("              (kWh/m²)  (share)  (share)")
for (rate, seed), network in sorted(trained.items()):
    error = np.sqrt(np.mean((y_test - predict(network)) ** 2))
    given = layers.activations(network, X_test, "hidden_2")
    dead = np.all(given == 0, axis=0).mean()
    print(f"{rate:5} seed {seed} {error:9.1f}", end="")
    print(f" {(given == 0).mean():8.1f} {dead:8.1f}")

# %% [markdown]
# No luck: with each seed, the large rate leaves a layer in which nearly nine of ten numbers are zero, and four to five of
# ten units are dead. The errors do not tell. A dead unit gives nothing, so its weights say nothing about these
# predictions. But they are still there, and an explanation that reads the weights counts them.
# [Lab 04](04_activations.ipynb) comes back to dead units.

# %% [markdown]
# ## 6. Which layer did the training change most?
#
# Some people look at TensorBoard: the histogram that moves is the layer that learns. Others measure how far the
# weights went. Take the three networks with the rate 0.003, and compare each with itself before the training.
# `build(seed)` gives that network again.
#
# The next cell prints, for each layer, the standard deviation of its kernel before and after, which is what the width
# of a histogram shows. Then how far its weights and biases moved: `each` is the root of the mean square, for a single
# weight, and `all` the root of the sum, for the layer as a whole.

# %%
names = ["hidden_1", "hidden_2", "output"]
start = {seed: build(seed) for seed in range(3)}
print("                  std. deviation       moved")
print("seed  layer       before   after    each   all")
for seed in range(3):
    for name in names:
        before = start[seed].get_layer(name).get_weights()
        after = trained[0.003, seed].get_layer(name).get_weights()
        steps = np.concatenate(
            [(a - b).ravel() for a, b in zip(after, before, strict=True)]
        )
        print(f"{seed:4d}  {name:9s} {before[0].std():8.2f}", end="")
        print(f" {after[0].std():7.2f}", end="")
        print(f" {np.sqrt(np.mean(steps**2)):7.3f}", end="")
        print(f" {np.sqrt(np.sum(steps**2)):5.1f}")

# %% [markdown]
# The histograms hardly change their width, in any layer. With each seed, a single weight of `hidden_1` moved farther
# than one of the other layers. And `hidden_2`, which has the most weights, moved farthest as a whole.
#
# So there are three answers: nothing much changed, `hidden_1`, or `hidden_2`. What do you expect: which layer, put
# back to where it began, would change the predictions most? Write down your guess.
#
# ### Exercise 5: put a layer back
#
# The truth is in the predictions. Write a function that takes the `trained` network, gives **one** layer the weights
# and biases that it has in the network `start`, and leaves all others as they are. Return how far this moves the
# predictions for the rows `X`: the root mean square of the differences, in the unit of the prediction. Both networks
# have the same layers. At the end, both must be as they were.


# %%
def put_back(trained, start, name, X):
    """How far predictions move if this layer is as it was: a number."""
    # SOLUTION
    mixed = keras.models.clone_model(trained)
    mixed.set_weights(trained.get_weights())
    mixed.get_layer(name).set_weights(start.get_layer(name).get_weights())
    moved = mixed(X).numpy() - trained(X).numpy()
    return float(np.sqrt(np.mean(moved**2)))
    # STUB
    # return ...
    # END


put_back = check.put_back(put_back)

# %% [markdown] tags=["solution"]
# **Why.** The copy has everything that was trained, and one layer from before. Both networks give `(n, 1)`, so
# their difference has that shape too.
#
# Typical wrong answers: `model = trained` is no copy, only a second name, and `set_weights` changes the trained
# network for the rest of the notebook. `clone_model` copies the layers and *not* the weights: they are new random
# numbers. The mean of the differences cancels what goes up and down. Putting back all layers *but* one asks another
# question: what the training of this layer does alone.
#
# One trap is not in these networks. If a `Normalization` layer was *adapted*, its copy has the right numbers after
# `set_weights` and still computes with the old ones, until you call its `finalize_state()`. So compare a copy with
# its original before you use it.

# %%
rows = np.float32(X_test)
print("predictions move by (kWh/m²), if this is put back:")
print("           seed 0  seed 1  seed 2")
for name in names:
    moved = [
        put_back(trained[0.003, seed], start[seed], name, rows)
        for seed in range(3)
    ]
    print(f"{name:9s}", "".join(f"{way:8.1f}" for way in moved))
print(f"\nstandard deviation of the demand: {y_test.std():.1f} kWh/m²")

# %% [markdown]
# With each seed it is `hidden_2`, and by far. Put back, it moves the predictions by more than 20 kWh/m², while the
# measured demand has a standard deviation of about 30. Yet its histogram looks as before, and its single weights moved less than
# those of `hidden_1`.
#
# Why? A histogram forgets *which* weight has which value. If weights change places, it stays as it was, and the
# predictions do not. And small steps of 4,096 weights add up, if they go where it helps.
#
# The distance of the layer as a whole pointed to the right one here. It need not. Make the weights and biases of `hidden_1` ten times as
# large, and the kernel of `hidden_2` ten times smaller: with ReLU the predictions stay the same, before and after the
# training, and the distances do not. What a step does is decided by the whole network.
#
# This truth has limits too. Putting back asks about one layer while the others stay as they were trained *with* it.
# The layers have learned together, so the three numbers are no shares of anything. Write what you did: “the
# predictions move by so much if this layer alone is put back”, not “this layer did so much of the learning”. And it
# holds for these networks: try `trained[0.03, seed]`.
#
# One more place where a count misleads. Ask a network for its summary after you have trained it:

# %%
print("\n".join(summary(trained[0.003, 0]).splitlines()[-4:]))

# %% [markdown]
# Three times as many parameters? The optimizer remembers two numbers for each weight, and the summary adds them to the
# total. They play no part in a prediction. Quote the trainable ones.

# %%
folder.cleanup()
check.progress()

# %% [markdown]
# ## Summary
#
# - A dense layer has (inputs + 1) × units parameters. A filter has one weight for each number in its window, and one
#   bias, and uses them at each place.
# - Where the parameters are is not where the work is. Neither says what matters for a prediction.
# - Means and variances that scale the features may be counted or not. A summary after the training counts the
#   optimizer too.
# - One folder for each run. Two runs in one folder mix, or one of them vanishes from view.
# - The callback logs kernels and biases from the end of the first epoch on, and no activations. Log those yourself,
#   inside of `with writer.as_default():`.
# - Two error curves can be alike while the networks are not: four to five of ten units can be dead.
# - A histogram of weights can stand still while the layer learns everything. Put the layer back, and measure.
#
# **Next** Read [how it misleads](../book/inside/structure.md#how-it-misleads) in the chapter. Then look at the weights
# one by one: [Lab 03](03_weights.ipynb).
