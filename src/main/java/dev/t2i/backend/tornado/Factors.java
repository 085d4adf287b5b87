package dev.t2i.backend.tornado;

import dev.t2i.backend.tornado.Product.Factor;
import dev.t2i.graph.Window;
import dev.t2i.tensor.Shape;

/** What products of matrices and pictures read. Pictures are [n, h, w, channels], weights [kh, kw, in, out]. */
final class Factors {
    private Factors() {}

    /** {@code matrix[batch][outer * outerStride + step * stepStride]} */
    static Factor matrix(Spot spot, int matrixSize, int outerStride, int stepStride) {
        return (code, batch, outer, step) -> code.get(spot,
                () -> code.dot(0, new int[] {batch, outer, step}, new long[] {matrixSize, outerStride, stepStride}));
    }

    /** Elements of windows: outer is a pixel of the result [n, outH, outW], step an element of its window [kh, kw, channels]. */
    static Factor windows(Spot x, Shape pictures, int kernelWidth, Window window, int outH, int outW) {
        return (code, batch, outer, step) -> {
            int[] pixel = code.coordinates(outer, new int[] {pictures.dim(0), outH, outW});
            int[] element = code.coordinates(step, new int[] {1 << 20, kernelWidth, pictures.dim(3)});
            readWindow(code, x, pictures, window, pixel, element);
        };
    }

    /** The same with both turned: outer is an element of a window, step a pixel. */
    static Factor windowsTurned(Spot x, Shape pictures, int kernelWidth, Window window, int outH, int outW) {
        return (code, batch, outer, step) -> {
            int[] element = code.coordinates(outer, new int[] {1 << 20, kernelWidth, pictures.dim(3)});
            int[] pixel = code.coordinates(step, new int[] {pictures.dim(0), outH, outW});
            readWindow(code, x, pictures, window, pixel, element);
        };
    }

    private static void readWindow(Code code, Spot x, Shape pictures, Window window, int[] pixel, int[] element) {
        int row = placed(code, pixel[1], window.strideH(), element[0], -window.padTop());
        int column = placed(code, pixel[2], window.strideW(), element[1], -window.padLeft());
        readPixel(code, x, pictures, pixel[0], row, column, element[2]);
    }

    /** {@code a * factor + b + constant} */
    private static int placed(Code code, int a, int factor, int b, int constant) {
        code.dot(constant, new int[] {a, b}, new long[] {factor, 1});
        return code.newInt();
    }

    private static void readPixel(Code code, Spot x, Shape pictures, int n, int row, int column, int channel) {
        code.choose(no -> code.requireWithin(new int[] {row, column}, new int[] {pictures.dim(1), pictures.dim(2)}, no), () -> code.get(x, () -> code.dot(0, new int[] {n, row, column, channel}, pictures.strides())), () -> code.number(0));
    }

    /** Elements of dy [n, outH, outW, out] that reach a pixel of dx: outer is the pixel [n, h, w], step a tap and channel [kh, kw, out]. */
    static Factor reaching(Spot dy, Shape gradients, int height, int width, int kernelWidth, Window window) {
        return (code, batch, outer, step) -> {
            int[] pixel = code.coordinates(outer, new int[] {gradients.dim(0), height, width});
            int[] tap = code.coordinates(step, new int[] {1 << 20, kernelWidth, gradients.dim(3)});
            int row = minus(code, pixel[1], tap[0], window.padTop());
            int column = minus(code, pixel[2], tap[1], window.padLeft());
            code.choose(no -> {
                requireMultiple(code, row, window.strideH(), no);
                requireMultiple(code, column, window.strideW(), no);
            }, () -> readPixel(code, dy, gradients, pixel[0], divided(code, row, window.strideH()), divided(code, column, window.strideW()), tap[2]),
                    () -> code.number(0));
        };
    }

    private static int minus(Code code, int a, int b, int constant) {
        code.loadInt(a);
        code.loadInt(b);
        code.raw().isub();
        code.integer(constant);
        code.raw().iadd();
        return code.newInt();
    }

    private static void requireMultiple(Code code, int local, int divisor, java.lang.classfile.Label no) {
        if (divisor > 1) {
            code.loadInt(local);
            code.integer(divisor);
            code.raw().irem();
            code.raw().ifne(no);
        }
    }

    /** A negative multiple stays negative. */
    private static int divided(Code code, int local, int divisor) {
        code.loadInt(local);
        code.integer(divisor);
        code.raw().idiv();
        return code.newInt();
    }

    /** Weights for {@link #reaching}: step is a tap and channel of dy [kh, kw, out], outer a channel of dx. */
    static Factor weightsTurned(Spot weights, int in, int out) {
        return (code, batch, outer, step) -> {
            int[] tap = code.coordinates(step, new int[] {1 << 20, out});
            code.get(weights, () -> code.dot(0, new int[] {tap[0], outer, tap[1]}, new long[] {(long) in * out, out, 1}));
        };
    }
}
