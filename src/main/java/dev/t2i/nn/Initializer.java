package dev.t2i.nn;

import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;

/** How a parameter starts. Numbers come from a stream of their own, so adding a layer changes no other layer's start. */
public sealed interface Initializer {
    void fill(Tensor parameter, CounterRandom random);

    record Constant(float value) implements Initializer {
        @Override
        public void fill(Tensor parameter, CounterRandom random) {
            for (long i = 0; i < parameter.size(); i++) {
                parameter.set(i, value);
            }
        }
    }

    record Normal(double standardDeviation) implements Initializer {
        @Override
        public void fill(Tensor parameter, CounterRandom random) {
            for (long i = 0; i < parameter.size(); i++) {
                parameter.set(i, standardDeviation * random.normal(i));
            }
        }
    }

    record Uniform(double bound) implements Initializer {
        @Override
        public void fill(Tensor parameter, CounterRandom random) {
            for (long i = 0; i < parameter.size(); i++) {
                parameter.set(i, bound * (2.0 * random.uniform(i) - 1));
            }
        }
    }

    Initializer ZEROS = new Constant(0);
    Initializer ONES = new Constant(1);

    /** He et al. 2015 for leaky ReLU of the given slope, over the inputs of {@code shape [out, in, …]}. */
    static Initializer kaiming(Shape shape, double slope) {
        return new Normal(Math.sqrt(2 / (1 + slope * slope) / fanIn(shape)));
    }

    /** PyTorch's default for linear and convolution layers: uniform within 1 / sqrt(inputs). */
    static Initializer fanIn(long inputs) {
        return new Uniform(1 / Math.sqrt(inputs));
    }

    private static long fanIn(Shape shape) {
        return shape.size() / shape.dim(0);
    }
}
