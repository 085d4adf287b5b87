package dev.t2i.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

class LanesTest {
    @Test
    void tilesCoverAllRows() {
        for (int rows = 0; rows < 200; rows++) {
            int whole = Lanes.wholeTiles(rows);
            assertTrue(whole >= rows && whole < rows + Lanes.TILE_ROWS, rows + " rows in tiles are " + whole);
            int tile = 0;
            for (int row = 0; row < whole; row += Lanes.tileHeight(whole - row)) {
                assertEquals(row, Lanes.tileRow(rows, tile), "tile " + tile + " of " + rows + " rows");
                tile++;
            }
            assertEquals(whole, Lanes.tileRow(rows, tile), "the end of " + rows + " rows");
            assertEquals(Math.ceilDiv(rows, Lanes.TILE_ROWS), tile, "tiles of " + rows + " rows");
        }
    }

    @Test
    void fewRegistersWasteNoRowsOfLargeProducts() {
        assumeTrue(Lanes.FEW_REGISTERS, "vectors are not of 256 bits here");
        for (int rows = 12; rows < 100; rows++) {
            assertEquals(rows, Lanes.wholeTiles(rows));
        }
    }
}
