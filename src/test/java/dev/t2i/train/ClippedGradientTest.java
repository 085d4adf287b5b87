package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adam's first moment after one step is a tenth of the gradient, which shows what became of it. */
class ClippedGradientTest {
    @ParameterizedTest
    @CsvSource({"0, 1", "2.5, 0.5", "6, 1"})
    void longGradientsKeepTheirDirection(double limit, double factor) {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "net");
        Value a = place.get("a", Shape.of(1), Initializer.ZEROS);
        Value b = place.get("b", Shape.of(1), Initializer.ZEROS);
        Adam adam = new Adam("adam", 0.9, 0.99);
        Adam.Update update = adam.minimize(a.mul(3).add(b.mul(-4)).reshape(Shape.SCALAR), place, limit);
        graph.output("norm", update.gradientNorm());
        Adam.Update.makeAll(List.of(update));
        try (Session session = new ScalarBackend().open(); Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> inputs = new HashMap<>();
            adam.allocateInputs(inputs, arena);
            adam.feed(inputs, 1, 0.1);
            new Learned("net", place.declarations(), adam).initialize(session, 1);
            Executable step = session.compile(graph);
            step.run(inputs);
            Tensor moment = Tensor.allocate(arena, DType.F32, Shape.of(1));
            session.get("adam1/net/a", moment);
            assertEquals(0.3 * factor, moment.getDouble(0), 1e-6);
            session.get("adam1/net/b", moment);
            assertEquals(-0.4 * factor, moment.getDouble(0), 1e-6);
            assertEquals(5 * factor, step.output("norm").getDouble(0), 1e-5);
        }
    }
}
