package dev.t2i.backend.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shape of this machine, and the register tile of the matrix kernels that follows from it.
 *
 * <p>A tile of {@link #TILE_ROWS} rows by up to {@link #TILE_VECTORS} vectors keeps its sums in registers. Machines with
 * 32 vector registers (AVX-512, NEON) hold 8 by 3 sums beside their operands; AVX2 has 16 registers, enough for 4 by 2.
 */
final class Lanes {
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    /** F32 elements in a vector. */
    static final int COUNT = SPECIES.length();

    private static final boolean FEW_REGISTERS = COUNT == 8;
    static final int TILE_ROWS = FEW_REGISTERS ? 4 : 8;
    static final int TILE_VECTORS = FEW_REGISTERS ? 2 : 3;

    private Lanes() {}

    /** The vectors that {@code elements} fill, the last one perhaps in part. */
    static int vectors(int elements) {
        return (elements + COUNT - 1) / COUNT;
    }

    /** {@code rows} rounded up to whole tiles. */
    static int wholeTiles(int rows) {
        return (rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    }
}
