package dev.t2i.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.image.ContactSheet;
import dev.t2i.image.Picture;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What a chart shows; how it looks is for eyes. */
class ChartTest {
    private static final int BLUE = 0x0072B2;
    private static final int ORANGE = 0xE69F00;
    private static final List<Contestant> TWO = List.of(FakeBackends.contestant("scalar"), FakeBackends.contestant("vector"));

    private static Measurement figure(String backend, double value, String unit) {
        return new Measurement(Suite.OPS, "a figure", backend, value, unit, 1, 0, Optional.empty(), Optional.empty());
    }

    private static Picture draw(Measurement... measurements) {
        Assumptions.assumeTrue(ContactSheet.hasFonts(), "this system has no fonts");
        return new Chart("a machine", TWO, new Comparison.Outcome(List.of(measurements), List.of(), Optional.empty(), Optional.of("scalar")), 1).draw();
    }

    /** Pixels of that colour, a bar and a square of the legend together. */
    private static long count(Picture picture, int colour) {
        long count = 0;
        for (int i = 0; i < picture.rgb().length; i += 3) {
            int rgb = (picture.rgb()[i] & 255) << 16 | (picture.rgb()[i + 1] & 255) << 8 | picture.rgb()[i + 2] & 255;
            count += rgb == colour ? 1 : 0;
        }
        return count;
    }

    @Test
    void barsAreAsLongAsTheirValues() {
        Picture picture = draw(figure("scalar", 10, "images/s"), figure("vector", 5, "images/s"));
        assertEquals(2, (double) count(picture, BLUE) / count(picture, ORANGE), 0.2);
        assertEquals(picture, draw(figure("scalar", 10, "images/s"), figure("vector", 5, "images/s")), "the same figures, the same chart");
    }

    @Test
    void theSlowestIsSeenBesideOneThousandsOfTimesAsFast() {
        assertTrue(count(draw(figure("scalar", 0.02, "GFLOP/s"), figure("vector", 200, "GFLOP/s")), BLUE) > 500);
    }

    @Test
    void unitsHavePanelsOfTheirOwn() {
        int one = draw(figure("scalar", 1, "ms"), figure("vector", 2, "ms")).height();
        int two = draw(figure("scalar", 1, "ms"), figure("vector", 2, "ms"), figure("scalar", 1, "GB/s"), figure("vector", 2, "GB/s")).height();
        assertTrue(two > one + 100, one + " and " + two);
    }

    @Test
    void aDisagreementIsWrittenOnTheChart() {
        Assumptions.assumeTrue(ContactSheet.hasFonts(), "this system has no fonts");
        Comparison.Outcome outcome = FakeBackends.compare(FakeBackends.work(Work.Kind.NUMBERS,
                Map.of("scalar", new float[] {1}, "vector", new float[] {2})), TWO);
        assertTrue(count(new Chart("a machine", TWO, outcome, 1).draw(), 0xB00020) > 0);
    }

    @Test
    void scalesAndDigits() {
        assertTrue(Panel.isLogarithmic(1, 20));
        assertFalse(Panel.isLogarithmic(1, 19));
        assertEquals("0.0123", Panel.digits(0.01234));
        assertEquals("3.03", Panel.digits(3.033));
        assertEquals("100", Panel.digits(100.3));
        assertEquals("0.1", Panel.digits(0.1));
        assertEquals("0", Panel.digits(0));
    }
}
