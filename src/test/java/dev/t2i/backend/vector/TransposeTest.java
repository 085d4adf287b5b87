package dev.t2i.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows become columns, with vectors and with the plain loops of a young process, and nothing beside them is touched. */
class TransposeTest {
    @AfterEach
    void useVectors() {
        PlainTiles.allow(0);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "4, 4", "5, 3", "3, 9", "16, 17", "33, 8"})
    void turnsRowsIntoColumns(int rows, int columns) {
        int step = columns + 3;
        int outStep = rows + 2;
        for (long allowed : new long[] {0, Long.MAX_VALUE}) {
            PlainTiles.allow(allowed);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment a = arena.allocate(4L * rows * step);
                MemorySegment out = arena.allocate(4L * columns * outStep);
                for (int i = 0; i < rows * step; i++) {
                    a.set(BoxCopy.I32, 4L * i, i + 1);
                }
                Transpose.run(a, 0, 4L * step, rows, columns, out, 0, 4L * outStep);
                for (int j = 0; j < columns; j++) {
                    for (int i = 0; i < outStep; i++) {
                        assertEquals(i < rows ? i * step + j + 1 : 0, out.get(BoxCopy.I32, 4L * (j * outStep + i)));
                    }
                }
            }
        }
    }
}
