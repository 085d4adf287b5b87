package dev.t2i.backend.vector;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Bands of {@link Windows} for {@link PixelTiles}: padded rows of pictures, each turned so that the pixels of one channel are neighbours.
 */
final class PixelRows {
    private final Windows windows;
    private final int paddedW;
    /** Pixels of the padded row that come from the picture. */
    private final int firstColumn;
    private final int endColumn;
    /** From a channel of a row to the next: room for whole vectors, and an odd number of them, which spreads channels over the cache's sets. */
    private final int channelStride;
    private final int rowStride;
    /** Vectors of an output row, and those of a band in whole tiles. */
    private final int rowVectors;
    private final int[] starts;
    /** From a window's first element to each of them. */
    private final int[] shifts;

    private PixelRows(Windows windows) {
        this.windows = windows;
        paddedW = windows.outW - 1 + windows.kw;
        firstColumn = Math.clamp(windows.left, 0, paddedW);
        endColumn = Math.clamp((long) windows.w + windows.left, firstColumn, paddedW);
        rowVectors = Lanes.vectors(windows.outW);
        int room = Math.max(rowVectors * Lanes.COUNT + windows.kw - 1, firstColumn + Lanes.vectors(endColumn - firstColumn) * Lanes.COUNT);
        channelStride = (Lanes.vectors(room) | 1) * Lanes.COUNT;
        rowStride = Math.multiplyExact(windows.channels, channelStride);
        int rows = windows.bandPictures * windows.bandRows;
        starts = new int[Math.ceilDiv(rows * rowVectors, PixelTiles.VECTORS) * PixelTiles.VECTORS];
        for (int i = 0; i < starts.length; i++) {
            int vector = Math.min(i, rows * rowVectors - 1);
            int row = vector / rowVectors;
            int paddedRow = row / windows.bandRows * (windows.bandRows - 1 + windows.kh) + row % windows.bandRows;
            starts[i] = paddedRow * rowStride + vector % rowVectors * Lanes.COUNT;
        }
        shifts = new int[windows.depth()];
        for (int i = 0; i < shifts.length; i++) {
            int tap = i / windows.channels;
            shifts[i] = tap / windows.kw * rowStride + i % windows.channels * channelStride + tap % windows.kw;
        }
    }

    /** For these windows and as many results a pixel, or null where other tiles are at least as good. */
    static PixelRows of(Windows windows, int columns) {
        boolean fits = columns == PixelTiles.CHANNELS && windows.strideH == 1 && windows.strideW == 1
                && 2 * Lanes.vectors(windows.outW) * Lanes.COUNT <= 3 * windows.outW;
        return fits ? new PixelRows(windows) : null;
    }

    long bandFloats() {
        return (long) windows.bandPictures * (windows.bandRows - 1 + windows.kh) * rowStride;
    }

    static int stagingFloats() {
        return WorkerPool.ALIGNED + Math.max(Transposition.BLOCK, PixelTiles.SIZE);
    }

    /** Brings a band of F32 pictures to {@code target[at..]}. */
    void load(int band, MemorySegment source, long offset, float[] target, int at, float[] staging) {
        int rows = windows.rows(band) - 1 + windows.kh;
        for (int picture = 0; picture < windows.pictures(band); picture++) {
            for (int row = 0; row < rows; row++) {
                loadRow(windows.firstPicture(band) + picture, windows.firstRow(band) + row - windows.top, source, offset,
                        target, at + (picture * (windows.bandRows - 1 + windows.kh) + row) * rowStride, staging);
            }
        }
    }

    private void loadRow(int picture, int y, MemorySegment source, long offset, float[] target, int at, float[] staging) {
        if (y < 0 || y >= windows.h || firstColumn == endColumn) {
            Arrays.fill(target, at, at + rowStride, 0f);
            return;
        }
        int channels = windows.channels;
        long row = offset + ((long) picture * windows.h + y) * windows.w * channels;
        for (int column = firstColumn; column < endColumn; column += Lanes.COUNT) {
            int pixels = Math.min(Lanes.COUNT, endColumn - column);
            for (int channel = 0; channel < channels; channel += Lanes.COUNT) {
                long first = row + (long) (column - windows.left) * channels + channel;
                Packing.turnRows(source, first, channels, pixels, channels - channel, target, at + channel * channelStride + column, channelStride, staging);
            }
        }
        for (int channel = 0; channel < channels; channel++) {
            int from = at + channel * channelStride;
            Arrays.fill(target, from, from + firstColumn, 0f);
            Arrays.fill(target, from + endColumn, from + paddedW, 0f);
        }
    }

    /** Computes a band's results, pixel by pixel with their channels side by side, into {@code sums[sumsAt..]}. */
    void multiply(int band, float[] rows, int rowsAt, float[] weights, int weightsAt, float[] sums, int sumsAt, float[] tile) {
        int vectors = windows.pictures(band) * windows.rows(band) * rowVectors;
        for (int first = 0; first < vectors; first += PixelTiles.VECTORS) {
            if (Lanes.FEW_REGISTERS) {
                PixelTiles.multiplyFew(rows, rowsAt, starts, first, shifts, weights, weightsAt, tile, WorkerPool.ALIGNED);
            } else {
                PixelTiles.multiply(rows, rowsAt, starts, first, windows.kh, rowStride, windows.kw, windows.channels, channelStride,
                        weights, weightsAt, tile, WorkerPool.ALIGNED);
            }
            for (int i = 0; i < Math.min(PixelTiles.VECTORS, vectors - first); i++) {
                int column = (first + i) % rowVectors * Lanes.COUNT;
                int pixel = (first + i) / rowVectors * windows.outW + column;
                join(tile, WorkerPool.ALIGNED + i * Lanes.COUNT, Math.min(Lanes.COUNT, windows.outW - column),
                        sums, sumsAt + pixel * PixelTiles.CHANNELS);
            }
        }
    }

    private static void join(float[] tile, int from, int pixels, float[] sums, int at) {
        int second = from + PixelTiles.VECTORS * Lanes.COUNT;
        int third = second + PixelTiles.VECTORS * Lanes.COUNT;
        for (int i = 0; i < pixels; i++) {
            sums[at + 3 * i] = tile[from + i];
            sums[at + 3 * i + 1] = tile[second + i];
            sums[at + 3 * i + 2] = tile[third + i];
        }
    }
}
