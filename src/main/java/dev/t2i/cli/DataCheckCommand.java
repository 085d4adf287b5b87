package dev.t2i.cli;

import dev.t2i.data.DataCheck;
import dev.t2i.data.DataReport;
import dev.t2i.data.DataSpec;
import dev.t2i.data.Problem;
import dev.t2i.error.OneLine;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Reads a data set through before hours are spent on it. */
@Command(name = "check", description = {
    "Reads a data set through and lists what is wrong.",
    "Every picture is decoded, every caption read: missing, damaged, tiny and repeated pictures, captions that are empty, long or belong to",
    "no picture, and pictures that are in two splits. The exit code is 3 if anything is wrong; pictures of one split that are almost the same",
    "are listed, but are not wrong."})
final class DataCheckCommand extends T2iCommand {

    @Parameters(paramLabel = "SPEC", arity = "1..*", description = {
        "Data sets. Several are held against each other, too: a picture that is in two of them is a leak.",
        "scenes: is rendered on the fly; scenes:?seed=1&split=test&count=1000 says which.",
        "folder:DIR holds pictures with a metadata.jsonl or metadata.csv of file_name and text, or a .txt file beside each; "
                + "folder:DIR?text=caption names another column, ?extension=cap another ending, ?table=captions.tsv one file with all captions.",
        "coco:DIR holds COCO's captions; coco:DIR?splits=karpathy or ?year=2017 says which.",
        "flickr30k:DIR, cub:DIR and flowers:DIR hold Flickr30k, CUB-200 and Oxford-102.",
        "webdataset:data-{000000..000147}.tar are tar archives; ?text=caption takes captions from the .json files in them.",
        "pack:FILE is a set that 'data pack' wrote.",
        "Sets with splits take ?split=train, ?split=train+val or ?split=all; a check reads all of them unless told."})
    private List<String> specs;

    @Option(names = "--min-side", paramLabel = "N", defaultValue = "32", description = "Pictures with a side of fewer pixels are tiny. Default: ${DEFAULT-VALUE}")
    private int minSide;

    @Option(names = "--max-words", paramLabel = "N", defaultValue = "100", description = "Captions of more words are long. Default: ${DEFAULT-VALUE}")
    private int maxWords;

    @Option(names = "--examples", paramLabel = "N", defaultValue = "10", description = "How many problems of each type to list, at most 1000. Default: ${DEFAULT-VALUE}")
    private int examples;

    @Option(names = "--no-decode", description = "Don't decode pictures: files are compared and captions read, damage and sizes are not seen.")
    private boolean noDecode;

    @Override
    public Integer call() {
        if (minSide < 1 || maxWords < 1 || examples < 0) {
            throw new ParameterException(spec().commandLine(), "--min-side and --max-words are at least 1, --examples at least 0");
        }
        Interruption.defer();
        DataReport report;
        try (Progress progress = Progress.of("checking", Progress.UNKNOWN, "pictures")) {
            report = DataCheck.check(specs.stream().map(DataSpec::parse).toList(), new DataCheck.Limits(minSide, maxWords, !noDecode), done -> {
                Interruption.check();
                progress.reach(done);
            });
        }
        if (json()) {
            printJson(report.toJson(examples));
        } else {
            print(report);
        }
        return report.ok() ? ExitCode.DONE : ExitCode.BAD_INPUT;
    }

    private void print(DataReport report) {
        report.problems().counts().forEach((type, count) -> {
            out().println(type + " (" + count + "):");
            List<Problem> shown = report.problems().examples(type).stream().limit(examples).toList();
            shown.forEach(problem -> out().println("  " + OneLine.of(problem.toString(), Failure.LONGEST)));
            if (shown.size() < count) {
                out().println("  and " + (count - shown.size()) + " more");
            }
        });
        if (!report.details().isEmpty()) {
            out().println(report.details());
        }
        out().println(report.summary());
    }
}
