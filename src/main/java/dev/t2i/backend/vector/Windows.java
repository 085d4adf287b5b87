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
 */
final class Windows {
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
    final int rowStride;
    private final int pictureStride;
    /** Where the window of each pixel of a band begins, repeating the last to fill up a tile. */
    final int[] starts;

    Windows(int n, int h, int w, int channels, int kh, int kw, int strideH, int strideW, int top, int left, int outH, int outW,
            int bandPixels) {
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
        int pixels = bandPictures * bandRows * outW;
        starts = new int[Lanes.wholeTiles(pixels)];
        for (int i = 0; i < starts.length; i++) {
            int pixel = Math.min(i, pixels - 1);
            int row = pixel / outW;
            starts[i] = row / bandRows * pictureStride + row % bandRows * strideH * rowStride
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
        return (long) bandPictures * pictureStride + Lanes.TILE_ROWS;
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

    /** Padded picture rows that a band covers, over all its pictures. */
    int paddedRows(int band) {
        return pictures(band) * paddedRowsOfPicture(band);
    }

    private int paddedRowsOfPicture(int band) {
        return (rows(band) - 1) * strideH + kh;
    }

    /** Copies padded rows {@code [from, to)} of a band of F32 pictures into {@code target}, where the band begins at {@code at}. */
    void load(int band, int from, int to, MemorySegment source, long offset, float[] target, int at) {
        int firstColumn = Math.clamp(left, 0, paddedW);
        int endColumn = Math.clamp((long) w + left, firstColumn, paddedW);
        int rowsOfPicture = paddedRowsOfPicture(band);
        for (int row = from; row < to; row++) {
            int picture = row / rowsOfPicture;
            int y = firstRow(band) * strideH + row % rowsOfPicture - top;
            int out = at + picture * pictureStride + row % rowsOfPicture * rowStride;
            if (y < 0 || y >= h || firstColumn == endColumn) {
                Arrays.fill(target, out, out + rowStride, 0f);
                continue;
            }
            Arrays.fill(target, out, out + firstColumn * channels, 0f);
            long in = (((long) (firstPicture(band) + picture) * h + y) * w + (firstColumn - left)) * channels + offset;
            Packing.copy(source, DType.F32, in, target, out + firstColumn * channels, (endColumn - firstColumn) * channels);
            Arrays.fill(target, out + endColumn * channels, out + rowStride, 0f);
        }
    }
}
