package dev.t2i.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the figures belong to. */
public final class Machine {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    private static final String UNKNOWN = "unknown";

    private Machine() {}

    /** The processor's name where the system tells it (Linux), else "unknown". */
    public static String processor() {
        if (!Files.isReadable(PROCESSORS)) {
            return UNKNOWN;
        }
        try (var lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst().orElse(UNKNOWN);
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    /** Processor, cores, threads, system and Java in one line, and the devices of backends that have one. */
    public static String describe(int threads, List<Contestant> contestants) {
        int cores = Runtime.getRuntime().availableProcessors();
        StringBuilder line = new StringBuilder("%s, %d core%s, %d thread%s, %s %s %s, Java %s".formatted(
                processor(), cores, plural(cores), threads, plural(threads),
                System.getProperty("os.name"), System.getProperty("os.version"), System.getProperty("os.arch"), Runtime.version()));
        contestants.stream().filter(Contestant::compilesKernels)
                .forEach(contestant -> line.append("; ").append(contestant.label()).append(": ").append(contestant.backend().description()));
        return line.toString();
    }

    private static String plural(int count) {
        return count == 1 ? "" : "s";
    }
}
