package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/** Backends whose results a test chooses, for comparisons that no right backend would make fail. */
public final class FakeBackends {

    private record Named(String name) implements Backend {
        @Override
        public String description() {
            return "a backend of a test";
        }

        @Override
        public Session open() {
            throw new UnsupportedOperationException();
        }
    }

    private FakeBackends() {}

    public static Contestant contestant(String name) {
        return new Contestant(name, new Named(name));
    }

    /** Work of which each backend computes what {@code results} has under its name. */
    public static Work work(Work.Kind kind, Map<String, float[]> results) {
        return new Work(Suite.OPS, "a figure", "images/s", 1, new Work.Cost(0, 0), kind, backend -> new Work.Running() {
            private final float[] numbers = results.get(backend.name());
            private boolean done;

            @Override
            public void run() {
                done = true;
            }

            @Override
            public List<Tensor> results() {
                return List.of(Tensor.of(Arena.ofAuto(), Shape.of(numbers.length), done ? numbers : new float[numbers.length]));
            }

            @Override
            public void close() {
                // Nothing was opened.
            }
        });
    }

    /** What comes of comparing them on such work. */
    public static Comparison.Outcome compare(Work work, List<Contestant> contestants) {
        return new Comparison(contestants, new Stopwatch(0, 1), new Comparison.Listener() {
            @Override
            public void begins(Work begun, Contestant contestant) {
                // Nobody listens.
            }

            @Override
            public void ended(Work done, Contestant contestant, Stopwatch.Timing timing) {
                // Nobody listens.
            }
        }, false).run(List.of(work), 1);
    }
}
