package dev.t2i.backend.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shape of this machine, and the register tile of the matrix kernels that follows from it.
 *
 * <p>A tile of {@link #TILE_ROWS} rows by up to {@link #TILE_VECTORS} vectors keeps its sums in registers. Machines with
 * 32 vector registers (AVX-512, NEON) hold 8 by 3 sums beside their operands; AVX2 has 16 registers, enough for 5 by 2.
 */
final class Lanes {
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    /** F32 elements in a vector. */
    static final int COUNT = SPECIES.length();

    /** Whether there are but 16 registers: of more than ten sums C2 keeps some in memory, whatever the tile's shape. */
    static final boolean FEW_REGISTERS = COUNT == 8;
    /** Rows of a tile; where registers are few, some tiles have one less, see {@link #tileHeight}. */
    static final int TILE_ROWS = FEW_REGISTERS ? 5 : 8;
    static final int TILE_VECTORS = FEW_REGISTERS ? 2 : 3;

    private Lanes() {}

    /** The vectors that {@code elements} fill, the last one perhaps in part. */
    static int vectors(int elements) {
        return (elements + COUNT - 1) / COUNT;
    }

    /** {@code rows} rounded up to whole tiles. */
    static int wholeTiles(int rows) {
        if (FEW_REGISTERS) {
            return Math.max(rows, Math.ceilDiv(rows, TILE_ROWS) * (TILE_ROWS - 1));
        }
        return Math.ceilDiv(rows, TILE_ROWS) * TILE_ROWS;
    }

    /** Rows of the first of the tiles that so many rows, a result of {@link #wholeTiles} or what is left of one, are cut into. */
    static int tileHeight(int rows) {
        return FEW_REGISTERS && rows <= Math.ceilDiv(rows, TILE_ROWS) * (TILE_ROWS - 1) ? TILE_ROWS - 1 : TILE_ROWS;
    }

    /** Where tile {@code tile} of so many rows begins. */
    static int tileRow(int rows, int tile) {
        if (FEW_REGISTERS) {
            int lower = TILE_ROWS - 1;
            return tile * lower + Math.clamp(rows - Math.ceilDiv(rows, TILE_ROWS) * lower, 0, tile);
        }
        return tile * TILE_ROWS;
    }
}
