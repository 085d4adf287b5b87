package dev.t2i.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The three kernels against double-precision loops, and bit for bit against themselves on other threads and batches. */
class ConvolutionTest {
    private static final int GUARD = 3;

    @BeforeEach
    @AfterEach
    void useVectors() {
        PlainTiles.allow(0);
    }

    /** Sums of products and of their magnitudes; the latter bound the rounding error. */
    private record Reference(double[] y, double[] scaleY, double[] dx, double[] scaleDx, double[] dw, double[] scaleDw) {
        static Reference of(ConvolutionShape s, float[] x, float[] w, float[] dy) {
            Reference r = new Reference(new double[dy.length], new double[dy.length], new double[x.length], new double[x.length],
                    new double[w.length], new double[w.length]);
            for (int n = 0; n < s.n(); n++) {
                for (int oy = 0; oy < s.outH(); oy++) {
                    for (int ox = 0; ox < s.outW(); ox++) {
                        for (int ky = 0; ky < s.kh(); ky++) {
                            for (int kx = 0; kx < s.kw(); kx++) {
                                int iy = oy * s.strideH() + ky - s.padTop();
                                int ix = ox * s.strideW() + kx - s.padLeft();
                                if (iy >= 0 && iy < s.h() && ix >= 0 && ix < s.w()) {
                                    r.addPixel(s, x, w, dy, ((n * s.h() + iy) * s.w() + ix) * s.cin(), (ky * s.kw() + kx) * s.cin(),
                                            ((n * s.outH() + oy) * s.outW() + ox) * s.cout());
                                }
                            }
                        }
                    }
                }
            }
            return r;
        }

        private void addPixel(ConvolutionShape s, float[] x, float[] w, float[] dy, int atX, int atW, int atY) {
            for (int ci = 0; ci < s.cin(); ci++) {
                for (int co = 0; co < s.cout(); co++) {
                    int iw = (atW + ci) * s.cout() + co;
                    add(y, scaleY, atY + co, x[atX + ci], w[iw]);
                    add(dx, scaleDx, atX + ci, dy[atY + co], w[iw]);
                    add(dw, scaleDw, iw, x[atX + ci], dy[atY + co]);
                }
            }
        }

        private static void add(double[] sums, double[] scales, int at, double a, double b) {
            sums[at] += a * b;
            scales[at] += Math.abs(a * b);
        }
    }

    private static float[] random(int size, long seed) {
        Random random = new Random(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Tensor tensor(Arena arena, float[] values) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, Shape.of(values.length + 2 * GUARD));
        for (int i = 0; i < values.length; i++) {
            tensor.set(GUARD + i, values[i]);
        }
        return tensor;
    }

    private static float[] values(Tensor tensor) {
        float[] all = tensor.toFloatArray();
        for (int i = 0; i < GUARD; i++) {
            assertEquals(0, all[i]);
            assertEquals(0, all[all.length - 1 - i]);
        }
        return Arrays.copyOfRange(all, GUARD, all.length - GUARD);
    }

    private static float[] inputs(ConvolutionShape s) {
        return random(s.n() * s.h() * s.w() * s.cin(), 1);
    }

    private static float[] weights(ConvolutionShape s) {
        return random(s.kh() * s.kw() * s.cin() * s.cout(), 2);
    }

    private static float[] outputGradients(ConvolutionShape s) {
        return random(s.n() * s.outH() * s.outW() * s.cout(), 3);
    }

