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

    record Normal(double mean, double standardDeviation) implements Initializer {
        public Normal(double standardDeviation) {
            this(0, standardDeviation);
        }

        @Override
        public void fill(Tensor parameter, CounterRandom random) {
            for (long i = 0; i < parameter.size(); i++) {
                parameter.set(i, mean + standardDeviation * random.normal(i));
            }
        }
    }

    /**
     * Aitken et al. 2017: the outputs of {@code [copies * rows, …]} that become neighbouring pixels of the same channel start alike, so
     * that what is laid out as patches shows no pattern of its own at first.
     *
     * @param rows channels of each pixel, which lie together
     */
    record Repeated(int rows, Initializer start) implements Initializer {
        @Override
        public void fill(Tensor parameter, CounterRandom random) {
            start.fill(parameter, random);
            long first = parameter.size() / parameter.shape().dim(0) * rows;
            for (long i = first; i < parameter.size(); i++) {
                parameter.set(i, parameter.getDouble(i % first));
            }
        }
    }

    /**
     * Places in a grid, {@code [.., rows * columns, width]}, as sines and cosines of row and column (Vaswani et al. 2017): neighbours are
     * alike. The width is a multiple of 4.
     */
    record Waves(int rows, int columns) implements Initializer {
        private static final double LONGEST = 10_000;

        @Override
        public void fill(Tensor parameter, CounterRandom random) {
            int width = parameter.shape().dim(-1);
            int quarter = width / 4;
            for (int place = 0; place < rows * columns; place++) {
                for (int i = 0; i < quarter; i++) {
                    double frequency = Math.pow(LONGEST, -i / (double) quarter);
                    double row = place / columns * frequency;
                    double column = place % columns * frequency;
                    double[] waves = {Math.sin(row), Math.cos(row), Math.sin(column), Math.cos(column)};
                    for (int wave = 0; wave < waves.length; wave++) {
                        parameter.set((long) place * width + wave * quarter + i, waves[wave]);
                    }
                }
            }
        }
    }

    /** Saxe et al. 2014: the rows of {@code [out, …]} are orthogonal to each other and of length one, or the columns where there are fewer of those. */
    record Orthogonal() implements Initializer {
        @Override
        public void fill(Tensor parameter, CounterRandom random) {
            int rows = parameter.shape().dim(0);
            int columns = (int) (parameter.size() / rows);
            boolean wide = columns >= rows;
            double[][] vectors = new double[Math.min(rows, columns)][Math.max(rows, columns)];
            for (int i = 0; i < vectors.length; i++) {
                for (int j = 0; j < vectors[i].length; j++) {
                    vectors[i][j] = random.normal((long) i * vectors[i].length + j);
                }
                straighten(vectors, i);
            }
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    parameter.set((long) row * columns + column, wide ? vectors[row][column] : vectors[column][row]);
                }
            }
        }

        /** Gram-Schmidt, twice, for once leaves what rounding put there. */
        private static void straighten(double[][] vectors, int at) {
            double[] own = vectors[at];
            for (int pass = 0; pass < 2; pass++) {
                for (int before = 0; before < at; before++) {
                    double shared = dot(own, vectors[before]);
                    for (int j = 0; j < own.length; j++) {
                        own[j] -= shared * vectors[before][j];
                    }
                }
            }
            double length = Math.sqrt(dot(own, own));
            for (int j = 0; j < own.length; j++) {
                own[j] /= length;
            }
        }

        private static double dot(double[] a, double[] b) {
            double sum = 0;
            for (int j = 0; j < a.length; j++) {
                sum += a[j] * b[j];
            }
            return sum;
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
    Initializer ORTHOGONAL = new Orthogonal();

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
