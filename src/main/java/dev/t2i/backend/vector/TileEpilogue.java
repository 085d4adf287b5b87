package dev.t2i.backend.vector;

/**
 * Work on finished results while they are still in cache: a bias, an activation, a residual sum.
 *
 * <p>A kernel calls it from its worker threads, exactly once for every element of its output, after that element's
 * final value has been written. Calls come in no particular order and may overlap in time, on disjoint elements.
 */
@FunctionalInterface
public interface TileEpilogue {
    /**
     * Elements {@code [col, col + cols)} of row {@code row} in matrix {@code batch} of the output are final.
     *
     * <p>For a convolution {@code batch} is the picture, {@code row} the pixel {@code y * width + x} of the output picture
     * and {@code col} a channel.
     */
    void apply(int batch, int row, int col, int cols, int worker);
}
