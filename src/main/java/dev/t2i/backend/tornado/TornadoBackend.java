package dev.t2i.backend.tornado;

import dev.t2i.backend.Backend;
import dev.t2i.backend.MemoryNeed;
import dev.t2i.backend.Session;
import dev.t2i.error.BackendException;
import dev.t2i.error.OneLine;
import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import java.util.List;
import java.util.Map;
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
                : devices.stream().filter(each -> each.address().equals(name)).findFirst().orElseThrow(() -> none(name, devices));
        if (!"false".equals(System.getProperty(BAILOUT))) {
            throw new BackendException("TornadoVM would run kernels that fail as plain Java, which computes nothing: start t2i by its launcher "
                    + "(java -jar t2i.jar) or with -D%s=false, and leave it out of T2I_JAVA_OPTIONS".formatted(BAILOUT));
        }
        libraries = Libraries.rule(device);
    }

    private static BackendException none(String name, List<Tornado.Device> devices) {
        String asked = OneLine.of(name, LONGEST_NAME);
        String there = devices.stream().map(Tornado.Device::address).collect(Collectors.joining(", "));
        return Drivers.idle().stream().filter(each -> (name + ":").startsWith(each.address() + ":")).findFirst()
                .map(each -> new BackendException("'%s' cannot be used: %s, or take another of TornadoVM's devices (%s)".formatted(asked, each.why(), there), each.cause()))
                .orElseGet(() -> new BackendException("there is no device '%s', TornadoVM finds %s; take one of those (tornado:DRIVER:DEVICE), or 'tornado' for the first"
                        .formatted(asked, there)));
    }

    private static List<Tornado.Device> devices() {
        if (!Tornado.isThere()) {
            String trouble = System.getProperty(TROUBLE);
            throw new BackendException(trouble != null ? trouble : "backend 'tornado' needs TornadoVM: " + Tornado.INSTALL);
        }
        List<Tornado.Device> devices = Tornado.devices();
        if (devices.isEmpty()) {
            String reasons = Drivers.idle().stream().map(each -> each.name() + ": " + each.reason()).collect(Collectors.joining("; "));
            BackendException failure = new BackendException("TornadoVM finds no device%s: %s".formatted(reasons.isEmpty() ? "" : " (" + reasons + ")", Tornado.DRIVER));
            Drivers.idle().forEach(each -> failure.addSuppressed(each.cause()));
            throw failure;
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

    /** Drivers that the SDK has but that do not work here, and why, by the beginning of their devices' names; known once devices have been looked for. */
    public static Map<String, String> idle() {
        return Drivers.idle().stream().collect(Collectors.toMap(Drivers.Idle::address, Drivers.Idle::why, (a, _) -> a, TreeMap::new));
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
