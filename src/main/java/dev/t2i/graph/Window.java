package dev.t2i.graph;

/**
 * How a convolution's kernel moves over a picture: strides, and zero padding at each edge, in pixels.
 *
 * <p>Output height is {@code (h + padTop + padBottom - kernelHeight) / strideH + 1}, rounded down, and likewise the width.
 */
public record Window(int strideH, int strideW, int padTop, int padLeft, int padBottom, int padRight) {
    public Window {
        if (strideH < 1 || strideW < 1 || padTop < 0 || padLeft < 0 || padBottom < 0 || padRight < 0) {
            throw new GraphException("a window needs strides of at least 1 and no negative padding");
        }
    }

    /** The same stride both ways and the same padding on all sides. */
    public static Window of(int stride, int pad) {
        return new Window(stride, stride, pad, pad, pad, pad);
    }

    public int outHeight(int height, int kernelHeight) {
        return out(height + padTop + padBottom, kernelHeight, strideH);
    }

    public int outWidth(int width, int kernelWidth) {
        return out(width + padLeft + padRight, kernelWidth, strideW);
    }

    private static int out(int padded, int kernel, int stride) {
        if (padded < kernel) {
            throw new GraphException("a kernel of %d does not fit into %d padded pixels".formatted(kernel, padded));
        }
        return (padded - kernel) / stride + 1;
    }

    @Override
    public String toString() {
        return "stride=" + strideH + "x" + strideW + " pad=" + padTop + "," + padLeft + "," + padBottom + "," + padRight;
    }
}
