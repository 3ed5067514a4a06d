# %% [markdown]
# # Lab 05. Where does the network look?
#
# A network reads a dial, and reads it well. From which pixels? Many maps claim to show it. Here you write two of
# them, Grad-CAM and occlusion, and you measure both against pixels that are known to matter. Then you get two
# networks with a tiny error. One of them cheats. You find it, and you prove it.
#
# **You will be able to**
#
# - look at the feature maps of a convolution, and say which kernel made which;
# - write Grad-CAM for a predicted number, and mend a Grad-CAM whose heat map is all zeros;
# - write occlusion, and say what its fill does;
# - measure how much of a map lies on the pixels that matter, next to controls that know nothing;
# - find a network that reads the wrong pixels, and prove it by changing the image.
#
# **You need** Python with NumPy, and an idea of what a convolution and a gradient are. The chapter
# [Activation maps](../book/inside/activation_maps.md) explains the methods. [Lab 03](03_weights.ipynb) opens the
# kernels, and [Lab 04](04_activations.ipynb) the activations; you do not need to have done them.
#
# **Time** About 105 minutes. The code itself runs in less than a minute.
#
# **Model and data** The gauge network that ships with this book. It reads an image of a dial, 32 × 32 pixels, and
# predicts where the needle points, from 0 to 100 % of full scale. The dials are drawn by a program. So we know
# the pixels of each needle, and we can draw the same dial again with one thing changed.

# %% [markdown]
# ## How the exercises work
#
# Each exercise asks for a small function. Replace the `...`, run the cell, and its check gives one of
# three verdicts: right, wrong with the reason, or open. If you are stuck, ask for help in a new cell, as
# often as you like: `check.grad_cam.hint()`. The [solution](../solutions/05_activation_maps.ipynb) also says why.
#
# A check tries your function on networks and images of its own. They have other sizes than the lab's: more
# channels, other numbers of maps, images that are not square. So use the arguments of the function, not the
# variables of the lab, and write no size by hand.
#
# While an exercise is open, the lab goes on with a reference result. So you can run all cells at once,
# and come back to any exercise later. Two things still stop a notebook: a *SyntaxError* means that the cell
# did not run at all, so repair it and run it again. A *NameError* often means that a cell above has not run.
#
# Keep your work under a name of your own, such as `05_activation_maps.mine.ipynb`.

# %%
# Glassbox before Keras: it keeps TensorFlow's start-up notes quiet.
from glassbox import data, figures, layers, maps, models
from glassbox.checks import lab05 as check
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.ndimage import binary_dilation
from scipy.signal import correlate2d
import tensorflow as tf

figures.use_style()

# %% [markdown]
# ## 1. What the first layer gives
#
# All questions are about dials that the network has not seen in training. `images` has shape `(n, 32, 32, 1)`:
# number, height, width and channels. `needle` says for each pixel whether the needle covers it.

# %%
dials = data.gauge()
network = models.load("gauge")
f = Predictor(network)

images, readings = dials.X_test[:200], dials.y_test[:200]
needle = dials.relevant_test[:200]
print("images:", images.shape)
print(f"mean absolute error: {np.abs(f(images) - readings).mean():.1f} %")
print(f"pixels of the needle: {100 * needle.mean():.1f} % of an image")

# %% [markdown]
# All errors and changes of the prediction in this lab are in % of full scale.
#
# The first convolution, `conv_1`, makes 16 **feature maps** from an image. Each is the activation of one channel
# at each position. They come after a ReLU, so no value is negative, and the colors go from low to high.

# %%
# ALT A dial that reads 91 %, and 16 small maps of it. Maps 1 and 7 show needle, ring and background; map 7 is
# ALT the brightest. Most others show the needle or its edges, fainter. Map 0 is dark.
chosen = 4
feature_maps = layers.activations(network, images, "conv_1")[chosen]

fig = plt.figure(figsize=(5.8, 3.3), layout="constrained")
left, right = fig.subfigures(1, 2, width_ratios=[1, 2])
ax = left.subplots()
ax.imshow(images[chosen, ..., 0], cmap="gray", vmin=0, vmax=1)
ax.set_title(f"reading {readings[chosen]:.0f} %")
ax.axis("off")
tiles = right.subplots(4, 4)
for number, tile in enumerate(tiles.flat):
    drawn = tile.imshow(
        feature_maps[..., number],
        cmap=plt.get_cmap(figures.SEQUENTIAL, 8),
        vmin=0,
        vmax=feature_maps.max(),
    )
    tile.text(1, 6, number, color="white", fontsize=11)
    tile.axis("off")
right.colorbar(drawn, ax=tiles, label="activation (no unit)")
plt.show()

