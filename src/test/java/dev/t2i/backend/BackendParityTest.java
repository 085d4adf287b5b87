package dev.t2i.backend;

import dev.t2i.backend.scalar.ScalarBackend;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;

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
        return TestBackends.all().stream().map(entry -> DynamicContainer.dynamicContainer(entry.name(), tests(entry, rows)));
    }

    private static Stream<DynamicTest> tests(TestBackends entry, List<ParityRow> rows) {
        Backend backend;
        try {
            backend = entry.backend().get();
        } catch (TestAbortedException e) {
            // One line among the skipped tests, rather than one for each row.
            return Stream.of(DynamicTest.dynamicTest(entry.name(), () -> {
                throw e;
            }));
        }
        return rows.stream().map(row -> DynamicTest.dynamicTest(row.name(), () -> row.check(new ScalarBackend(), backend, entry.slack())));
    }
}
