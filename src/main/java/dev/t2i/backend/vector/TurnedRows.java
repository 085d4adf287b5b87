package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * The windows of {@link Windows}, transposed: a row for each element of a window, over the pixels of a band.
 *
 * <p>For weight gradients where registers are few: tiles of so few sums have no time for the checks of {@link ColumnTiles}, which look up where each
 * step begins, and would find each in another cache line. Bands are brought to a buffer channel by channel, with pixels as neighbours that a kernel visits one
 * after the other; a row is then a run of it for each row of output pixels. The short ones of small pictures are written out one behind the other.
 */
final class TurnedRows {
    /** Output pixels in a row from which on a row of the matrix is read where it lies. */
    private static final int LONG_PIECE = 32;

    private final Windows windows;
    /** Every so many columns of a padded picture are neighbours in a plane, and there are so many planes of each channel. */
    private final int step;
    private final int planes;
    private final int planeStride;
    private final int rowStride;
    private final int pictureStride;
    /** A band's pixels by pieces of a vector, the last of each row of them shorter: the first pixel of each, and where it lies in a plane. */
    private final int[] pieces;
    private final int[] starts;
    private final int piecesOfRow;
    /** Where each row of the matrix begins in a band, the last once more to fill up a tile. */
    final int[] rowStarts;

    TurnedRows(Windows windows) {
        this.windows = windows;
        step = windows.strideW;
        planes = Math.min(step, windows.kw);
        int room = 0;
        for (int plane = 0; plane < planes; plane++) {
            int end = firstColumn(plane) + Lanes.vectors(endColumn(plane) - firstColumn(plane)) * COUNT;
            room = Math.max(room, Math.max(end, columns(plane)));
        }
        rowStride = room;
        pictureStride = Math.multiplyExact((windows.bandRows - 1) * windows.strideH + windows.kh, rowStride);
        // An odd number of vectors spreads planes over the cache's sets.
        planeStride = (Lanes.vectors(Math.multiplyExact(windows.bandPictures, pictureStride)) | 1) * COUNT;
        rowStarts = new int[Lanes.wholeTiles(rows())];
        for (int i = 0; i < rowStarts.length; i++) {
            int row = Math.min(i, rows() - 1);
            int tap = row / windows.channels;
            int column = tap % windows.kw;
            rowStarts[i] = (column % step * windows.channels + row % windows.channels) * planeStride + tap / windows.kw * rowStride + column / step;
        }
        piecesOfRow = Lanes.vectors(windows.outW);
        pieces = new int[windows.bandPictures * windows.bandRows * piecesOfRow + 1];
        starts = new int[pieces.length];
        for (int i = 0; i < pieces.length; i++) {
            int row = i / piecesOfRow;
            int column = i % piecesOfRow * COUNT;
            pieces[i] = row * windows.outW + column;
            starts[i] = row / windows.bandRows * pictureStride + row % windows.bandRows * windows.strideH * rowStride + column;
        }
    }

    /** Columns of a padded picture that lie in a plane. */
    private int columns(int plane) {
        return Math.ceilDiv((windows.outW - 1) * step + windows.kw - plane, step);
    }

    /** The first of a plane's columns that comes from the picture. */
    private int firstColumn(int plane) {
        return Math.clamp(Math.ceilDiv(windows.left - plane, step), 0, columns(plane));
    }

    private int endColumn(int plane) {
        return Math.clamp(Math.ceilDiv(windows.w + windows.left - plane, step), firstColumn(plane), columns(plane));
    }

    /** Elements of a window. */
    int rows() {
        return windows.depth();
    }

    /** Whether the matrix is read where it lies: a row of it as a run for each row of output pixels, {@link #runStride} apart. */
    boolean inPlace() {
        return windows.outW >= LONG_PIECE && windows.bandPictures == 1;
    }

    /** From the pixels of one output row to those of the next. */
    int runStride() {
        return windows.strideH * rowStride;
    }

    /** Heap elements that a band takes, with room for a vector to read past its end. */
    long bandFloats() {
        return (long) planes * windows.channels * planeStride + COUNT;
    }

    static int stagingFloats() {
        return WorkerPool.ALIGNED + Transposition.BLOCK;
    }