# %% [markdown]
# Maps 1 and 7 show nearly the whole dial. Most others show the needle, or one of its edges. Map 0 is dark everywhere.
#
# Which kernel makes which map? The kernel has shape (height, width, channels in, channels out): the last axis
# counts the maps. Map `k` is the image, with `kernel[:, :, 0, k]` laid over each pixel, multiplied and added up,
# plus one bias, and then the ReLU.

# %%
kernel, bias = network.get_layer("conv_1").get_weights()
for k in (7, 12, 0):
    weighted = correlate2d(
        images[chosen, ..., 0], kernel[:, :, 0, k], mode="same"
    )
    by_hand = np.maximum(weighted + bias[k], 0)
    gap = np.abs(by_hand - feature_maps[..., k]).max()
    print(
        f"map {k:2d}: sum of its kernel {kernel[..., k].sum():5.2f}, "
        f"difference to ours {gap:.4f}"
    )

# %% [markdown]
# The weights of map 7 add up to a large positive sum: it collects brightness. Those of map 12 cancel, so a smooth area
# gives it nothing; edges and noise do. Those of map 0 add up to a negative sum: brightness pushes it below 0, and here
# the ReLU makes all of it 0. [Lab 03](03_weights.ipynb) draws kernels.
#
# A bright map is not yet a reason. It says what the layer found, and not what the rest of the network makes of it.

# %% [markdown]
# ## 2. Grad-CAM, with its sign
#
# **Grad-CAM** asks the rest of the network by its gradient. For each image:
#
# 1. take the feature maps of a layer, and the gradient of the prediction with respect to each value in them;
# 2. average the gradient of each map over its positions: one **weight** for each map;
# 3. add up the maps, each times its weight.
#
# The original cuts off what is negative at the end, because it looks for evidence *for a class*. A predicted number
# has no class. It can be pushed up or down, and both are evidence. So keep the sign.
#
# ### Exercise 1: signed Grad-CAM
#
# Write it. `name` is the name of a layer. Return one map for each image, shape `(n, h, w)`, where `h` and `w` are
# the size of that layer's maps: do not stretch them. The network from the image to both, maps and prediction, is
#
# ```python
# layer = model.get_layer(name)
# both = keras.Model(model.inputs[0], [layer.output, model.outputs[0]])
# ```
#
# Call `both(images)` inside a `tf.GradientTape() as tape`. Then `tape.gradient(a, b)` is the gradient of the number `a`
# with respect to the tensor `b`. The prediction has shape `(n, 1)`: its sum is one number, and since each prediction
# depends on its own image alone, the gradient of the sum holds the gradients of all images.


# %%
def grad_cam(model, images, name):
    """Feature maps, weighted by their mean gradient: (n, h, w), signed."""
    # SOLUTION
    layer = model.get_layer(name)
    both = keras.Model(model.inputs[0], [layer.output, model.outputs[0]])
    with tf.GradientTape() as tape:
        activity, prediction = both(tf.constant(images))
        total = tf.reduce_sum(prediction[:, 0])
    gradient = tape.gradient(total, activity)
    weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
    return tf.reduce_sum(weights * activity, axis=-1).numpy()
    # STUB
    # return ...  # put your code here
    # END


grad_cam = check.grad_cam(grad_cam)

# %% [markdown] tags=["solution"]
# **Why.** Axes 1 and 2 are the positions, and axis 3 the maps. The mean over positions leaves `(n, 1, 1, maps)`, which
# NumPy and TensorFlow repeat over the positions. The sum of the predictions must be taken inside the tape, or the
# tape does not see it.
#
# Typical wrong answers: `tf.reduce_mean(gradient, axis=(0, 1, 2))` is often copied. It is right for a batch of one
# image, and mixes the images of a larger batch. `tf.nn.relu` at the end hides what lowers the prediction.
# `gradient * activity` without the mean is another method, which comes in part 4. A gradient with respect
# to the image is a saliency map.

# %% [markdown]
# A number in this map has no simple reading: it is not by how much the prediction would change. Only its sign and
# its place are read.
#
# How much would the ReLU have hidden? **Blank** is a map with nothing above 0.

# %%
rows = {}
blank = {}
for name in ("conv_1", "conv_2", "conv_3"):
    signed = np.asarray(grad_cam(network, images, name))
    blank[name] = signed.max(axis=(1, 2)) <= 0
    rows[name] = {
        "size": f"{signed.shape[1]} × {signed.shape[2]}",
        "negative": f"{(signed < 0).mean():.2f}",
        "blank": f"{blank[name].mean():.2f}",
    }
print("negative: share of the pixels; blank: share of the maps")
print(pd.DataFrame(rows).T.to_string())
for what, some in (
    ("blank", blank["conv_3"]),
    ("not blank", ~blank["conv_3"]),
):
    print(f"conv_3 {what}: mean reading {readings[some].mean():.1f} %")

