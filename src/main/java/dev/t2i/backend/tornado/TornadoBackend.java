package dev.t2i.backend.tornado;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;
import dev.t2i.error.BackendException;
import java.util.List;
import java.util.stream.Collectors;

/** Graphs as TornadoVM task graphs on any device that one of its drivers finds. See docs/architecture.md for how a graph gets there. */
public final class TornadoBackend implements Backend {
    private final Tornado.Device device;

    /**
     * @param name {@code tornado} for TornadoVM's own first choice, or {@code tornado:DRIVER:DEVICE}, such as {@code tornado:opencl:0}
     * @throws BackendException if TornadoVM or that device is not there
     */
    public TornadoBackend(String name) {
        List<Tornado.Device> devices = devices();
        device = name.equals("tornado") ? devices.getFirst()
                : devices.stream().filter(each -> each.address().equals(name)).findFirst().orElseThrow(() -> new BackendException(
                        "there is no device '%s', TornadoVM finds %s".formatted(name,
                                devices.stream().map(Tornado.Device::address).collect(Collectors.joining(", ")))));
    }

    private static List<Tornado.Device> devices() {
        if (!Tornado.isThere()) {
            throw new BackendException("backend 'tornado' needs TornadoVM: " + Tornado.INSTALL);
        }
        List<Tornado.Device> devices = Tornado.devices();
        if (devices.isEmpty()) {
            throw new BackendException("TornadoVM finds no device: install a driver that it can use (for OpenCL on a processor: pocl-opencl-icd)");
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

    @Override
    public String name() {
        return "tornado";
    }

    @Override
    public String description() {
        return "TornadoVM, %s, %.1f GB (%s)".formatted(device.name(), device.memory() / 1e9, device.address());
    }

    @Override
    public boolean compilesSlowly() {
        return true;
    }

    @Override
    public Session open() {
        SelfTest.run(device);
        return new TornadoSession(device);
    }
}
