package dev.t2i.backend.tornado;

/** The device that tests run on in a JVM with TornadoVM: its first, or the one that {@code -Dt2i.tornado.device=tornado:spirv:0} names. */
public final class TestDevice {
    private static final String PROPERTY = "t2i.tornado.device";

    private TestDevice() {}

    public static TornadoBackend backend() {
        return new TornadoBackend(System.getProperty(PROPERTY, "tornado"));
    }

    static Tornado.Device device() {
        return Tornado.devices().stream().filter(each -> each.address().equals(System.getProperty(PROPERTY))).findFirst().orElseGet(() -> Tornado.devices().getFirst());
    }
}
