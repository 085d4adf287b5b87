package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.List;

/**
 * The one-way discriminator of DF-GAN (Tao et al. 2022): residual down-sampling blocks to 4x4 features, joined with the
 * text for a single score; there is no score without text. {@code channels} runs from the full picture down; every
 * further entry halves it. {@code headWidth} is the width of the layer that joins features and text.
 *
 * <p>The residual branches start at zero (their factor {@code gamma} does). With {@code batchDeviation}, the standard
 * deviation over groups of four pictures joins the features (Karras et al. 2018), so that sameness shows. With {@code plainShortcuts},
 * blocks that keep their channels pass on what came in beside the residual branch as it is, as in the paper.
 *
 * <p>The first {@code grown} entries of {@code channels} were put before those of a discriminator of smaller pictures. That one goes on
 * looking at the picture averaged down; what a further block makes of the larger picture is added to what its first convolution
 * gives, and is nothing at first: the skip connections of Karras et al. (2020), as in the generator ({@link MappedGenerator}).
 */
public record OneWayDiscriminator(int textWidth, int headWidth, List<Integer> channels, boolean batchDeviation, boolean plainShortcuts, int grown)
        implements Discriminator {
    private static final double SLOPE = 0.2;
    private static final int GROUP = 4;
    private static final int TOP = 4;
    /** Of the parameters that growing added, the first growth's ahead. */
    private static final String SKIPS = "skips";

    public OneWayDiscriminator {
        channels = List.copyOf(channels);
    }

    /** Whether the parameter of that name came by growing. */
    public static boolean isGrown(String name) {
        return name.startsWith(SKIPS + ".");
    }

    @Override
    public Value features(Parameters place, Value pictures) {
        Value picture = pictures;
        Value x = null;
        for (int i = 0; i < grown; i++) {
            Parameters skip = place.at(SKIPS).at(grown - 1 - i);
            Value seen = looked(skip.at("inp"), picture, channels.get(i), x);
            int out = channels.get(i + 1);
            x = skip.scoped(() -> seen.graph().recomputable(seen, v -> block(skip, v, out, true)));
            picture = Functions.averagePool(picture, 2);
        }
        x = looked(place.at("inp"), picture, channels.get(grown), x);
        for (int i = grown; i + 1 < channels.size(); i++) {
            Parameters block = place.at("blocks").at(i - grown);
            Value input = x;
            int out = channels.get(i + 1);
            x = block.scoped(() -> input.graph().recomputable(input, v -> block(block, v, out, false)));
        }
        // Here and not with the text: a part of the batch, as mismatched pairs are, must look as it does within the whole.
        return batchDeviation ? Value.concat(3, x, deviation(x)) : x;
    }

    /** The first convolution of a picture, and what blocks before it made of a larger one, if any did. */
    private static Value looked(Parameters place, Value picture, int out, Value before) {
        Value own = Layers.conv2d(place, picture, out, 3, Window.of(1, 1));
        return before == null ? own : own.add(before);
    }

    /** @param silent whether the shortcut starts at zero as well */
    private Value block(Parameters place, Value x, int out, boolean silent) {
        int in = x.dim(3);
        Value residual = Layers.conv2dWithoutBias(place.at("r.0"), x, out, 4, Window.of(2, 1), Initializer.fanIn(in * 16L)).leakyRelu(SLOPE);
        residual = Layers.conv2dWithoutBias(place.at("r.2"), residual, out, 3, Window.of(1, 1), Initializer.fanIn(out * 9L)).leakyRelu(SLOPE);
        // A 1x1 convolution commutes with averaging, and is a quarter of the work behind it.
        Value smaller = Functions.averagePool(x, 2);
        Value learned = silent ? Layers.conv2d(place.at("sc"), smaller, out, 1, Window.of(1, 0), Initializer.ZEROS)
                : Layers.conv2d(place.at("sc"), smaller, out, 1, Window.of(1, 0));
        // The released network has the convolution in every block, and passes it by where channels stay.
        Value shortcut = plainShortcuts && in == out && !silent ? smaller : learned;
        return shortcut.add(residual.mul(place.get("gamma", Shape.of(1), Initializer.ZEROS)));
    }

    @Override
    public Value logits(Parameters place, Value features, Value text) {
        int n = features.dim(0);
        Parameters head = place.at("head");
        return head.scoped(() -> {
            Value tiled = text.reshape(n, 1, 1, textWidth).broadcastTo(Shape.of(n, TOP, TOP, textWidth));
            Value joined = Value.concat(3, features, tiled);
            Value hidden = Layers.conv2dWithoutBias(head.at(0), joined, headWidth, 3, Window.of(1, 1),
                    Initializer.fanIn(joined.dim(3) * 9L)).leakyRelu(SLOPE);
            return Layers.conv2dWithoutBias(head.at(2), hidden, 1, 4, Window.of(1, 0), Initializer.fanIn(headWidth * 16L)).reshape(n);
        });
    }

    /** Pictures of a group in a batch of {@code n}: picture i stands beside pictures i + n / group, i + 2 n / group and so on. */
    static int group(int n) {
        return n % GROUP == 0 ? GROUP : 1;
    }

    /** One extra channel: how much the pictures of a group differ, averaged over everything. */
    private static Value deviation(Value features) {
        int n = features.dim(0);
        int group = group(n);
        Value grouped = features.reshape(group, n / group, TOP, TOP, features.dim(3));
        Value centred = grouped.sub(grouped.mean(0));
        Value spread = centred.square().mean(0).add(1e-8).sqrt().mean(2, 3, 4);
        return spread.broadcastTo(Shape.of(group, n / group, TOP, TOP, 1)).reshape(n, TOP, TOP, 1);
    }
}
