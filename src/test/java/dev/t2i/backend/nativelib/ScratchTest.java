package dev.t2i.backend.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Memory aside for products, which may be asked for more than there is and then for less. */
class ScratchTest {
    /** More than a processor can address. */
    private static final long TOO_MUCH = 1L << 60;

    @Test
    void itOnlyGrows() {
        try (Scratch scratch = new Scratch()) {
            scratch.ensure(2, 100);
            scratch.ensure(1, 300);
            scratch.ensure(3, 200);
            for (int worker = 0; worker < 3; worker++) {
                assertEquals(300, scratch.of(worker).byteSize());
            }
            assertEquals(50, scratch.panels(50).byteSize());
            assertEquals(50, scratch.panels(40).byteSize());
        }
    }

    @Test
    void workersHaveTheirsAgainAfterTooMuchWasAskedFor() {
        try (Scratch scratch = new Scratch()) {
            scratch.ensure(2, 100);
            assertThrows(OutOfMemoryError.class, () -> scratch.ensure(2, TOO_MUCH));
            scratch.ensure(2, 80);
            for (int worker = 0; worker < 2; worker++) {
                requireUsable(scratch.of(worker), 80);
            }
        }
    }

    @Test
    void panelsAreThereAgainAfterTooMuchWasAskedFor() {
        try (Scratch scratch = new Scratch()) {
            scratch.panels(100);
            assertThrows(OutOfMemoryError.class, () -> scratch.panels(TOO_MUCH));
            requireUsable(scratch.panels(80), 80);
        }
    }

    @Test
    void itClosesAfterTooMuchWasAskedFor() {
        Scratch scratch = new Scratch();
        scratch.panels(100);
        assertThrows(OutOfMemoryError.class, () -> scratch.ensure(1, TOO_MUCH));
        assertThrows(OutOfMemoryError.class, () -> scratch.panels(TOO_MUCH));
        scratch.close();
        scratch.close();
    }

    private static void requireUsable(MemorySegment memory, long bytes) {
        assertTrue(memory.byteSize() >= bytes, "%d bytes of %d".formatted(memory.byteSize(), bytes));
        memory.fill((byte) 1);
    }
}