    /** Brings rows {@code [from, to)} of a band's padded F32 pictures to {@code target}, where the band begins at {@code at}. */
    void load(int band, int from, int to, MemorySegment source, long offset, float[] target, int at, float[] staging) {
        int rowsOfPicture = (windows.rows(band) - 1) * windows.strideH + windows.kh;
        for (int row = from; row < to; row++) {
            int picture = row / rowsOfPicture;
            int rowOfPicture = row % rowsOfPicture;
            int y = windows.firstRow(band) * windows.strideH + rowOfPicture - windows.top;
            int rowAt = at + picture * pictureStride + rowOfPicture * rowStride;
            long first = offset + ((long) (windows.firstPicture(band) + picture) * windows.h + y) * windows.w * windows.channels;
            for (int plane = 0; plane < planes; plane++) {
                boolean inside = y >= 0 && y < windows.h;
                loadRow(plane, inside ? firstColumn(plane) : 0, inside ? endColumn(plane) : 0, source, first,
                        target, rowAt + plane * windows.channels * planeStride, staging);
            }
        }
    }

    /** Brings a row of a picture to its planes, all of whose columns are padding but those from {@code firstColumn} up to {@code endColumn}. */
    private void loadRow(int plane, int firstColumn, int endColumn, MemorySegment source, long row, float[] target, int at, float[] staging) {
        int channels = windows.channels;
        int columns = columns(plane);
        for (int column = firstColumn; column < endColumn; column += COUNT) {
            int pixels = Math.min(COUNT, endColumn - column);
            long pixel = row + (long) (plane + column * step - windows.left) * channels;
            for (int channel = 0; channel < channels; channel += COUNT) {
                Packing.turnRows(source, pixel + channel, (long) step * channels, pixels, channels - channel,
                        target, at + channel * planeStride + column, planeStride, staging);
            }
        }
        for (int channel = 0; channel < channels; channel++) {
            int from = at + channel * planeStride;
            Arrays.fill(target, from, from + firstColumn, 0f);
            Arrays.fill(target, from + endColumn, from + columns, 0f);
        }
    }

    /** Pieces of a band. */
    int pieces(int band) {
        return windows.pictures(band) * windows.rows(band) * piecesOfRow;
    }

    /** The first pixel of a piece, which is where the one before ends. */
    int pixel(int piece) {
        return pieces[piece];
    }

    /**
     * Writes out pieces {@code [fromPiece, toPiece)} of rows {@code [from, to)} of the matrix, whose band begins at {@code bandAt} in {@code band}.
     * Junk up to a vector's width follows each row.
     */
    void write(float[] band, int bandAt, int fromPiece, int toPiece, int from, int to, float[] target, int at, int stride) {
        int row = from;
        for (; row <= to - 4; row += 4) {
            write4(band, bandAt, fromPiece, toPiece, row, target, at + (row - from) * stride - pieces[fromPiece], stride);
        }
        for (; row < to; row++) {
            int in = bandAt + rowStarts[row];
            int out = at + (row - from) * stride - pieces[fromPiece];
            for (int piece = fromPiece; piece < toPiece; piece++) {
                FloatVector.fromArray(SPECIES, band, in + starts[piece]).intoArray(target, out + pieces[piece]);
            }
        }
    }

    /** Four rows, which share the looking up of a piece. */
    private void write4(float[] band, int bandAt, int fromPiece, int toPiece, int row, float[] target, int out, int stride) {
        int in0 = bandAt + rowStarts[row];
        int in1 = bandAt + rowStarts[row + 1];
        int in2 = bandAt + rowStarts[row + 2];
        int in3 = bandAt + rowStarts[row + 3];
        for (int piece = fromPiece; piece < toPiece; piece++) {
            int from = starts[piece];
            int to = out + pieces[piece];
            FloatVector.fromArray(SPECIES, band, in0 + from).intoArray(target, to);
            FloatVector.fromArray(SPECIES, band, in1 + from).intoArray(target, to + stride);
            FloatVector.fromArray(SPECIES, band, in2 + from).intoArray(target, to + 2 * stride);
            FloatVector.fromArray(SPECIES, band, in3 + from).intoArray(target, to + 3 * stride);
        }
    }
}
