package dev.t2i.cli;

import dev.t2i.data.DataCheck;
import dev.t2i.data.DataReport;
import dev.t2i.data.DataSpec;
import dev.t2i.data.Problem;
import dev.t2i.error.OneLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Reads a data set through before hours are spent on it. */
@Command(name = "check", description = {
    "Reads a data set through and lists what is wrong.",
    "Every picture is decoded, every caption read; the exit code is 3 if anything is wrong."})
final class DataCheckCommand extends T2iCommand {

    @Parameters(paramLabel = "SPEC", description = {
        "The data set. scenes: is rendered on the fly; scenes:?seed=1&split=test&count=1000 says which.",
        "folder:DIR holds pictures with a metadata.jsonl or metadata.csv of file_name and text, or a .txt file beside each; "
                + "folder:DIR?text=caption names another column, ?extension=cap another ending."})
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
