package dev.t2i;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether SIGINT reaches what tests start. */
public final class Interrupts {
    private Interrupts() {}

    /** Skips the test where this process inherited that SIGINT is ignored; a Java program can neither ask for it nor change it. */
    public static void assumeHeeded() throws IOException {
        Path status = Path.of("/proc/self/status");
        boolean ignored = Files.exists(status) && Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> 1 & 1) == 1);
        assumeFalse(ignored, "SIGINT is ignored here, as for a shell's background jobs, and so it is in a process started from here");
    }
}
