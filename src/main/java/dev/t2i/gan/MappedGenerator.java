package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.List;
import java.util.Optional;

/**
 * A small deep-fusion generator: DF-GAN's blocks with the conditioning of StyleGAN-T. Noise goes through a mapping
 * network; the text joins after it, so that the mapping cannot wash it out; their style and the text itself reach every
 * block by one linear layer an affine, which starts as the identity.
 *
 * <p>Unlike DF-GAN's, the stem sees the text as well: what stands where is decided at 4x4 pixels. {@code channels} runs
 * from that stem upward; every further entry doubles the picture.
 *
 * <p>{@code styleLayers} layers read what the sentence binds together (which colour is whose) before anything is drawn.
 *
 * <p>With {@code spatialNoise}, the noise is also laid out over the 4x4 cells of the stem, so that where things stand, which
 * sentences seldom say, need not be spelled out by one vector for the whole picture.
 *
 * <p>{@code attention} names the sizes of picture, from 4, at which every place looks at the words.
 *
 * <p>With {@code priorBlocks}, a {@link LatentPrior} of so many blocks makes the latent variables from noise and text.
 *
 * <p>With {@code coordinates}, the first affine of each fusion shifts a channel by a plane over the picture rather than by
 * a constant. Text and noise then set where an edge runs to a fraction of a pixel, which convolutions alone have to
 * assemble from the padding's traces.
 *
 * <p>With {@code grown}, so many of the last blocks came to a generator that had learnt without them. It still paints its
 * own smaller picture; each further block adds to the enlargement of what is there (the skip connections of Karras et al. 2020),
 * nothing at first, so that growing begins with the picture as it was.
 */
