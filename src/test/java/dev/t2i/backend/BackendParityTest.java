package dev.t2i.backend;

import dev.t2i.backend.scalar.ScalarBackend;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every backend against the scalar one, on every row. */
class BackendParityTest {
    @TestFactory
    Stream<DynamicContainer> operations() {
        return forEachBackend(ParityRows.all());
    }

    @TestFactory
    Stream<DynamicContainer> composites() {
        return forEachBackend(CompositeRows.all());
    }

    private static Stream<DynamicContainer> forEachBackend(List<ParityRow> rows) {
        return TestBackends.all().stream().map(entry -> {
            Backend backend = entry.backend().get();
            return DynamicContainer.dynamicContainer(entry.name(), rows.stream().map(row -> DynamicTest.dynamicTest(row.name(),
                    () -> row.check(new ScalarBackend(), backend, entry.slack()))));
        });
    }
}
