package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BackendException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Which drivers are used and what is said of the others, on drivers that stand in for TornadoVM's. */
class DriversTest {
    private final Object[] slots = new Object[4];
    private final List<Integer> counts = new ArrayList<>(List.of(0));

    private List<Drivers.Idle> sortOut(Drivers.Candidate... candidates) {
        return Drivers.sortOut(List.of(candidates), new Drivers.Slots(slots, counts::add), driver -> {
            if (driver.equals("dumb")) {
                throw new BackendException("it does not know its devices");
            }
            return driver.equals("empty") ? 0 : 1;
        }, Runnable::run);
    }

    private static Drivers.Candidate candidate(String name, Callable<Object> create) {
        return new Drivers.Candidate(name, "a module", create);
    }

    private static Drivers.Candidate failing(String name, Throwable failure) {
        return candidate(name, () -> {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (Exception) failure;
        });
    }

    private String why(Throwable failure) {
        return sortOut(failing("one", failure)).getFirst().why();
    }

    @Test
    void thoseThatWorkAreNumberedOnAndTheOthersNamed() {
        List<Drivers.Idle> idle = sortOut(
                failing("first", new UnsatisfiedLinkError("/sdk/lib/libtornado-first.so: libfirst.so.1: cannot open shared object file: No such file or directory")),
                candidate("second", () -> "2nd"),
                candidate("third", () -> "dumb"),
                candidate("fourth", () -> "empty"),
                candidate("fifth", () -> null),
                candidate("sixth", () -> "6th"),
                failing("seventh", new IllegalStateException("[ERROR] Seventh\nDriver Not Found")));
        assertEquals(Arrays.asList("2nd", "6th", null, null), Arrays.asList(slots));
        assertEquals(2, counts.getLast());
        assertEquals(List.of("tornado:first", "tornado:third", "tornado:fourth", "tornado:fifth", "tornado:seventh"), idle.stream().map(Drivers.Idle::address).toList());
        assertEquals(List.of("libfirst.so.1 is missing", "it does not know its devices", "no device found", "no device found", "Seventh Driver Not Found"),
                idle.stream().map(each -> each.reason()).toList());
        assertTrue(idle.getFirst().why().endsWith("; install the device's driver, which has it"), idle.getFirst()::why);
    }

    /** A driver that knows no devices is not left where TornadoVM would take it for the first. */
    @Test
    void withoutAnyThatWorkThereIsNone() {
        assertEquals(2, sortOut(candidate("one", () -> "dumb"), candidate("other", () -> "empty")).size());
        assertEquals(Arrays.asList(null, null, null, null), Arrays.asList(slots));
        assertEquals(0, counts.getLast());
    }

    @Test
    void reasonsAreShort() {
        assertEquals("no XYZ device found; install the driver of such a device",
                why(new ExceptionInInitializerError(new IllegalStateException("[WARNING] No XYZ platforms found. Deoptimizing to sequential execution."))));
        assertEquals("XYZ Library not found; install the device's driver, or a newer one",
                why(new NoClassDefFoundError("Exception a.b.SomeException: [ERROR] XYZ Library not found [in thread \"main\"]")).strip());
        assertTrue(why(new StackOverflowError()).startsWith("java.lang.StackOverflowError;"));
    }
}
