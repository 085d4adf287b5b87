package dev.t2i.backend.scalar;

import dev.t2i.graph.Window;
import java.util.Arrays;

/**
 * Convolution (cross-correlation, as the field uses the word) and its two adjoints. All three sum over one set of
 * triples: kernel tap {@code (ky, kx)} joins picture pixel {@code (iy, ix)} to result pixel {@code (oy, ox)} if
 * {@code iy = oy·strideH - padTop + ky} and {@code ix = ox·strideW - padLeft + kx}; pixels outside the picture are zero.
 */
final class Convolution {
    private Convolution() {}

    /** Given the first channel of a picture pixel x, of a kernel tap w [in, out], and of a result pixel y. */
    private interface Tap {
        void join(int x, int w, int y);
    }

    /** {@code y[n, oy, ox, o] = Σ x[n, iy, ix, c] · w[ky, kx, c, o]} */
    static void forward(Window window, Buffer x, Buffer w, Buffer y) {
        Arrays.fill(y.values(), 0);
        int in = w.dim(2);
        int out = w.dim(3);
        forEachTap(window, x, w, y, (x0, w0, y0) -> {
            for (int c = 0; c < in; c++) {
                for (int o = 0; o < out; o++) {
                    y.values()[y0 + o] += x.values()[x0 + c] * w.values()[w0 + c * out + o];
                }
            }
        });
    }

    /** {@code x[n, iy, ix, c] = Σ y[n, oy, ox, o] · w[ky, kx, c, o]} */
    static void inputGradient(Window window, Buffer y, Buffer w, Buffer x) {
        Arrays.fill(x.values(), 0);
        int in = w.dim(2);
        int out = w.dim(3);
        forEachTap(window, x, w, y, (x0, w0, y0) -> {
            for (int c = 0; c < in; c++) {
                double sum = 0;
                for (int o = 0; o < out; o++) {
                    sum += y.values()[y0 + o] * w.values()[w0 + c * out + o];
                }
                x.values()[x0 + c] += sum;
            }
        });
    }

    /** {@code w[ky, kx, c, o] = Σ x[n, iy, ix, c] · y[n, oy, ox, o]} */
    static void weightGradient(Window window, Buffer x, Buffer y, Buffer w) {
        Arrays.fill(w.values(), 0);
        int in = w.dim(2);
        int out = w.dim(3);
        forEachTap(window, x, w, y, (x0, w0, y0) -> {
            for (int c = 0; c < in; c++) {
                for (int o = 0; o < out; o++) {
                    w.values()[w0 + c * out + o] += x.values()[x0 + c] * y.values()[y0 + o];
                }
            }
        });
    }

    private static void forEachTap(Window window, Buffer x, Buffer w, Buffer y, Tap tap) {
        int height = x.dim(1);
        int width = x.dim(2);
        int in = w.dim(2);
        int out = w.dim(3);
        for (int n = 0; n < x.dim(0); n++) {
            for (int oy = 0; oy < y.dim(1); oy++) {
                for (int ox = 0; ox < y.dim(2); ox++) {
                    for (int ky = 0; ky < w.dim(0); ky++) {
                        for (int kx = 0; kx < w.dim(1); kx++) {
                            int iy = oy * window.strideH() - window.padTop() + ky;
                            int ix = ox * window.strideW() - window.padLeft() + kx;
                            if (iy >= 0 && iy < height && ix >= 0 && ix < width) {
                                tap.join(((n * height + iy) * width + ix) * in,
                                        (ky * w.dim(1) + kx) * in * out,
                                        ((n * y.dim(1) + oy) * y.dim(2) + ox) * out);
                            }
                        }
                    }
                }
            }
        }
    }
}
