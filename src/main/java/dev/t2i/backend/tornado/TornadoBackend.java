package dev.t2i.backend.tornado;

import dev.t2i.backend.Backend;
import dev.t2i.backend.MemoryNeed;
import dev.t2i.backend.Session;
import dev.t2i.error.BackendException;
import dev.t2i.error.OneLine;
import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Graphs as TornadoVM task graphs on any device that one of its drivers finds. See docs/architecture.md for how a graph gets there. */
public final class TornadoBackend implements Backend {
    private static final String BAILOUT = "tornado.recover.bailout";
    /** The launcher's reason why TornadoVM is not in this JVM, if it looked. */
    private static final String TROUBLE = "t2i.tornado.trouble";
    private static final int LONGEST_NAME = 60;

    private final Tornado.Device device;
    private final LibraryRule libraries;

    /**
     * @param name {@code tornado} for TornadoVM's own first choice, or {@code tornado:DRIVER:DEVICE}, such as {@code tornado:opencl:0}
     * @throws BackendException if TornadoVM or that device is not there, or not the library that {@code -Dt2i.tornado.libraries=on} asks for
     */
    public TornadoBackend(String name) {
        List<Tornado.Device> devices = devices();
        device = name.equals("tornado") ? devices.getFirst()
                : devices.stream().filter(each -> each.address().equals(name)).findFirst().orElseThrow(() -> new BackendException(
                        "there is no device '%s', TornadoVM finds %s; take one of those (tornado:DRIVER:DEVICE), or 'tornado' for the first"
                                .formatted(OneLine.of(name, LONGEST_NAME), devices.stream().map(Tornado.Device::address).collect(Collectors.joining(", ")))));
        if (!"false".equals(System.getProperty(BAILOUT))) {
            throw new BackendException("TornadoVM would run kernels that fail as plain Java, which computes nothing: start t2i by its launcher "
                    + "(java -jar t2i.jar) or with -D%s=false, and leave it out of T2I_JAVA_OPTIONS".formatted(BAILOUT));
        }
        libraries = Libraries.rule(device);
    }

    private static List<Tornado.Device> devices() {
        if (!Tornado.isThere()) {
            String trouble = System.getProperty(TROUBLE);
            throw new BackendException(trouble != null ? trouble : "backend 'tornado' needs TornadoVM: " + Tornado.INSTALL);
        }
        List<Tornado.Device> devices = Tornado.devices();
        if (devices.isEmpty()) {
            throw new BackendException("TornadoVM finds no device: " + Tornado.DRIVER);
        }
        return devices;
    }

    /**
     * The names of all devices that TornadoVM finds.
     *
     * @throws BackendException if TornadoVM is not there, or finds none
     */
    public static List<String> names() {
        return devices().stream().map(Tornado.Device::address).toList();
    }

    /** Drivers that the SDK has but that find no device here, and what to do, by the beginning of their devices' names. */
    public static Map<String, String> idle() {
        String home = System.getenv("TORNADOVM_HOME");
        Path file = home == null ? null : Path.of(home, "etc", "tornado.backend");
        if (file == null || !Files.isReadable(file)) {
            return Map.of();
        }
        Properties properties = new Properties();
        try (var in = Files.newBufferedReader(file)) {
            properties.load(in);
        } catch (IOException | IllegalArgumentException e) {
            throw new BackendException(file + ": cannot be read; install the SDK again", e);
        }
        Set<String> working = devices().stream().map(Tornado.Device::driver).collect(Collectors.toSet());
        return Arrays.stream(properties.getProperty("tornado.backends", "").split(","))
                .map(each -> each.strip().replaceFirst("-backend$", "").toLowerCase(Locale.ROOT))
                .filter(each -> !each.isEmpty() && !working.contains(each))
                .collect(Collectors.toMap(each -> "tornado:" + each, _ -> "the SDK has this driver, but it finds no device: " + Tornado.DRIVER,
                        (a, _) -> a, TreeMap::new));
    }

    @Override
    public String name() {
        return "tornado";
    }

    @Override
    public String description() {
        return "TornadoVM, %s, %s, %s at once, work groups of %d with %s%s (%s)".formatted(device.name(), DeviceMemory.human(device.memory()),
                DeviceMemory.human(device.largestArray()), device.groupSize(), DeviceMemory.human(device.localMemory()),
                libraries == LibraryRule.NONE ? "" : ", " + LibraryCall.LIBRARY, device.address());
    }

    @Override
    public boolean compilesSlowly() {
        return true;
    }

    @Override
    public MemoryNeed need(Map<String, TensorType> states, List<Graph> graphs) {
        DeviceMemory memory = TornadoSession.need(states, graphs, libraries, device);
        // Sums are for the caller to compare.
        memory.requireArrays(device, MemoryNeed.hostBytes());
        return new MemoryNeed(device.address(), memory.states(), memory.temporaries(), memory.programs(), device.memory());
    }

    @Override
    public Session open() {
        SelfTest.run(device);
        if (libraries != LibraryRule.NONE) {
            Libraries.test(device);
        }
        return new TornadoSession(device, libraries);
    }
}