# %% [markdown]
# On the last convolution, the layer that people usually take, half of the dials would have no map at all. And not
# just any half: those with the low readings. With a class you can perhaps do without what speaks against it. With a
# number, the ReLU takes away one end of the scale.
#
# These shares belong to this network. Trained again with another seed, it can have others.

# %% [markdown]
# ### Exercise 2: spot the bug, the heat map that is all zeros
#
# Here is Grad-CAM as many tutorials show it, made for classes: for one image, scaled for display.


# %%
def tutorial_map(model, image, name):
    """Grad-CAM of one image, for a classifier."""
    layer = model.get_layer(name)
    both = keras.Model(model.inputs[0], [layer.output, model.outputs[0]])
    with tf.GradientTape() as tape:
        activity, predictions = both(image[None])
        best_class = tf.argmax(predictions[0])
        score = predictions[:, best_class]
    gradient = tape.gradient(score, activity)
    weights = tf.reduce_mean(gradient, axis=(0, 1, 2))
    heat = tf.reduce_sum(weights * activity[0], axis=-1)
    heat = tf.maximum(heat, 0) / tf.reduce_max(heat)
    return heat.numpy()


for number in (3, 4):
    heat = tutorial_map(network, images[number], "conv_3") + 0
    print(
        f"reading {readings[number]:.0f} %: "
        f"from {heat.min():.1f} to {heat.max():.1f}"
    )

# %% [markdown]
# No error, no warning, and one of the two maps is all zeros. Where the largest value of `heat` is exactly 0, it would
# even be `nan`. (`tf.argmax` is odd, but does no harm: with a single output the “best class” is always number 0.)
#
# Repair it. The map keeps its sign, and is divided by its **largest absolute value**. So it lies in the range from −1 to 1.
# A map that is 0 everywhere stays 0. The result is for one image and has shape `(h, w)`. You may call your `grad_cam`.


# %%
def heat_map(model, image, name):
    """Signed Grad-CAM of one image, from -1 to 1: shape (h, w)."""
    # SOLUTION
    signed = np.asarray(grad_cam(model, image[None], name))[0]
    largest = np.abs(signed).max()
    return signed / largest if largest > 0 else signed
    # STUB
    # return ...  # begin with the lines of tutorial_map, or call grad_cam
    # END


heat_map = check.heat_map(heat_map)

# %% [markdown] tags=["solution"]
# **Why.** Two things are wrong, and each needs its own repair. The ReLU removes all that is negative. And the largest
# value is no scale for a map with signs.
#
# Typical wrong answers: take away only the ReLU, and a map that is negative everywhere is divided by a negative
# number: its sign turns around, and what lowers the prediction is shown as what raises it. `np.abs` keeps the
# evidence and loses its direction. Scaling from 0 to 1 by minimum and maximum moves the zero.

# %%
# ALT Two dials, each with two maps of 8 by 8 blocks. For the dial that reads 15 % the tutorial's map is empty, and
# ALT the signed one is blue all over. For 91 % the tutorial's map is red along the rim, away from the needle; the
# ALT signed one is nearly white there, and dark blue just above the outer half of the needle.
fig, axes = plt.subplots(2, 3, figsize=(6, 4.2), layout="constrained")
for row, number in zip(axes, (3, 4), strict=True):
    row[0].imshow(images[number, ..., 0], cmap="gray", vmin=0, vmax=1)
    row[0].set_title(f"reading {readings[number]:.0f} %")
    # NaN, if there were one, would be left white.
    cut = tutorial_map(network, images[number], "conv_3")
    signed = np.asarray(heat_map(network, images[number], "conv_3"))
    for ax, heat, title in zip(
        row[1:], (cut, signed), ("tutorial", "signed"), strict=True
    ):
        drawn = ax.imshow(heat, cmap=figures.DIVERGING, vmin=-1, vmax=1)
        ax.set_title(title)
    for ax in row:
        ax.axis("off")
fig.colorbar(drawn, ax=axes, label="share of the largest", shrink=0.8)
plt.show()

# %% [markdown]
# The dial that reads low has a map after all. And look at the other one: the tutorial's map is red along the rim, where no
# needle is. The signed map is strongest just beside the needle, and negative there. The ReLU had cut that off, and the
# division by the maximum had blown up the little that was left.
#
# Blue should mean: this lowers the prediction. But the dial reads 91 %. Keep that in mind for part 3.

