package dev.t2i.data;

import dev.t2i.data.scene.CaptionGrammar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.Arena;
import java.util.List;
import java.lang.foreign.MemorySegment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DataSpecTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "scenes | not a data set",
            "mnist:x | not a data set",
            "scenes:pictures | no folder",
            "scenes:?seed=x | whole number, not 'x'",
            "scenes:?split=dev | train, test or heldout, not 'dev'",
            "scenes:?count=0 | at least 1",
            "scenes:?sides=2 | a share from 0 to 1, not '2'",
            "scenes:?sides=x | a share from 0 to 1",
            "scenes:?sed=1 | no option 'sed'",
            "scenes:?seed=1&seed=2 | twice",
            "scenes:?seed | write scenes:?seed=1",
            "folder: | name the place, as in folder:DIR",
            "folder:x?faults=hide | refuse or skip, not 'hide'",
            "folder:x?seed=1 | no option 'seed'"})
    void faultsAreNamedInOneLine(String spec, String reason) {
        String message = assertThrows(DataException.class, () -> DataSpec.parse(spec).open()).getMessage();
        assertTrue(message.contains(reason), message);
        assertTrue(message.contains(spec), message);
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void specsSurviveTheRoundTrip() {
        for (String spec : new String[] {"scenes:", "scenes:?count=5&seed=-3&split=test", "scenes:?sides=0.5", "folder:/a b/c?text=caption", "folder:c:x"}) {
            assertEquals(spec, DataSpec.parse(spec).toString());
        }
    }

    @Test
    void scenesAreAFunctionOfTheirArguments() {
        CaptionedImages images = DataSpec.parse("scenes:?seed=3&count=50").open();
        assertEquals(50, images.size());
        assertThrows(IndexOutOfBoundsException.class, () -> images.describe(50, 0));
        CaptionedImages again = DataSpec.parse("scenes:?seed=3").open();
        assertEquals(CaptionedImages.ENDLESS, again.size());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment first = arena.allocate(32 * 32 * 3 * 4, 4);
            MemorySegment second = arena.allocate(32 * 32 * 3 * 4, 4);
            for (int i = 49; i >= 0; i--) {
                Example a = images.load(i, 7, 32, first);
                Example b = again.load(i, 7, 32, second);
                assertEquals(a, b);
                assertEquals(a, again.describe(i, 7));
                assertEquals(-1, first.mismatch(second));
                assertTrue(a.wrongCaption().isPresent());
                assertNotEquals(a.caption(), a.wrongCaption().get());
            }
        }
        assertNotEquals(images.describe(0, 1).caption(), images.describe(0, 2).caption());
        CaptionedImages heldOut = DataSpec.parse("scenes:?split=heldout").open();
        for (int i = 0; i < 2000; i++) {
            assertTrue(CaptionGrammar.namesHeldOut(heldOut.describe(i, i).attributes().orElseThrow().caption()));
        }
        DataReport report = DataCheck.check(List.of(DataSpec.parse("scenes:")), DataCheck.Limits.USUAL, _ -> { });
        assertTrue(report.ok());
        assertTrue(report.toJson(1).get("pictures").isNull());
    }
}
