package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.error.BackendException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** On a device, where there is one; parity with the scalar backend is among the tests that all backends share. */
class TornadoDeviceTest {
    private static void requireDevice() {
        assumeTrue(Tornado.isThere() && !Tornado.devices().isEmpty(),
                "no TornadoVM with a device here: backend 'tornado' was not run, neither by this test nor by the parity tests");
    }

    @Test
    void unknownDevicesAreRefusedWithTheKnownOnes() {
        String message = assertThrows(BackendException.class, () -> new TornadoBackend("tornado:none:7")).getMessage();
        assertTrue(Tornado.isThere() ? message.contains("tornado:none:7") && message.contains("finds tornado:") : message.contains("TORNADOVM_HOME"), message);
    }

    /** Programs in any order on the same states, with new ones in between: sums stay right. */
    @Test
    void programsAlternate() {
        requireDevice();
        try (Session session = new TornadoBackend("tornado").open()) {
            session.put("sum", GraphRun.tensor(DType.F32, Shape.of(3)));
            Executable[] adders = new Executable[3];
            for (int i = 0; i < adders.length; i++) {
                Graph graph = new Graph();
                Value sum = graph.state("sum", DType.F32, Shape.of(3));
                graph.assign(sum, sum.add(graph.input("x", DType.F32, Shape.SCALAR).mul(i + 1).broadcastTo(sum.shape())));
                graph.output("before", sum.sum(0));
                adders[i] = session.compile(graph);
            }
            Random random = new Random(4);
            double expected = 0;
            for (int run = 0; run < 150; run++) {
                int program = random.nextInt(adders.length);
                double x = random.nextInt(5);
                adders[program].run(Map.of("x", GraphRun.tensor(DType.F32, Shape.SCALAR, x)));
                assertEquals(3 * expected, adders[program].output("before").getDouble(0));
                expected += x * (program + 1);
                if (run == 70) {
                    var now = GraphRun.tensor(DType.F32, Shape.of(3));
                    session.get("sum", now);
                    assertEquals(expected, now.getDouble(2));
                    expected = 7;
                    session.put("sum", GraphRun.tensor(DType.F32, Shape.of(3), 7, 7, 7));
                }
            }
        }
    }
}