    /** y, dx and dw. */
    private static float[][] compute(ConvolutionShape s, float[] x, float[] w, float[] dy, int threads) {
        try (Arena arena = Arena.ofShared(); WorkerPool pool = new WorkerPool(threads)) {
            Convolution convolution = new Convolution(s);
            Tensor tx = tensor(arena, x);
            Tensor tw = tensor(arena, w);
            Tensor tdy = tensor(arena, dy);
            Tensor y = tensor(arena, new float[dy.length]);
            Tensor dx = tensor(arena, new float[x.length]);
            Tensor dw = tensor(arena, new float[w.length]);
            AtomicIntegerArray finishedY = new AtomicIntegerArray(dy.length);
            AtomicIntegerArray finishedDx = new AtomicIntegerArray(x.length);
            for (int repeat = 0; repeat < 2; repeat++) { // buffers hold leftovers the second time
                convolution.forward(pool, tx.segment(), GUARD, tw.segment(), GUARD, y.segment(), GUARD,
                        (picture, pixel, col, cols, worker) -> {
                            for (int c = col; c < col + cols; c++) {
                                finishedY.incrementAndGet((picture * s.outH() * s.outW() + pixel) * s.cout() + c);
                            }
                        });
                convolution.inputGrad(pool, tdy.segment(), GUARD, tw.segment(), GUARD, dx.segment(), GUARD,
                        (picture, pixel, col, cols, worker) -> {
                            for (int c = col; c < col + cols; c++) {
                                finishedDx.incrementAndGet((picture * s.h() * s.w() + pixel) * s.cin() + c);
                            }
                        });
                convolution.weightGrad(pool, tx.segment(), GUARD, tdy.segment(), GUARD, dw.segment(), GUARD);
            }
            for (int i = 0; i < finishedY.length(); i++) {
                assertEquals(2, finishedY.get(i), "epilogue calls for element " + i);
            }
            for (int i = 0; i < finishedDx.length(); i++) {
                assertEquals(2, finishedDx.get(i), "epilogue calls for element " + i);
            }
            return new float[][] {values(y), values(dx), values(dw)};
        }
    }

