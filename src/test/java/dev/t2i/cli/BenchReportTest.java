package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.bench.Comparison;
import dev.t2i.bench.Contestant;
import dev.t2i.bench.FakeBackends;
import dev.t2i.bench.Work;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A comparison whose results disagree says so everywhere. */
class BenchReportTest {
    private static final List<Contestant> THREE =
            List.of(FakeBackends.contestant("scalar"), FakeBackends.contestant("vector"), FakeBackends.contestant("tornado"));

    private static BenchReport report(float vector, float tornado) {
        Comparison.Outcome outcome = FakeBackends.compare(FakeBackends.work(Work.Kind.NUMBERS,
                Map.of("scalar", new float[] {1}, "vector", new float[] {vector}, "tornado", new float[] {tornado})), THREE);
        return new BenchReport("a machine", THREE, outcome, 1);
    }

    private static String table(BenchReport report) {
        StringWriter text = new StringWriter();
        report.print(new PrintWriter(text, true));
        return text.toString();
    }

    @Test
    void disagreementsAreInTableJsonAndExitCode() {
        BenchReport report = report(1.5f, Float.NaN);
        String table = table(report);
        assertTrue(table.contains("DISAGREEMENT: ops, 'a figure': the results of vector differ from those of scalar by up to 5.0e-01"), table);
        assertTrue(table.contains("the results of tornado or those of scalar are not finite"), table);
        assertEquals(2, report.json().disagreements().size());
        assertEquals(List.of(Optional.empty(), Optional.of(false), Optional.of(false)),
                report.json().results().stream().map(result -> Optional.ofNullable(result.agrees())).toList());
        assertEquals(ExitCode.FAILED, report.exitCode());
        assertTrue(report.trouble().orElseThrow().endsWith("and 1 more"), report.trouble()::toString);
    }

    @Test
    void agreementIsSaidToo() {
        BenchReport report = report(1, 1.00005f);
        assertTrue(table(report).contains("All results agree."), table(report));
        assertEquals(ExitCode.DONE, report.exitCode());
        assertEquals(Optional.empty(), report.trouble());
    }
}
