package dev.t2i.metric;

import dev.t2i.data.scene.Place;
import dev.t2i.graph.Constant;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * From a picture to answers about every {@link Slot}. A residual convolutional trunk reduces the picture to an eighth of its
 * size. There, each slot looks for its thing by attention (Bahdanau et al. 2015) with a query of its own, which starts out
 * looking at its column of the picture: however small a thing is, its slot sees it alone. What a slot has found is judged for presence by the
 * slot's own weights, for colour and size by weights that all slots share. Time and ground are read off the mean over the picture.
 */
final class RecogniserNetwork {
    private static final double SLOPE = 0.1;
    private static final int GROUPS = 8;
    private static final int HIDDEN = 64;
    private static final double EPSILON = 1e-5;
    /** A thing in a given slot is rare; starting there saves the first steps. */
    private static final float RARE = -3;

    /**
     * Answers for {@code n} pictures, all but the features before softmax or sigmoid.
     *
     * @param features {@code [n, channels]}: the trunk's mean over the picture
     * @param time {@code [n, times]}
     * @param ground {@code [n, grounds]}
     * @param presence {@code [n, slots]}
     * @param colour {@code [n, slots, colours]}
     * @param size {@code [n, slots, sizes]}
     */
    record Answers(Value features, Value time, Value ground, Value presence, Value colour, Value size) {}

    private final RecogniserShape shape;

    RecogniserNetwork(RecogniserShape shape) {
        this.shape = shape;
    }

    /** @param pictures {@code [n, size, size, 3]} in [-1, 1] */
    Answers read(Parameters place, Value pictures) {
        Value x = trunk(place.at("trunk"), pictures);
        int n = x.dim(0);
        int side = x.dim(1);
        int width = x.dim(3);
        Value cells = x.reshape(n, side * side, width);
        Value features = cells.mean(1).reshape(n, width);
        Value overall = Layers.linear(place.at("overall"), features, HIDDEN).leakyRelu(SLOPE);
        Value found = found(place.at("attention"), cells, side);
        Value hidden = Layers.linear(place.at("slots"), found, width)
                .add(place.get("slots.own", Shape.of(Slot.COUNT, width), Initializer.ZEROS)).leakyRelu(SLOPE);
        Value presence = hidden.mul(place.get("presence.weight", Shape.of(Slot.COUNT, width), Initializer.fanIn(width)))
                .sum(2).reshape(n, Slot.COUNT)
                .add(place.get("presence.bias", Shape.of(Slot.COUNT), new Initializer.Constant(RARE)));
        return new Answers(features,
                Layers.linear(place.at("time"), overall, Lesson.TIMES),
                Layers.linear(place.at("ground"), overall, Lesson.GROUNDS),
                presence,
                Layers.linear(place.at("colour"), hidden, Lesson.COLOURS),
                Layers.linear(place.at("size"), hidden, Lesson.SIZES));
    }

    private Value trunk(Parameters place, Value pictures) {
        return place.scoped(() -> {
            Value x = Layers.conv2d(place.at("stem"), pictures, shape.channels().getFirst(), 4, Window.of(2, 1));
            for (int level = 0; level < shape.channels().size(); level++) {
                Parameters here = place.at(level);
                if (level > 0) {
                    x = Layers.conv2d(here.at("down"), activated(here.at("norm"), x), shape.channels().get(level), 4, Window.of(2, 1));
                }
                for (int block = 0; block < shape.blocks().get(level); block++) {
                    x = residual(here.at("blocks").at(block), x);
                }
            }
            return activated(place.at("norm"), x);
        });
    }

    private static Value activated(Parameters norm, Value x) {
        return Layers.groupNorm(norm, x, GROUPS, EPSILON).leakyRelu(SLOPE);
    }

    /** Pre-activated (He et al. 2016), starting as the identity. */
    private static Value residual(Parameters place, Value x) {
        int width = x.dim(3);
        Value inner = Layers.conv2dWithoutBias(place.at("conv1"), activated(place.at("norm1"), x), width, 3, Window.of(1, 1),
                Initializer.fanIn(width * 9L));
        return x.add(Layers.conv2d(place.at("conv2"), activated(place.at("norm2"), inner), width, 3, Window.of(1, 1), Initializer.ZEROS));
    }

    /** {@code cells [n, side * side, width]} give {@code [n, slots, width]}. */
    private static Value found(Parameters place, Value cells, int side) {
        return place.scoped(() -> {
            int n = cells.dim(0);
            int width = cells.dim(2);
            Value queries = place.get("queries", Shape.of(Slot.COUNT, width), new Initializer.Normal(1 / Math.sqrt(width)));
            Value where = place.get("where", Shape.of(Slot.COUNT, side * side), Initializer.ZEROS)
                    .add(place.graph().literal(columns(side)));
            Value scores = cells.reshape(n * side * side, width).matMul(queries, false, true)
                    .reshape(n, side * side, Slot.COUNT).transpose(0, 2, 1).add(where);
            return Functions.softmax(scores, -1).matMul(cells);
        });
    }

    /** {@code [slots, side * side]}: highest in the middle of a slot's column, falling off with the square of the distance. */
    private static Constant columns(int side) {
        double[] middles = {0.22, 0.5, 0.78};
        float[] where = new float[Slot.COUNT * side * side];
        for (int i = 0; i < where.length; i++) {
            int slot = i / (side * side);
            double across = (i % side + 0.5) / side - middles[slot % Place.values().length];
            where[i] = (float) (-41 * across * across);
        }
        return Constant.of(Shape.of(Slot.COUNT, side * side), where);
    }
}