public record MappedGenerator(int latentWidth, int textWidth, int styleWidth, int styleLayers, boolean spatialNoise, boolean coordinates, List<Integer> attention,
        int priorBlocks, int priorReaders, int priorWidth, int priorReach, int grown, List<Integer> channels) implements Generator {
    private static final double SLOPE = 0.2;
    private static final int STEM = 4;
    private static final int ATTENTION_WIDTH = 64;
    /** How many times as wide as the style the layers before it are. */
    private static final int HIDDEN = 3;

    public MappedGenerator {
        attention = List.copyOf(attention);
        channels = List.copyOf(channels);
    }

    @Override
    public int size() {
        return STEM << channels.size() - 1;
    }

    @Override
    public boolean usesWords() {
        return !attention.isEmpty() || priorBlocks > 0;
    }

    @Override
    public Optional<LatentPrior> prior() {
        return priorBlocks == 0 ? Optional.empty() : Optional.of(new LatentPrior(STEM, latentWidth / (STEM * STEM), priorBlocks, priorReaders, priorWidth, priorReach));
    }

    @Override
    public Value paint(Parameters place, Value noise, TextCondition text) {
        int n = noise.dim(0);
        Value condition = condition(place, noise, text.sentence());
        Value x = linear(place.at("stem"), condition, channels.getFirst() * STEM * STEM)
                .reshape(n, STEM, STEM, channels.getFirst());
        if (spatialNoise) {
            int depth = latentWidth / (STEM * STEM);
            x = x.add(Layers.conv2d(place.at("ground"), noise.reshape(n, STEM, STEM, depth), channels.getFirst(), 1, Window.of(1, 0),
                    Initializer.kaiming(Shape.of(channels.getFirst(), depth, 1, 1), SLOPE)));
        }
        if (attention.contains(STEM)) {
            x = new WordAttention(ATTENTION_WIDTH).attend(place.at("words"), x, text.words().orElseThrow());
        }
        int trained = channels.size() - 1 - grown;
        Initializer start = Initializer.kaiming(Shape.of(3, channels.get(trained), 3, 3), 1);
        Value picture = trained == 0 ? colours(place, x, condition, start) : null;
        for (int i = 0; i + 1 < channels.size(); i++) {
            Parameters block = place.at("blocks").at(i);
            Value input = x;
            int out = channels.get(i + 1);
            x = block.scoped(() -> block(block, input, condition, out));
            if (attention.contains(x.dim(1))) {
                x = new WordAttention(ATTENTION_WIDTH).attend(block.at("words"), x, text.words().orElseThrow());
            }
            int level = i + 1 - trained;
            if (level > 0) {
                Parameters skip = place.at("skips").at(level - 1);
                picture = Functions.upsampleNearest(picture, 2).add(colours(skip, x, condition, Initializer.ZEROS));
            } else if (level == 0) {
                picture = colours(place, x, condition, start);
            }
        }
        return picture.tanh();
    }

    /** {@code [n, h, w, 3]}, before the squashing to [-1, 1] */
    private static Value colours(Parameters place, Value x, Value condition, Initializer start) {
        return x.graph().recomputable(x, v ->
                Layers.conv2d(place.at("out"), affine(place.at("last"), v, condition).leakyRelu(SLOPE), 3, 3, Window.of(1, 1), start));
    }

    /** {@code [n, styleWidth + textWidth]}: the style that noise and text make together, and the text. */
    private Value condition(Parameters place, Value noise, Value text) {
        Value mapped = linear(place.at("mapping").at(0), noise, styleWidth).leakyRelu(SLOPE);
        mapped = linear(place.at("mapping").at(1), mapped, styleWidth).leakyRelu(SLOPE);
        Value style = Value.concat(1, mapped, text);
        for (int i = 1; i < styleLayers; i++) {
            style = linear(place.at("joined").at(i - 1), style, HIDDEN * styleWidth).leakyRelu(SLOPE);
        }
        style = linear(place.at("style"), style, styleWidth).leakyRelu(SLOPE);
        return Value.concat(1, style, text);
    }

    private static Value linear(Parameters place, Value x, int out) {
        return Layers.linear(place, x, out, Initializer.kaiming(Shape.of(out, x.dim(-1)), SLOPE), Initializer.ZEROS);
    }

    private Value block(Parameters place, Value x, Value condition, int out) {
        int in = x.dim(3);
        // In two stretches: what a gradient then computes again are the fusions alone, no convolution.
        Value half = x.graph().recomputable(x, v -> Layers.upsampledConv2d(place.at("c0"), fuse(place.at("f0"), v, condition), out,
                Initializer.kaiming(Shape.of(out, in, 3, 3), SLOPE), Initializer.ZEROS));
        Value residual = x.graph().recomputable(half, v -> Layers.conv2d(place.at("c1"), fuse(place.at("f1"), v, condition), out, 3, Window.of(1, 1),
                Initializer.kaiming(Shape.of(out, out, 3, 3), SLOPE)));
        Value shortcut = in == out ? x
                : Layers.conv2d(place.at("sc"), x, out, 1, Window.of(1, 0), Initializer.kaiming(Shape.of(out, in, 1, 1), 1));
        return Functions.upsampleNearest(shortcut, 2).add(residual).mul(Math.sqrt(0.5));
    }

    private Value fuse(Parameters place, Value x, Value condition) {
        Value once = (coordinates ? slanted(place.at("a0"), x, condition) : affine(place.at("a0"), x, condition)).leakyRelu(SLOPE);
        return affine(place.at("a1"), once, condition).leakyRelu(SLOPE);
    }

    /** {@code x * (1 + scale) + shift}, one pair a channel and picture. */
    private static Value affine(Parameters place, Value x, Value condition) {
        Value[] parts = modulation(place, x, condition, 2);
        return x.mul(parts[0].add(1)).add(parts[1]);
    }

    /** {@code x * (1 + scale) + shift + right * column + down * row}, columns and rows running from -1 to 1. */
    private static Value slanted(Parameters place, Value x, Value condition) {
        Value[] parts = modulation(place, x, condition, 4);
        int h = x.dim(1);
        int w = x.dim(2);
        Value columns = centred(x.graph().iota(2, Shape.of(1, 1, w, 1)), w);
        Value rows = centred(x.graph().iota(1, Shape.of(1, h, 1, 1)), h);
        Value across = parts[1].add(parts[2].mul(columns));
        return x.mul(parts[0].add(1)).add(across).add(parts[3].mul(rows));
    }

    private static Value centred(Value indices, int count) {
        return indices.mul(2.0 / count).add(1.0 / count - 1);
    }

    /** So many numbers a channel and picture, each {@code [n, 1, 1, c]}, all zero at first but for a little noise. */
    private static Value[] modulation(Parameters place, Value x, Value condition, int count) {
        int c = x.dim(3);
        Value all = Layers.linear(place, condition, count * c, new Initializer.Normal(0.02), Initializer.ZEROS);
        Value[] parts = new Value[count];
        for (int i = 0; i < count; i++) {
            parts[i] = all.slice(1, i * c, (i + 1) * c).reshape(x.dim(0), 1, 1, c);
        }
        return parts;
    }
}