# %% [markdown]
# ## 3. Occlusion: cover it and see
#
# The second method needs no inside. Cover a small patch of the image, and ask the network again. If the prediction
# changes, the patch mattered. Do this around every pixel.
#
# ### Exercise 3: occlusion
#
# Write it for one `image` of shape `(h, w, c)`. For each pixel, cover the square of `size` × `size` pixels around it,
# in all channels, with the number `fill`. `size` is odd. At the border, cover the part of the square that is inside.
# Return `f(image) − f(covered)`, shape `(h, w)`: positive where what you covered raises the prediction.
#
# `f` takes `(k, h, w, c)` and returns `(k,)`. A call costs about as much for a hundred images as for one. So put the
# covered copies into one array, and call `f` once for all of them, or once for each row of pixels.


# %%
def occlusion(f, image, size, fill):
    """By how much the prediction falls when a patch is covered: (h, w)."""
    # SOLUTION
    height, width, _ = image.shape
    reach = size // 2
    covered = np.repeat(image[None], height * width, axis=0)
    for number, (row, column) in enumerate(np.ndindex(height, width)):
        covered[
            number,
            max(row - reach, 0) : row + reach + 1,
            max(column - reach, 0) : column + reach + 1,
        ] = fill
    return f(image[None])[0] - f(covered).reshape(height, width)
    # STUB
    # return ...
    # END


occlusion = check.occlusion(occlusion)

# %% [markdown] tags=["solution"]
# **Why.** Each copy starts from the image as it is, so that only one patch is covered in it. The end of a slice may lie
# outside of the array; the start may not, because −1 means the last row.
#
# Typical wrong answers: without `max(..., 0)`, the slice `-1:2` is empty, and the first rows and columns look as if
# they did not matter. One copy for all pixels gets more and more covered. `f(covered) − f(image)` says that
# what raises the prediction lowers it.

# %% [markdown]
# What covers the patch is your choice. Take the median brightness of the image: most of a dial is empty, so this paints
# empty background.

# %%
# ALT Three dials, and below each its occlusion map. The maps are white except along the needle. At a reading of 15 %
# ALT the outer part of the needle is blue. At 58 and 91 % a place farther out is red, darkest at 91 %, and the
# ALT part next to the center is blue.
shown = [3, 9, 4]
fig, axes = plt.subplots(2, 3, figsize=(6, 4), layout="constrained")
covering = [
    np.asarray(occlusion(f, image, 3, np.median(image)))
    for image in images[shown]
]
limit = np.abs(covering).max()
for column, number, by_patch in zip(axes.T, shown, covering, strict=True):
    column[0].imshow(images[number, ..., 0], cmap="gray", vmin=0, vmax=1)
    column[0].set_title(f"reading {readings[number]:.0f} %")
    drawn = column[1].imshow(
        by_patch, cmap=figures.DIVERGING, vmin=-limit, vmax=limit
    )
    for ax in column:
        ax.axis("off")
fig.colorbar(drawn, ax=axes[1], label="f(image) − f(covered) (%)")
plt.show()

# %% [markdown]
# Here a number has a meaning: with this patch covered, the prediction would be so many percent of full scale lower (red)
# or higher (blue). The outer part of a needle on the left lowers the reading, and on the right it raises it: that is how
# a dial is read. Next to the center it is the other way round here; why, the map does not say.
#
# The price is 1,024 predictions for each dial, and one more for the dial itself.
#
# At 91 %, Grad-CAM was blue beside the outer half of the needle. Occlusion is red there. Cover the outer half of that
# needle, and nothing else, and see who is right.

# %%
row, column = np.mgrid[:32, :32]
outer = needle[4] & (column >= 22)
without = images[4].copy()
without[outer] = np.median(images[4])
print(f"with the whole needle:  {f(images[4:5])[0]:.1f} %")
print(f"without its outer part: {f(without[None])[0]:.1f} %")

high = np.asarray(grad_cam(network, images[readings > 60], "conv_3"))
below = -high.min(axis=(1, 2)) > high.max(axis=(1, 2))
print("Grad-CAM, readings above 60 %:")
print(f"share with a negative strongest value: {below.mean():.2f}")

# %% [markdown]
# The prediction falls. So this part had raised it, as occlusion says. And this dial is no exception: wherever the reading
# is above 60 %, the strongest value of Grad-CAM is negative, as if the network saw reasons for a low reading only.
# Not even the sign of Grad-CAM can be trusted here.

# %% [markdown]
# ## 4. Which map is right?
#
# We drew the dials, so we know the pixels that carry the answer. Two numbers say how well a map finds them. Both take
# the absolute value first, because evidence in either direction counts.
#
# - **Pointing game:** does the strongest pixel of the map lie on the needle?
# - **Relevance mass:** which share of the map lies on the needle? Add up the absolute values on the needle, and divide by
#   the sum over all pixels.
#
# ### Exercise 4: pointing game and relevance mass
#
# Write both. `maps` has shape `(n, h, w)`, and `relevant` has the same shape, `True` on the pixels that matter. Return
# two arrays of shape `(n,)`, `hit, mass`: `hit` is 1 or 0, and `mass` is from 0 to 1. No map is 0 everywhere, and no two
# pixels are strongest together.


