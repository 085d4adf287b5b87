package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The windows of zero-padded pictures [n, h, w, channels] that a kernel of kh by kw visits, one for each output pixel.
 *
 * <p>Pictures are copied in bands into a heap buffer with their padding made real; there, the window of an output pixel is
 * kh runs of kw * channels consecutive elements, {@link #rowStride} apart, overlapping its neighbours': the matrix that
 * "im2col" would write out, without writing it out. A band is some rows of output pixels of one picture, or, for small
 * pictures, a few whole ones.
 *
 * <p>Pictures of few channels are the exception: their runs are so short that a kernel would spend its time on beginning
 * and ending them, so each window is written out as one run. To the kernels, windows are {@link #runs} runs of
 * {@link #runLength} elements, {@link #runStride} apart, either way.
 */
final class Windows {
    /** Runs up to this long are joined. */
    private static final int SHORT_RUN = 32;

    final int n;
    final int h;
    final int w;
    final int channels;
    final int kh;
    final int kw;
    final int strideH;
    final int strideW;
    /** Rows and columns of padding before the picture; negative ones crop it. */
    final int top;
    final int left;
    final int outH;
    final int outW;

    /** Output rows in a band; the last of a picture may have fewer. */
    final int bandRows;
    /** Pictures in a band; more than one only when a band holds whole pictures. */
    final int bandPictures;
    private final int rowBands;

    private final int paddedW;
    /** Elements from a row of a padded picture to the next. */
    private final int rowStride;
    private final int pictureStride;
    private final boolean written;
    /** From a window that is written out to the next; copies of whole vectors end before it. */
    private final int windowStride;

    final int runs;
    final int runLength;
    final int runStride;
    /** Where the window of each pixel of a band begins, repeating the last to fill up a tile. */
    final int[] starts;

    Windows(int n, int h, int w, int channels, int kh, int kw, int strideH, int strideW, int top, int left, int outH, int outW,
            int bandPixels) {
        this(n, h, w, channels, kh, kw, strideH, strideW, top, left, outH, outW, bandPixels, writtenOut(kh, kw * channels));
    }

    /** A convolution's windows, none of them written out. */
    static Windows inPlace(ConvolutionShape s, int bandPixels) {
        return new Windows(s.n(), s.h(), s.w(), s.cin(), s.kh(), s.kw(), s.strideH(), s.strideW(), s.padTop(), s.padLeft(), s.outH(), s.outW(),
                bandPixels, false);
    }

    /** Elements of a run of a convolution's windows. */
    static int runLength(ConvolutionShape s) {
        int rowLength = s.kw() * s.cin();
        return writtenOut(s.kh(), rowLength) ? s.kh() * rowLength : rowLength;
    }

    private static boolean writtenOut(int kh, int rowLength) {
        return kh > 1 && rowLength <= SHORT_RUN;
    }

    private Windows(int n, int h, int w, int channels, int kh, int kw, int strideH, int strideW, int top, int left, int outH, int outW,
            int bandPixels, boolean written) {
        this.n = n;
        this.h = h;
        this.w = w;
        this.channels = channels;
        this.kh = kh;
        this.kw = kw;
        this.strideH = strideH;
        this.strideW = strideW;
        this.top = top;
        this.left = left;
        this.outH = outH;
        this.outW = outW;
        bandRows = Math.clamp(bandPixels / Math.max(outW, 1), 1, Math.max(outH, 1));
        rowBands = (outH + bandRows - 1) / bandRows;
        bandPictures = rowBands > 1 ? 1 : Math.clamp(bandPixels / Math.max(outH * outW, 1), 1, Math.max(n, 1));
        paddedW = (outW - 1) * strideW + kw;
        rowStride = Math.multiplyExact(paddedW, channels);
        pictureStride = Math.multiplyExact((bandRows - 1) * strideH + kh, rowStride);
        int rowLength = kw * channels;
        this.written = written;
        windowStride = (kh - 1) * rowLength + Lanes.vectors(rowLength) * Lanes.COUNT;
        runs = written ? 1 : kh;
        runLength = written ? kh * rowLength : rowLength;
        runStride = rowStride;
        int pixels = bandPictures * bandRows * outW;
        starts = new int[Lanes.wholeTiles(pixels)];
        for (int i = 0; i < starts.length; i++) {
            int pixel = Math.min(i, pixels - 1);
            int row = pixel / outW;
            starts[i] = written ? pixel * windowStride : row / bandRows * pictureStride + row % bandRows * strideH * rowStride
                    + pixel % outW * strideW * channels;
        }
    }

    /** Elements of a window. */
    int depth() {
        return kh * kw * channels;
    }

    int bands() {
        return rowBands * ((n + bandPictures - 1) / bandPictures);
    }

    /** Heap elements that a band takes, with room for a tile of columns to read past its end. */
    long bandFloats() {
        long floats = written ? (long) bandPictures * bandRows * outW * windowStride : (long) bandPictures * pictureStride;
        return floats + Lanes.TILE_ROWS;
    }

    int firstPicture(int band) {
        return band / rowBands * bandPictures;
    }

    int pictures(int band) {
        return Math.min(bandPictures, n - firstPicture(band));
    }

    int firstRow(int band) {
        return band % rowBands * bandRows;
    }

    int rows(int band) {
        return Math.min(bandRows, outH - firstRow(band));
    }

    int pixels(int band) {
        return pictures(band) * rows(band) * outW;
    }

    /** Rows that {@link #load} takes for a band, over all its pictures. */
    int loadRows(int band) {
        return pictures(band) * (written ? rows(band) : paddedRowsOfPicture(band));
    }

    /** Elements of room that {@link #load} needs. */
    int stagingFloats() {
        return written ? rowStride + Lanes.COUNT : 0;
    }

    private int paddedRowsOfPicture(int band) {
        return (rows(band) - 1) * strideH + kh;
    }

    /**
     * Copies rows {@code [from, to)} of a band of F32 pictures into {@code target}, where the band begins at {@code at}.
     * {@code staging} is room for {@link #stagingFloats}.
     */
    void load(int band, int from, int to, MemorySegment source, long offset, float[] target, int at, float[] staging) {
        if (written) {
            writeWindows(band, from, to, source, offset, target, at, staging);
            return;
        }
        int rowsOfPicture = paddedRowsOfPicture(band);
        for (int row = from; row < to; row++) {
            int picture = row / rowsOfPicture;
            int rowOfPicture = row % rowsOfPicture;
            loadRow(firstPicture(band) + picture, firstRow(band) * strideH + rowOfPicture, source, offset,
                    target, at + picture * pictureStride + rowOfPicture * rowStride);
        }
    }

    /** Writes out the windows of output rows {@code [from, to)}. */
    private void writeWindows(int band, int from, int to, MemorySegment source, long offset, float[] target, int at, float[] staging) {
        int rowsOfPicture = rows(band);
        int rowLength = kw * channels;
        for (int row = from; row < to; row++) {
            for (int i = 0; i < kh; i++) {
                loadRow(firstPicture(band) + row / rowsOfPicture, (firstRow(band) + row % rowsOfPicture) * strideH + i,
                        source, offset, staging, 0);
                Packing.spread(staging, strideW * channels, rowLength, outW,
                        target, at + row * outW * windowStride + i * rowLength, windowStride);
            }
        }
    }

    /** Copies one row of a padded picture. */
    private void loadRow(int picture, int paddedRow, MemorySegment source, long offset, float[] target, int out) {
        int firstColumn = Math.clamp(left, 0, paddedW);
        int endColumn = Math.clamp((long) w + left, firstColumn, paddedW);
        int y = paddedRow - top;
        if (y < 0 || y >= h || firstColumn == endColumn) {
            Arrays.fill(target, out, out + rowStride, 0f);
            return;
        }
        Arrays.fill(target, out, out + firstColumn * channels, 0f);
        long in = (((long) picture * h + y) * w + (firstColumn - left)) * channels + offset;
        Packing.copy(source, DType.F32, in, target, out + firstColumn * channels, (endColumn - firstColumn) * channels);
        Arrays.fill(target, out + endColumn * channels, out + rowStride, 0f);
    }
}
