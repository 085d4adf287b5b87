package dev.t2i.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When two backends' results are the same. */
class DifferenceTest {

    private static double worst(Work.Kind kind, float[] results, float[] expected) {
        try (Arena arena = Arena.ofConfined()) {
            return Difference.worst(kind, List.of(Tensor.of(arena, Shape.of(results.length), results)),
                    List.of(Tensor.of(arena, Shape.of(expected.length), expected)));
        }
    }

    @Test
    void numbersAreMeasuredByTheLargest() {
        assertEquals(0.25, worst(Work.Kind.NUMBERS, new float[] {4, 0, -1}, new float[] {4, 1, -1}));
        assertEquals(0, worst(Work.Kind.NUMBERS, new float[] {0, 0}, new float[] {0, 0}));
        assertEquals(Double.POSITIVE_INFINITY, worst(Work.Kind.NUMBERS, new float[] {1e-30f}, new float[] {0}));
    }

    @Test
    void whatIsNoNumberAgreesWithNothing() {
        for (float none : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            assertEquals(Double.POSITIVE_INFINITY, worst(Work.Kind.NUMBERS, new float[] {1, none}, new float[] {1, none}));
            assertEquals(Double.POSITIVE_INFINITY, worst(Work.Kind.PICTURES, new float[] {none}, new float[] {1}));
        }
    }

    @Test
    void picturesAreMeasuredInTheLevelsOfTheirFiles() {
        assertEquals(0, worst(Work.Kind.PICTURES, new float[] {-1, 1.5f}, new float[] {-1.2f, 1}), "what is clipped is alike");
        assertEquals(1, worst(Work.Kind.PICTURES, new float[] {0.001f}, new float[] {-0.001f}));
        assertEquals(255, worst(Work.Kind.PICTURES, new float[] {-1}, new float[] {1}));
    }

    @Test
    void onlyTheSameTensorsCompare() {
        assertThrows(IllegalArgumentException.class, () -> worst(Work.Kind.NUMBERS, new float[] {1}, new float[] {1, 2}));
        assertThrows(IllegalArgumentException.class, () -> Difference.worst(Work.Kind.NUMBERS, List.of(), List.of(Tensor.of(Arena.ofAuto(), Shape.of(1), 1f))));
    }

    @Test
    void saysHowMuchAndHowMuchIsAllowed() {
        Difference one = new Difference("scalar", 0.03, 1e-5, Work.Kind.NUMBERS);
        assertFalse(one.agrees());
        assertEquals("differ from those of scalar by up to 3.0e-02 of the largest number, 1.0e-05 are allowed", one.toString());
        assertTrue(new Difference("scalar", 1, 1, Work.Kind.PICTURES).agrees());
        assertEquals("2/255", new Difference("scalar", 2, 1, Work.Kind.PICTURES).amount());
        assertFalse(new Difference("scalar", Double.POSITIVE_INFINITY, 1, Work.Kind.NUMBERS).agrees());
    }
}