# %%
def scores(maps, relevant):
    """Hit of the pointing game and relevance mass: two arrays, each (n,)."""
    # SOLUTION
    size = np.abs(maps).reshape(len(maps), -1)
    known = relevant.reshape(len(maps), -1)
    hit = known[np.arange(len(maps)), size.argmax(axis=1)]
    mass = (size * known).sum(axis=1) / size.sum(axis=1)
    return hit.astype(float), mass
    # STUB
    # return ...
    # END


scores = check.scores(scores)

# %% [markdown] tags=["solution"]
# **Why.** With the pixels of an image in one row, `argmax(axis=1)` finds the strongest of each image. `known[i, j]`
# with two lists of numbers takes one value from each row.
#
# Typical wrong answers: without `np.abs` the strongest evidence against is overlooked, and the share can leave the range
# from 0 to 1, because positive and negative cancel. `maps.argmax()` without an axis finds one pixel in the whole stack.

# %% [markdown]
# A score alone says little. So we add **controls**: maps that know nothing of the network.
#
# - *random*: noise;
# - *brightness*: the image itself, which never saw the network;
# - *needle, 8 × 8*: the true needle, averaged to 8 × 8 blocks and stretched again, as if a map of `conv_3` were as
#   good as its size allows.
#
# And one more method: **HiResCAM**, which is Grad-CAM without the average. It multiplies gradient and activation at
# each position. The package has it, and occlusion with the median as fill.
#
# Write down your guess before you run the cell. Does Grad-CAM on the last layer beat the random map? Which line comes
# first in the pointing game, and which in mass?


# %%
def stretch(small):
    """Maps (n, h, w) at the size of the images (n, 32, 32), bilinear."""
    small = np.asarray(small)[..., None]
    return tf.image.resize(small, (32, 32))[..., 0].numpy()


X, on_needle = images[:100], needle[:100]
blocks = on_needle.reshape(100, 8, 4, 8, 4).mean(axis=(2, 4))
by_occlusion = maps.occlusion(f, X, size=3)
candidates = {
    "random": np.random.default_rng(0).normal(size=on_needle.shape),
    "brightness": X[..., 0],
    "needle, 8 × 8": stretch(blocks),
    "Grad-CAM, conv_1": stretch(grad_cam(network, X, "conv_1")),
    "Grad-CAM, conv_3": stretch(grad_cam(network, X, "conv_3")),
    "HiResCAM, conv_1": maps.hires_cam(network, X, "conv_1"),
    "HiResCAM, conv_3": maps.hires_cam(network, X, "conv_3"),
    "occlusion": by_occlusion,
}


def compared(candidates, region):
    """Mean of both scores, each with its standard error over the dials."""
    rows = {}
    for name, some in candidates.items():
        hit, mass = (np.asarray(s, float) for s in scores(some, region))
        root = np.sqrt(len(hit))
        rows[name] = {
            "pointing": hit.mean(),
            "±": hit.std(ddof=1) / root,
            "mass": mass.mean(),
            "± ": mass.std(ddof=1) / root,
        }
    return pd.DataFrame(rows).T.round(2).to_string()


print(compared(candidates, on_needle))

# %% [markdown]
# The ± is the standard error over 100 dials: another 100 would give means that differ by about that. Where all 100
# dials score the same it is 0.00, which says nothing about the next one. After 100 hits out of 100, a rate of 97 % is
# still possible.
#
# Read the controls first. The brightness has a perfect score in the pointing game, and it has never seen the network: the
# needle is the brightest thing in the image. So a perfect score in that game is no proof. Its mass gives it away.
#
# - Grad-CAM on the last layer beats the random map in mass, and by a little. Of what it shows, about 95 % is not on the
#   needle. Its size is no excuse: a map of 8 × 8 blocks can score more than five times as much.
# - Occlusion finds the needle, and of all methods puts by far the largest share of its map there. More than half is
#   elsewhere.
# - On `conv_1` compare the masses. With the average, Grad-CAM, hardly anything is on the needle. Without it, HiResCAM,
#   the same maps and gradients put several times as much there. On `conv_3` both fail.
#
# Where is the rest of the occlusion map? A patch beside the needle covers it too. So count the pixels around it as well.

# %%
around = [binary_dilation(one, np.ones((3, 3))) for one in on_needle]
_, mass = scores(by_occlusion, np.array(around))
print(f"mass on the needle and one pixel around it: {np.mean(mass):.2f}")

# %% [markdown]
# That is most of it. What is left may be an error of the method, or the network does look there: the dial is not always in
# the middle, and somewhere the network must find out where it is. The needle is where the answer *is*. It is not a proof of
# what the network reads.
#
# How much does Grad-CAM's average throw away? Compare the mean gradient of each map with the mean *size* of that gradient.

