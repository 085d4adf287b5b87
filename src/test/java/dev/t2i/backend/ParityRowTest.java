package dev.t2i.backend;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table's own measure: what it lets through, no backend is asked for. */
class ParityRowTest {
    private static final double[] NUMBERS = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, 1, -1e30};

    @ParameterizedTest
    @EnumSource
    void whatIsNoFiniteNumberIsAnsweredByNothingElse(ParityRow.Agreement agreement) {
        for (double expected : NUMBERS) {
            for (double actual : NUMBERS) {
                // A finite number beside it, or there would be no scale.
                double[] wanted = {expected, 3};
                double[] given = {actual, 3};
                ParityRow row = new ParityRow("a row", agreement, null);
                if (Double.compare(expected, actual) == 0) {
                    assertDoesNotThrow(() -> row.compare("y", wanted, given, 1));
                } else {
                    assertThrows(AssertionError.class, () -> row.compare("y", wanted, given, 1), expected + " and " + actual);
                }
            }
        }
    }
}
