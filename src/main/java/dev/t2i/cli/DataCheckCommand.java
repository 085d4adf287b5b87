package dev.t2i.cli;

import dev.t2i.data.DataCheck;
import dev.t2i.data.DataReport;
import dev.t2i.data.DataSpec;
import dev.t2i.data.Problem;
import dev.t2i.error.OneLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Reads a data set through before hours are spent on it. */
@Command(name = "check", description = "Reads every picture and caption of a data set and lists what is wrong; exit code 3 if anything is.")
final class DataCheckCommand extends T2iCommand {

    @Parameters(paramLabel = "SPEC", description = {
        "The data set. scenes: is rendered on the fly;",
        "folder:DIR holds pictures with a metadata.jsonl or metadata.csv, or with a text file beside each."})
    private String spec;

    @Override
    public Integer call() {
        Interruption.defer();
        DataReport report;
        try (Progress progress = Progress.of("checking", Progress.UNKNOWN, "pictures")) {
            report = DataCheck.check(DataSpec.parse(spec), done -> {
                Interruption.check();
                progress.reach(done);
            });
        }
        if (json()) {
            printJson(report.toJson());
        } else {
            for (Problem problem : report.problems()) {
                out().println(OneLine.of(problem.toString(), Failure.LONGEST));
            }
            out().println(report.summary());
        }
        return report.ok() ? ExitCode.DONE : ExitCode.BAD_INPUT;
    }
}
