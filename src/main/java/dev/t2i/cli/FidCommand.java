package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.metric.FeatureSource;
import dev.t2i.metric.FrechetDistance;
import dev.t2i.metric.KernelDistance;
import dev.t2i.metric.Recogniser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How far two sets of pictures lie apart. */
@Command(name = "fid", description = {
    "Fréchet and kernel distance between two sets of pictures.",
    "A set is a folder of pictures, a file of saved statistics, or a .safetensors file with 'features' [n, d]. Folders are read by "
            + "the recogniser, so that the numbers do not compare with those published for Inception's features."})
final class FidCommand extends T2iCommand {

    @Parameters(index = "0", paramLabel = "A", description = "A set.")
    private Path first;

    @Parameters(index = "1", paramLabel = "B", description = "Another.")
    private Path second;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "Which subsets the kernel distance averages over. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--save", paramLabel = "F.safetensors", description = "Save the statistics of A.")
    private Path save;

    @Option(names = "--recogniser", paramLabel = "DIR", description = "A recogniser to look with. Default: the one that ships with the program.")
    private Path recogniser;

    @Option(names = "--force", description = "Overwrite what is there.")
    private boolean force;

    @Mixin
    private BackendOption backend;

    @Override
    public Integer call() throws IOException {
        if (save != null) {
            Places.requireFile(save);
            requireFree(save, force);
        }
        Backend where = backend.backend();
        FeatureSource reader = new FeatureSource(() -> recogniser == null ? Recogniser.shipped(where) : Recogniser.open(recogniser, where));
        FeatureSource.Features a = reader.read(first);
        FeatureSource.Features b = reader.read(second);
        String network = a.statistics().network();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("FID[" + network + "]", FrechetDistance.between(a.statistics(), b.statistics()));
        if (a.set().isPresent() && b.set().isPresent()) {
            answer.put("KID[" + network + "]", KernelDistance.between(a.set().get(), b.set().get(), seed).mean());
        }
        if (save != null) {
            Interruption.defer();
            a.statistics().write(save);
        }
        if (json()) {
            answer.put("network", network);
            answer.put("counts", new long[] {a.statistics().count(), b.statistics().count()});
            printJson(answer);
        } else {
            answer.forEach((name, value) -> out().printf(Locale.ROOT, "%s  %.4f%n", name, value));
            log().printf("%d and %d pictures%n", a.statistics().count(), b.statistics().count());
        }
        return ExitCode.DONE;
    }
}