# %%
for name in ("conv_1", "conv_2", "conv_3"):
    both = layers.up_to(network, name)  # as in Exercise 1
    with tf.GradientTape() as tape:
        activity, prediction = both(tf.constant(X))
        total = tf.reduce_sum(prediction)
    gradient = tape.gradient(total, activity).numpy()
    of_average = np.abs(gradient.mean(axis=(1, 2))).mean()
    kept = of_average / np.abs(gradient).mean()
    print(f"{name}: the average keeps {100 * kept:.1f} % of the gradient")

# %% [markdown]
# Most of it cancels. A network that averages its last maps over all positions has the same gradient everywhere, and the
# average loses nothing. This one has a head of another kind: `flatten` and dense layers, with a weight for each
# position. That suits a dial: the same bright spot speaks for a high reading on the right and for a low one on the left.
#
# ### What covers the patch?
#
# Occlusion did best. Is that the method, or the fill? Cover with black and with white, and score again, on 40 dials.

# %%
fills = {
    "median": by_occlusion[:40],
    "black": maps.occlusion(f, X[:40], size=3, fill=0),
    "white": maps.occlusion(f, X[:40], size=3, fill=1),
}
print("what covers the patch")
print(compared(fills, on_needle[:40]))

# %% [markdown]
# With a white patch, the method never finds the needle. A white square on a dial *is* a piece of a needle, and
# it moves the prediction wherever it is put. The map shows where a new needle would matter, and not where the old one
# is. The fill is part of the question. Name it when you show such a map.

# %% [markdown]
# ## 5. Two networks, one of them cheats
#
# Now dials of another kind. One thing in these images gives the answer away: somewhere there is a patch, as bright as the
# reading is high. Two networks, **A** and **B**, read such dials. Both have the same layers.

# %%
with_patch = data.gauge(shortcut=True)
network_a, network_b = check.suspects()
f_a, f_b = Predictor(network_a), Predictor(network_b)

Z, truth = with_patch.X_test[:200], with_patch.y_test[:200]
for name, some in (("A", f_a), ("B", f_b)):
    error = np.abs(some(Z) - truth).mean()
    print(f"{name}: mean absolute error {error:.1f} %")

# %% [markdown]
# By the error you would take B. But one of the two reads the patch and not the needle. Which one? Write down your guess.
#
# A map of one dial shows one dial. The needle moves from image to image, and the patch does not. So average the maps
# over many dials.
#
# ### Exercise 5: one map for a whole network
#
# Write a function that returns the mean, over the images, of the **absolute** occlusion map: shape `(h, w)`, in the unit
# of `f`. Each image is covered with its own median, `np.median(image)`. You may call your `occlusion`.


# %%
def mean_map(f, images, size):
    """Mean absolute occlusion map over the images: shape (h, w)."""
    # SOLUTION
    return np.mean(
        [
            np.abs(occlusion(f, image, size, np.median(image)))
            for image in images
        ],
        axis=0,
    )
    # STUB
    # return ...
    # END


mean_map = check.mean_map(mean_map)

# %% [markdown] tags=["solution"]
# **Why.** A patch that raises the prediction of one dial lowers that of another. The absolute value comes before the mean,
# so that the two do not cancel.
#
# Typical wrong answers: `np.abs` of the mean lets them cancel. The map of the mean image is the map of a dial that nobody
# has drawn, with forty faint needles.

# %%
# ALT A dial with a bright patch in its upper left corner, and two mean maps. That of network A is bright in the
# ALT middle of the dial and at two places left and right below it. That of network B is bright at the patch and
# ALT dark everywhere else.
wholes = {
    "A": np.asarray(mean_map(f_a, Z[:40], 3)),
    "B": np.asarray(mean_map(f_b, Z[:40], 3)),
}
fig, axes = plt.subplots(1, 3, figsize=(6.2, 2.6), layout="constrained")
axes[0].imshow(Z[4, ..., 0], cmap="gray", vmin=0, vmax=1)
axes[0].set_title("a dial")
for ax, (name, whole) in zip(axes[1:], wholes.items(), strict=True):
    drawn = ax.imshow(whole, vmin=0)
    fig.colorbar(drawn, ax=ax, shrink=0.7, label="mean change (%)")
    ax.set_title(f"network {name}")
for ax in axes:
    ax.axis("off")
plt.show()

corner = np.zeros((32, 32), bool)
corner[data.GAUGE_CORNER] = True
print(f"the corner is {corner.mean():.2f} of the pixels")
for name, whole in wholes.items():
    row, column = np.unravel_index(whole.argmax(), whole.shape)
    where = "in" if corner[row, column] else "not in"
    share = whole[corner].sum() / whole.sum()
    print(f"{name}: strongest {where} it, with {share:.2f} of the map in it")

