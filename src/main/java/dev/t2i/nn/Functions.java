package dev.t2i.nn;

import dev.t2i.graph.Constant;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.tensor.Shape;

/** Functions without parameters that the field knows by name, composed from graph operations. */
public final class Functions {
    private static final double SQRT_HALF = Math.sqrt(0.5);
    private static final double SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

    private Functions() {}

    public static Value sigmoid(Value x) {
        return x.mul(0.5).tanh().mul(0.5).add(0.5);
    }

    /** {@code log(1 + exp(x))}, without overflow. */
    public static Value softplus(Value x) {
        // Half of x and of |x| instead of relu: both of that and of |x| have a slope of 0 at 0, where this one's is 0.5.
        Value size = x.abs();
        return x.mul(0.5).add(size.mul(0.5)).add(size.neg().exp().add(1).log());
    }

    /** The exact Gaussian error linear unit (Hendrycks and Gimpel 2016). */
    public static Value gelu(Value x) {
        return x.mul(x.mul(SQRT_HALF).erf().add(1)).mul(0.5);
    }

    /** GPT-2's tanh approximation of {@link #gelu}. */
    public static Value geluTanh(Value x) {
        Value inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(SQRT_TWO_OVER_PI);
        return x.mul(inner.tanh().add(1)).mul(0.5);
    }

    /** {@code x * sigmoid(x)} */
    public static Value silu(Value x) {
        return x.mul(sigmoid(x));
    }

    /** Half of the channels gate the other half; the last axis halves. */
    public static Value glu(Value x) {
        int half = x.dim(-1) / 2;
        return x.slice(-1, 0, half).mul(sigmoid(x.slice(-1, half, 2 * half)));
    }

    /**
     * Each number is zero with probability {@code rate}, the others grow so that the mean stays (Srivastava et al. 2014); for
     * training alone. What falls out in row {@code r} depends on {@code keys[r]} alone, see {@link Op.Random}; two layers that
     * should drop different numbers need different keys.
     *
     * @param x    {@code [rows, …]}
     * @param keys I32 {@code [rows, 4]}
     */
    public static Value dropout(Value x, Value keys, double rate) {
        Value kept = x.graph().uniform(keys, x.shape()).greaterEqual(x.graph().scalar(rate));
        return x.mul(kept).mul(1 / (1 - rate));
    }

    /** Over the given axis; negative axes count from the end. */
    public static Value softmax(Value x, int axis) {
        Value exponentials = x.sub(x.maximum(axis).stopGradient()).exp();
        return exponentials.div(exponentials.sum(axis));
    }

    public static Value logSoftmax(Value x, int axis) {
        Value shifted = x.sub(x.maximum(axis).stopGradient());
        return shifted.sub(shifted.exp().sum(axis).log());
    }

    /** Row {@code i} is 1 in column {@code labels[i]}: labels F32 {@code [rows]} give {@code [rows, classes]}. */
    public static Value oneHot(Value labels, int classes) {
        int rows = labels.dim(0);
        return labels.graph().iota(1, Shape.of(rows, classes)).equal(labels.reshape(rows, 1));
    }

    /** Mean over rows of the negative log-likelihood of F32 {@code labels [rows]} under {@code logits [rows, classes]}. */
    public static Value crossEntropy(Value logits, Value labels) {
        Value picked = logSoftmax(logits, -1).mul(oneHot(labels, logits.dim(1)));
        return picked.sum().mul(-1.0 / logits.dim(0)).reshape(Shape.SCALAR);
    }

    /** Rows scaled to Euclidean length 1 along the last axis. */
    public static Value normalize(Value x, double epsilon) {
        return x.mul(x.square().sum(-1).add(epsilon).rsqrt());
    }

    /** To mean 0 and variance 1 over the given axes. */
    public static Value standardize(Value x, double epsilon, int... axes) {
        Value centred = x.sub(x.mean(axes));
        return centred.mul(centred.square().mean(axes).add(epsilon).rsqrt());
    }

    public static Value conv2d(Value x, Value weights, Window window) {
        return x.graph().add(new Op.Conv2d(window), x, weights);
    }

    /** Each pixel becomes {@code factor} by {@code factor} pixels: {@code [n, h, w, c]} to {@code [n, factor*h, factor*w, c]}. */
    public static Value upsampleNearest(Value x, int factor) {
        int n = x.dim(0);
        int h = x.dim(1);
        int w = x.dim(2);
        int c = x.dim(3);
        return x.reshape(n, h, 1, w, 1, c).broadcastTo(Shape.of(n, h, factor, w, factor, c)).reshape(n, h * factor, w * factor, c);
    }

    /** Mean over windows of {@code factor} by {@code factor} pixels, which must divide the picture. */
    public static Value averagePool(Value x, int factor) {
        int n = x.dim(0);
        int h = x.dim(1) / factor;
        int w = x.dim(2) / factor;
        int c = x.dim(3);
        return factor == 1 ? x : x.reshape(n, h, factor, w, factor, c).mean(2, 4).reshape(n, h, w, c);
    }

    /** Maximum over windows of {@code kernel} by {@code kernel} pixels; padding never wins. */
    public static Value maxPool(Value x, int kernel, int stride, int pad) {
        Value padded = pad == 0 ? x
                : x.pad(1, pad, pad, Float.NEGATIVE_INFINITY).pad(2, pad, pad, Float.NEGATIVE_INFINITY);
        int h = (padded.dim(1) - kernel) / stride + 1;
        int w = (padded.dim(2) - kernel) / stride + 1;
        Value best = null;
        for (int dy = 0; dy < kernel; dy++) {
            for (int dx = 0; dx < kernel; dx++) {
                Value shifted = padded.slice(1, dy, dy + (h - 1) * stride + 1, stride).slice(2, dx, dx + (w - 1) * stride + 1, stride);
                best = best == null ? shifted : best.max(shifted);
            }
        }
        return best;
    }

    /** Bilinear resizing with half-pixel centres (PyTorch's {@code align_corners=False}), as two products with sparse weights. */
    public static Value resizeBilinear(Value x, int height, int width) {
        int n = x.dim(0);
        int h = x.dim(1);
        int w = x.dim(2);
        int c = x.dim(3);
        Graph graph = x.graph();
        Value rows = interpolation(graph, height, h).reshape(1, height, h).broadcastTo(Shape.of(n, height, h));
        Value tall = rows.matMul(x.reshape(n, h, w * c)).reshape(n * height, w, c);
        Value columns = interpolation(graph, width, w).reshape(1, width, w).broadcastTo(Shape.of(n * height, width, w));
        return columns.matMul(tall).reshape(n, height, width, c);
    }

    /** Row {@code i} holds the weights of the {@code from} old pixels in new pixel {@code i}. */
    private static Value interpolation(Graph graph, int to, int from) {
        float[] weights = new float[to * from];
        for (int i = 0; i < to; i++) {
            double centre = Math.max(0, (i + 0.5) * from / to - 0.5);
            int low = Math.min((int) centre, from - 1);
            int high = Math.min(low + 1, from - 1);
            weights[i * from + low] += (float) (1 - (centre - low));
            weights[i * from + high] += (float) (centre - low);
        }
        return graph.literal(Constant.of(Shape.of(to, from), weights));
    }
}
