package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.error.BackendException;
import java.util.List;
import java.util.Set;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The drivers of the SDK that is here, whichever it has. */
class TornadoDriversTest {
    @BeforeEach
    void requireDevice() {
        assumeTrue(Tornado.isThere() && !Tornado.devices().isEmpty(), "no TornadoVM with a device here: its drivers were not sorted out");
    }

    @Test
    void eachDriverWorksOrHasAReason() throws Exception {
        int working = (int) Tornado.call(Tornado.runtime(), "getNumBackends");
        long all = ServiceLoader.load(Tornado.unstarted("runtime.TornadoBackendProvider"), ClassLoader.getSystemClassLoader()).stream().count();
        assertEquals(all, working + Drivers.idle().size(), () -> "why not: " + Drivers.idle());
        Set<String> names = Tornado.devices().stream().map(Tornado.Device::driver).collect(Collectors.toSet());
        assertEquals(working, names.size(), names::toString);
        assertTrue(Drivers.idle().stream().noneMatch(each -> names.contains(each.name())), () -> "working: " + names + ", not: " + Drivers.idle());
    }

    /** TornadoVM finds a device's driver by its number. */
    @Test
    void devicesKnowTheirDriver() {
        for (Tornado.Device device : Tornado.devices()) {
            assertEquals(device.driverIndex(), Tornado.call(device.handle(), "getBackendIndex"));
        }
    }

    @Test
    void whoAsksForADriverThatDoesNotWorkIsToldWhy() {
        List<Drivers.Idle> idle = Drivers.idle();
        assumeTrue(!idle.isEmpty(), "every driver of this SDK works: no reason to be told");
        for (Drivers.Idle each : idle) {
            for (String name : List.of(each.address(), each.address() + ":0")) {
                String message = assertThrows(BackendException.class, () -> new TornadoBackend(name)).getMessage();
                assertTrue(message.startsWith("'" + name + "' cannot be used: " + each.why()) && !message.contains("\n"), message);
            }
        }
    }
}
