package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.Optional;

/**
 * The discriminator of StackGAN (Zhang et al. 2017), StackGAN-v2 (Zhang et al. 2018) and AttnGAN (Xu et al. 2018) for pictures of one
 * size: strided convolutions down to 4x4, the channels doubling; for larger pictures further ones, behind which 3x3 convolutions bring the
 * channels back to {@code 8 * width}. The sentence joins there.
 *
 * @param textWidth of what it is told of the text
 * @param width channels of the first convolution
 * @param size edge of the pictures in pixels
 * @param smallest edge of the pictures at which channels are at most {@code width * smallest / 8}: 64 in all the papers
 * @param alone whether it judges pictures without their text as well
 * @param normalization behind all convolutions but the first and the last
 * @param start of its convolutions
 */
public record StackedDiscriminator(int textWidth, int width, int size, int smallest, boolean alone, Normalization normalization, Initializer start)
        implements Discriminator {
    private static final double SLOPE = 0.2;
    private static final int TOP = 4;
    private static final Initializer SCALE = new Initializer.Normal(1, 0.02);
    private static final double EPSILON = 1e-5;

    /** What brings features to mean zero and deviation one. */
    public enum Normalization {
        /** Over the batch, as published. */
        BATCH,
        /** Over each picture by itself, which a critic needs whose slope is penalised picture by picture (Gulrajani et al. 2017). */
        LAYER
    }

    private static int halvings(int edge) {
        return Integer.numberOfTrailingZeros(edge / TOP);
    }

    /** Channels of the features. */
    private int top() {
        return width << halvings(smallest) - 1;
    }

    @Override
    public Value features(Parameters place, Value pictures) {
        Parameters down = place.at("down");
        Value x = down.at(0).scoped(() -> Layers.conv2dWithoutBias(down.at(0).at("conv"), pictures, width, 4, Window.of(2, 1), start).leakyRelu(SLOPE));
        for (int i = 1; i < halvings(size); i++) {
            x = convolved(down.at(i), x, width << i, 4, Window.of(2, 1));
        }
        for (int i = 0; x.dim(3) > top(); i++) {
            x = convolved(place.at("narrow").at(i), x, x.dim(3) / 2, 3, Window.of(1, 1));
        }
        return x;
    }

    private Value convolved(Parameters place, Value x, int out, int kernel, Window window) {
        return place.scoped(() -> {
            Value convolved = Layers.conv2dWithoutBias(place.at("conv"), x, out, kernel, window, start);
            return (switch (normalization) {
                case BATCH -> Layers.batchNorm(place.at("norm"), convolved, Mode.TRAINING, SCALE);
                case LAYER -> Layers.groupNorm(place.at("norm"), convolved, 1, EPSILON);
            }).leakyRelu(SLOPE);
        });
    }

    @Override
    public Value logits(Parameters place, Value features, Value text) {
        Value joined = convolved(place.at("joint"), StackBlocks.beside(features, text), top(), 3, Window.of(1, 1));
        return score(place.at("fitting"), joined);
    }

    @Override
    public Optional<Value> unconditional(Parameters place, Value features) {
        return alone ? Optional.of(score(place.at("alone"), features)) : Optional.empty();
    }

    private Value score(Parameters place, Value x) {
        return place.scoped(() -> Layers.conv2dWithoutBias(place, x, 1, TOP, Window.of(TOP, 0), start)
                .add(place.get("bias", Shape.of(1), Initializer.ZEROS)).reshape(x.dim(0)));
    }
}
