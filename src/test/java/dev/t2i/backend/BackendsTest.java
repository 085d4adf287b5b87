package dev.t2i.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BackendException;
import dev.t2i.error.BadInputException;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendsTest {
    @Test
    void autoTakesTheFirstThatIsAvailable() {
        assertEquals("vector", Backends.get(Backends.AUTO).name());
        assertEquals("scalar", Backends.get("scalar").name());
    }

    @Test
    void aForgottenOptionIsNamedInsteadOfTakingTheSlowOne() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-cp", String.join(File.pathSeparator, "target/classes", "target/test-classes"), WithoutModule.class.getName())
                .redirectErrorStream(true).start();
        assertEquals(List.of(
                "backend 'vector' needs the Vector API: start Java with --add-modules jdk.incubator.vector, or ask for the backend 'scalar', which is for reference and slow",
                "backend 'native' needs the Vector API: start Java with --add-modules jdk.incubator.vector",
                "scalar"), process.inputReader().lines().toList());
    }

    /** What each name gives in a JVM without options. */
    public static final class WithoutModule {
        private WithoutModule() {}

        public static void main(String[] args) {
            for (String name : List.of("auto", "native", "scalar")) {
                try {
                    System.out.println(Backends.get(name).name());
                } catch (BackendException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    @Test
    void listsWhatEachRunsOn() {
        List<Backends.Offer> offers = Backends.list();
        assertEquals(List.of("vector", "native", "scalar"), offers.subList(0, 3).stream().map(Backends.Offer::name).toList());
        for (Backends.Offer offer : offers.subList(0, 3)) {
            if (offer.name().equals("native")) {
                assertTrue(offer.description().startsWith(offer.available() ? "C kernels, " : "backend 'native'"), offer::toString);
            } else {
                assertTrue(offer.available(), offer::toString);
            }
        }
        // One that says why it is not there, or one for each device.
        assertTrue(offers.subList(3, offers.size()).stream().allMatch(offer -> offer.name().startsWith("tornado")), offers.toString());
        assertTrue(Backends.get("vector", 3).description().endsWith("3 threads"), Backends.get("vector", 3).description());
    }

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        String message = assertThrows(BadInputException.class, () -> Backends.get("cuda")).getMessage();
        assertTrue(message.contains("'cuda'") && message.contains("vector, native, scalar"), message);
    }
}