# %% [markdown]
# Each map has a scale of its own. A looks at the inside of the dial, most at its middle and at two places left and right of
# that. B looks at the corner, where the patch is. It has the smaller error, and it seems to cheat.
#
# ### Two methods disagree
#
# Is that so? Ask another method about B. The cell measures, for each, how much of its map lies in the corner and how much
# on the needle. By chance it would be 0.02 in both.

# %%
Zs, needles = Z[:60], with_patch.relevant_test[:60]
of_b = {
    "Grad-CAM, conv_1": stretch(grad_cam(network_b, Zs, "conv_1")),
    "Grad-CAM, conv_3": stretch(grad_cam(network_b, Zs, "conv_3")),
    "occlusion": maps.occlusion(f_b, Zs, size=3),
}
corners = np.broadcast_to(corner, needles.shape)
rows = {
    name: {
        "points to corner": np.mean(scores(some, corners)[0]),
        "to needle": np.mean(scores(some, needles)[0]),
        "mass, corner": np.mean(scores(some, corners)[1]),
        "needle": np.mean(scores(some, needles)[1]),
    }
    for name, some in of_b.items()
}
print(pd.DataFrame(rows).T.round(2).to_string())
last = np.asarray(grad_cam(network_b, Zs, "conv_3"))
blank_after_relu = (last.max(axis=(1, 2)) <= 0).mean()
print(f"conv_3 after a ReLU, blank: {blank_after_relu:.2f}")

# %% [markdown]
# If you trust Grad-CAM on `conv_1`, B looks at the corner in some dials and at the needle in others, with more of the map on
# the needle. On `conv_3` it looks at neither, and after a ReLU nearly all of its maps would be blank. If you trust
# occlusion, it looks at the corner in nearly every dial. Both are well-known methods. Which is right?
#
# No third map can decide. Change the image, and see what the network does.
#
# ### Exercise 6: cover it
#
# Write a function that covers a region of every image with the number `fill`, in all channels, and returns the **mean
# absolute change** of the prediction: one number, in the unit of `f`. `region` is `True` on the pixels to cover. It has
# shape `(h, w)`, the same for all images, or `(n, h, w)`, one for each image.


# %%
def covered(f, images, region, fill):
    """Mean absolute change of the prediction when a region is covered."""
    # SOLUTION
    changed = np.where(np.asarray(region)[..., None], fill, images)
    return np.abs(f(images) - f(changed)).mean()
    # STUB
    # return ...
    # END


covered = check.covered(covered)

# %% [markdown] tags=["solution"]
# **Why.** `region[..., None]` has shape `(h, w, 1)` or `(n, h, w, 1)`. NumPy stretches both over images and channels.
#
# Typical wrong answers: the absolute value of the mean change lets dials that rise and dials that fall cancel. With
# the needle covered it gives about 5 for network A, and not 24: as if A hardly needed its needle.
# `images[:, region] = fill` changes the images that everybody else uses.

# %% [markdown]
# Before you run: which number do you expect for each network? The opposite corner is a control, of the same size.

# %%
opposite = corner[::-1, ::-1]
empty = np.median(Z)
rows = {
    f"{what} covered": {
        name: float(covered(some, Z, region, empty))
        for name, some in (("A", f_a), ("B", f_b))
    }
    for what, region in (
        ("corner", corner),
        ("opposite corner", opposite),
        ("needle", with_patch.relevant_test[:200]),
    )
}
print("mean change of the prediction, % of full scale")
print(pd.DataFrame(rows).T.round(1).to_string())

# %% [markdown]
# Cover the corner, and B loses its reading; cover the needle, and little happens. With A it is the other way round. Occlusion
# was right about B, and Grad-CAM was not.
#
# ### Proof without a hole
#
# A covered dial is an image that neither network has seen. Somebody may object that any network gets confused there. So
# leave the dials as dials: first the same ones, drawn without a patch. Then give each dial the patch of another one.

# %%
swapped = Z.copy()
patch = (slice(None), *data.GAUGE_CORNER)
swapped[patch] = Z[::-1][patch]
rows = {}
for what, some in (
    ("own patch", Z),
    ("no patch", images),
    ("patch of another dial", swapped),
):
    rows[what] = {
        name: np.abs(g(some) - truth).mean()
        for name, g in (("A", f_a), ("B", f_b))
    }
print("mean absolute error, % of full scale")
print(pd.DataFrame(rows).T.round(1).to_string())

# %% [markdown]
# The small error that made B look better came from the patch.
#
# The last experiment is the cleanest. `data.draw_gauge` draws the same dial again and again, with the same needle, place,
# contrast and noise, and only the patch changes. A network that reads the needle gives a flat line. Draw what you expect
# from B.

