package dev.t2i.cli;

import dev.t2i.backend.Backends;
import dev.t2i.bench.Machine;
import java.lang.management.ManagementFactory;
import java.util.List;
import picocli.CommandLine.Command;

/** Shows what the machine offers, for people who wonder why something is slow or missing. */
@Command(name = "devices", description = "Shows what this machine offers: JDK, processor, memory, and the backends.")
final class DevicesCommand extends T2iCommand {

    /** The answer of {@code --json}. */
    record Devices(Java java, Processor machine, List<Backends.Offer> backends) {
    }

    record Java(String version, String vendor, String home, long maxHeapBytes) {
    }

    record Processor(String os, String arch, String processor, int cores, long memoryBytes) {
    }

    @Override
    public Integer call() {
        Devices devices = new Devices(
                new Java(Runtime.version().toString(), System.getProperty("java.vendor"), System.getProperty("java.home"),
                        Runtime.getRuntime().maxMemory()),
                new Processor(System.getProperty("os.name") + " " + System.getProperty("os.version"), System.getProperty("os.arch"),
                        Machine.processor(), Runtime.getRuntime().availableProcessors(), memory()),
                Backends.list());
        if (json()) {
            printJson(devices);
            return ExitCode.DONE;
        }
        out().printf("Java       %s, %s%n", devices.java.version, devices.java.vendor);
        out().printf("           %s%n", devices.java.home);
        out().printf("System     %s, %s%n", devices.machine.os, devices.machine.arch);
        out().printf("Processor  %s, %d cores for Java%n", devices.machine.processor, devices.machine.cores);
        out().printf("Memory     %s, of which the Java heap may take %s%n",
                gibibytes(devices.machine.memoryBytes), gibibytes(devices.java.maxHeapBytes));
        out().println("Backends, fastest first; 'auto' takes the first that can run here");
        int width = devices.backends.stream().mapToInt(each -> each.name().length()).max().orElse(0);
        for (Backends.Offer backend : devices.backends) {
            out().printf("  %-" + width + "s  %s%s%n", backend.name(), backend.available() ? "" : "not available: ", backend.description());
        }
        return ExitCode.DONE;
    }

    private static String gibibytes(long bytes) {
        return "%.1f GiB".formatted(bytes / 0x1p30);
    }

    private static long memory() {
        // The management interface of the platform counts a container's limit, which is what matters here.
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getTotalMemorySize() : 0;
    }
}
