package dev.t2i.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** States that layers change by what passes through them. */
class BuffersTest {
    private static final Shape ONE = Shape.of(1);

    private final Graph graph = new Graph();
    private final Parameters place = Parameters.of(graph, "net");

    /** Scales by a parameter and keeps half of the mean of what it gave so far. */
    private Value pass(Value x) {
        Parameters layer = place.at("layer");
        Value y = x.mul(layer.get("weight", ONE, Initializer.ONES));
        layer.update("seen", layer.buffer("seen", ONE, Initializer.ZEROS).add(y).mul(0.5));
        return y;
    }

    @Test
    void passesOfOneStepFollowEachOther() {
        Value first = pass(graph.input("a", DType.F32, ONE));
        Value second = pass(graph.input("b", DType.F32, ONE));
        Value gradient = Gradients.of(first.add(second).add(place.updates().get("layer.seen")), List.copyOf(place.states().values())).getFirst();
        graph.output("gradient", gradient);
        place.updatedStates().forEach(graph::assign);
        assertEquals(Set.of("layer.weight"), place.states().keySet());
        assertEquals(1, place.count());
        assertEquals(List.of(Parameters.Kind.LEARNED, Parameters.Kind.BUFFER), place.declarations().stream().map(Parameters.Declaration::kind).toList());
        try (Session session = new ScalarBackend().open(); Arena arena = Arena.ofConfined()) {
            session.put("net/layer.weight", Tensor.of(arena, ONE, 2f));
            session.put("net/layer.seen", Tensor.of(arena, ONE, 8f));
            Executable step = session.compile(graph);
            step.run(Map.of("a", Tensor.of(arena, ONE, 1f), "b", Tensor.of(arena, ONE, 3f)));
            assertEquals(4, step.output("gradient").getDouble(0), "nothing passes a buffer's new value");
            Tensor seen = Tensor.allocate(arena, DType.F32, ONE);
            session.get("net/layer.seen", seen);
            assertEquals(((8 + 2) / 2.0 + 6) / 2, seen.getDouble(0));
        }
    }

    @Test
    void frozenPlacesHaveNothingToLearn() {
        Value x = graph.input("x", DType.F32, ONE).mul(place.frozen().at("stage").get("weight", ONE, Initializer.ONES));
        x.mul(place.get("scale", ONE, Initializer.ONES));
        assertEquals(Set.of("scale"), place.states().keySet());
        assertEquals(2, place.count());
        assertEquals(List.of(false, true), place.declarations().stream().map(Parameters.Declaration::learned).toList());
        assertThrows(GraphException.class, () -> place.at("stage").get("weight", ONE, Initializer.ONES));
        assertThrows(GraphException.class, () -> place.update("scale", x));
    }
}
