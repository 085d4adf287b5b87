package dev.t2i.backend;

import dev.t2i.graph.Graph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The graphs of all parity rows, for tests of passes and plans. */
public final class TestGraphs {
    private TestGraphs() {}

    public static Map<String, Graph> all() {
        List<ParityRow> rows = new ArrayList<>(ParityRows.all());
        rows.addAll(CompositeRows.all());
        Map<String, Graph> graphs = new LinkedHashMap<>();
        rows.forEach(row -> graphs.put(row.name(), row.trial().graph()));
        return graphs;
    }
}