# %%
# ALT Predictions of two networks against the value that the patch shows, from 0 to 100 %, for a dial with the needle
# ALT at 30 and one at 70. The lines of A stay near 30 and near 70. Both lines of B rise together from about 12 to
# ALT about 94.
shades = np.linspace(0, 100, 11)
fig, ax = plt.subplots(figsize=(6, 3.6))
for value, marker in ((30, "o"), (70, "s")):
    same = np.concatenate(
        [
            data.draw_gauge([value], seed=7, corner=[shade])[0]
            for shade in shades
        ]
    )
    by_a, by_b = f_a(same), f_b(same)
    ax.plot(shades, by_a, color=figures.BLUE, marker=marker)
    ax.plot(shades, by_b, "--", color=figures.VERMILLION, marker=marker)
    ax.text(102, by_a[-1], f"A, needle at {value}", va="center")
ax.text(102, by_b[-1], "B, both needles", va="center")
ax.set(xlim=(-2, 145), xticks=range(0, 101, 20), ylim=(0, 105))
ax.set_xlabel("value that the patch shows (%)")
ax.set_ylabel("prediction (%)")
plt.show()

# %% [markdown]
# B follows the patch, wherever the needle points. A stays at its needle, within a few percent: it has never seen a
# patch, and is not quite deaf to it.
#
# And not only for two dials: draw 300 new ones, with a needle and a patch that have nothing to do with each other.

# %%
rng = np.random.default_rng(11)
needle_at, patch_at = rng.uniform(0, 100, (2, 300))
drawn_anew, _ = data.draw_gauge(needle_at, seed=12, corner=patch_at)
rows = {
    name: {
        "from the needle": np.abs(some(drawn_anew) - needle_at).mean(),
        "from the patch": np.abs(some(drawn_anew) - patch_at).mean(),
    }
    for name, some in (("A", f_a), ("B", f_b))
}
print("mean distance of the prediction, % of full scale")
print(pd.DataFrame(rows).T.round(1).to_string())

# %% [markdown]
# A reads the needle. B reads the patch. Nobody has to trust a map for that. The map told you *where to ask*, and
# this is what a map is good for.

# %% [markdown]
# ## 6. The report
#
# A map that leaves this notebook needs [eight lines under it](../book/trust/report.md). Here they are for the mean map of
# network B in part 5. One line says “not measured”: average over other dials, `Z[40:80]`, and write down what moves.

# %%
from glassbox.report import Report

Report(
    question="Which parts of a dial with a patch does network B need? Its "
    "reading is compared with that of the same dial, partly covered.",
    model="Network B. Mean absolute error on 200 held-out dials "
    f"{np.abs(f_b(Z) - truth).mean():.1f} %, that of network A "
    f"{np.abs(f_a(Z) - truth).mean():.1f} %.",
    background="The fill: the median brightness of each image for the map, "
    "of all images for corner and needle.",
    unit="Percent of full scale: change of the reading, without a sign.",
    method="Occlusion, 3 × 3 pixels; mean of the absolute maps of 40 dials. "
    "Tried too: Grad-CAM, which disagrees.",
    fidelity=f"The corner has {corner.mean():.2f} of the pixels and "
    f"{wholes['B'][corner].sum() / wholes['B'].sum():.2f} of the map. "
    "Covering it changes the reading by "
    f"{float(covered(f_b, Z, corner, empty)):.1f} % on average, covering the "
    f"needle by {float(covered(f_b, Z, needle, empty)):.1f} % (200 dials).",
    stability="Not measured.",
    limits="A map says where to ask. That B reads the patch was shown by "
    "dials on which only the patch changes, and not by the map.",
)

# %%
check.progress()

# %% [markdown]
# ## Summary
#
# - A feature map says what a layer found. It is not yet a reason.
# - A predicted number can be pushed up and down. Keep the sign of Grad-CAM, and divide by the largest absolute value.
#   A ReLU and a division by the maximum give a heat map of zeros.
# - Grad-CAM averages the gradient over positions. With a network that reads each position on its own, most of the gradient
#   is lost by that, and even the sign of the map can be wrong.
# - Occlusion is in the target's unit. Its fill is part of the question, and a bad one ruins the map.
# - Measure a map where the truth is known, with more than one measure, and next to controls: noise, and the image itself.
# - A small held-out error does not say what a network reads. A mean map over many images tells you where to ask.
# - What decides is an intervention: change that part of the image, and nothing else, and see whether the prediction follows.
#
# **Next** Read [how it misleads](../book/inside/activation_maps.md#how-it-misleads) in the chapter. Then
# [Lab 06](06_gradients.ipynb) follows the gradient all the way back to the input.