    private static void requireClose(String what, double[] expected, double[] scale, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < actual.length; i++) {
            assertEquals(expected[i], actual[i], 4e-6 * scale[i], what + " element " + i);
        }
    }

    private static void check(ConvolutionShape s) {
        float[] x = inputs(s);
        float[] w = weights(s);
        float[] dy = outputGradients(s);
        float[][] results = compute(s, x, w, dy, 1);
        Reference reference = Reference.of(s, x, w, dy);
        requireClose("y of " + s, reference.y, reference.scaleY, results[0]);
        requireClose("dx of " + s, reference.dx, reference.scaleDx, results[1]);
        requireClose("dw of " + s, reference.dw, reference.scaleDw, results[2]);
        PlainTiles.allow(Long.MAX_VALUE);
        float[][] plain = compute(s, x, w, dy, 2);
        PlainTiles.allow(0);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(results[i], plain[i], "result " + i + " of " + s + " by plain loops");
        }
        for (int threads : new int[] {2, 3, 5}) { // more than four work differently
            float[][] again = compute(s, x, w, dy, threads);
            for (int i = 0; i < 3; i++) {
                assertArrayEquals(results[i], again[i], "result " + i + " of " + s + " on " + threads + " threads");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        // n, h, w, cin, cout, kernel, stride, pad
        "2, 8, 8, 24, 40, 3, 1, 1", "3, 4, 4, 32, 32, 3, 1, 1", "1, 16, 16, 8, 3, 3, 1, 1", "2, 9, 7, 3, 24, 3, 1, 1",
        "2, 12, 12, 5, 7, 1, 1, 0", "3, 6, 10, 7, 1, 3, 1, 1", "2, 8, 8, 24, 48, 4, 2, 1", "1, 9, 11, 5, 6, 4, 2, 1",
        "4, 4, 4, 20, 1, 4, 1, 0", "2, 7, 7, 4, 9, 1, 2, 0", "1, 11, 5, 3, 17, 5, 3, 2", "2, 3, 3, 6, 5, 2, 1, 0",
        "1, 40, 33, 3, 50, 3, 1, 1", "20, 2, 2, 16, 16, 3, 1, 1", "1, 1, 1, 70, 33, 1, 1, 0", "2, 5, 5, 2, 2, 3, 2, 0",
        "2, 13, 11, 3, 32, 3, 1, 1", "5, 6, 5, 3, 64, 3, 1, 1", "1, 30, 40, 32, 3, 3, 1, 1", "3, 4, 4, 16, 96, 1, 1, 0", "1, 2, 2, 3, 32, 3, 1, 1",
        "1, 6, 6, 1, 1, 3, 1, 2", "1, 4, 4, 2, 3, 2, 4, 1", "2, 9, 7, 21, 3, 3, 1, 1", "1, 100, 101, 17, 3, 3, 1, 1",
        "5, 16, 16, 20, 3, 3, 1, 1", "2, 20, 36, 5, 3, 5, 1, 0", "2, 33, 17, 3, 32, 3, 2, 1", "3, 48, 48, 3, 48, 3, 1, 1", "0, 16, 16, 3, 48, 3, 1, 1",
        // Weight gradients by rows: of every number that five and four do not add up to, in place, over several bands, with strides.
        "2, 9, 9, 1, 18, 1, 1, 0", "2, 9, 9, 2, 16, 1, 1, 0", "3, 5, 5, 7, 16, 1, 1, 0", "2, 6, 7, 11, 24, 1, 1, 0", "2, 40, 34, 5, 16, 3, 1, 1",
        "3, 8, 8, 70, 48, 3, 1, 1", "1, 9, 66, 6, 17, 3, 2, 1", "2, 12, 70, 3, 16, 5, 2, 0", "1, 37, 3, 4, 33, 3, 1, 1", "1, 12, 16, 3, 16, 3, 1, 1"
    })
    void matchesTheLoops(int n, int h, int w, int cin, int cout, int kernel, int stride, int pad) {
        check(ConvolutionShape.square(n, h, w, cin, cout, kernel, stride, pad));
    }

    @Test
    void matchesTheLoopsForUnevenSizes() {
        check(new ConvolutionShape(2, 8, 6, 5, 18, 3, 2, 1, 2, 0, 1, 2, 0));
        check(new ConvolutionShape(1, 5, 9, 16, 4, 1, 3, 2, 1, 3, 0, 0, 2));
        check(new ConvolutionShape(2, 7, 6, 9, 32, 3, 1, 1, 1, 1, 0, 1, 0));
        check(new ConvolutionShape(2, 25, 40, 18, 3, 2, 4, 1, 1, 0, 3, 2, 0));
        Random random = new Random(5);
        for (int i = 0; i < 25; i++) {
            int kh = 1 + random.nextInt(4);
            int kw = 1 + random.nextInt(4);
            check(new ConvolutionShape(1 + random.nextInt(3), kh + random.nextInt(9), kw + random.nextInt(9),
                    1 + random.nextInt(20), 1 + random.nextInt(40), kh, kw, 1 + random.nextInt(3), 1 + random.nextInt(3),
                    random.nextInt(3), random.nextInt(3), random.nextInt(3), random.nextInt(3)));
        }
    }

    @Test
    void aPictureAloneEqualsThePictureInABatch() {
        for (int stride = 1; stride <= 2; stride++) {
            ConvolutionShape many = ConvolutionShape.square(5, 8, 8, 12, 20, 4, stride, 1);
            ConvolutionShape one = ConvolutionShape.square(1, 8, 8, 12, 20, 4, stride, 1);
            float[] x = inputs(many);
            float[] w = weights(many);
            float[] dy = outputGradients(many);
            float[][] together = compute(many, x, w, dy, 2);
            int sizeX = x.length / 5;
            int sizeY = dy.length / 5;
            for (int i = 0; i < 5; i++) {
                float[][] alone = compute(one, Arrays.copyOfRange(x, i * sizeX, (i + 1) * sizeX), w,
                        Arrays.copyOfRange(dy, i * sizeY, (i + 1) * sizeY), 2);
                assertArrayEquals(Arrays.copyOfRange(together[0], i * sizeY, (i + 1) * sizeY), alone[0]);
                assertArrayEquals(Arrays.copyOfRange(together[1], i * sizeX, (i + 1) * sizeX), alone[1]);
            }
        }
    }

    @Test
    void sumsForwardInTheDocumentedOrder() {
        ConvolutionShape s = ConvolutionShape.square(1, 6, 6, 10, 4, 3, 1, 0);
        float[] x = inputs(s);
        float[] w = weights(s);
        float[] y = compute(s, x, w, outputGradients(s), 2)[0];
        for (int pixel = 0; pixel < 16; pixel++) {
            for (int co = 0; co < 4; co++) {
                float sum = 0;
                for (int ky = 0; ky < 3; ky++) {
                    for (int kx = 0; kx < 3; kx++) {
                        for (int ci = 0; ci < 10; ci++) {
                            sum = Math.fma(x[((pixel / 4 + ky) * 6 + pixel % 4 + kx) * 10 + ci], w[((ky * 3 + kx) * 10 + ci) * 4 + co], sum);
                        }
                    }
                }
                assertEquals(sum, y[pixel * 4 + co]);
            }
        }
    }

    @Test
    void refusesImpossibleShapes() {
        assertThrows(IllegalArgumentException.class, () -> ConvolutionShape.square(1, 2, 2, 1, 1, 5, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> ConvolutionShape.square(1, 2, 2, 1, 1, 1, 0, 0));
    }
}
