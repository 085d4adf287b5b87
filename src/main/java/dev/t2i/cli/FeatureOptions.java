package dev.t2i.cli;

import dev.t2i.error.BadInputException;
import dev.t2i.image.MetricResize;
import dev.t2i.metric.FeatureCache;
import dev.t2i.metric.FeatureChoice;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which network distances are measured with, and where its features are kept. */
final class FeatureOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--features", paramLabel = "NET", description = {
        "The network whose features are compared: recogniser (the default) or recogniser:DIR,",
        "inception:F.safetensors (the FID network of 2015), torchvision:F.safetensors; weights by 'model convert'."})
    private String features;

    @Option(names = "--resize", paramLabel = "WAY",
            description = "How pictures come to an Inception's 299 pixels: clean (the default), pillow, pillow-bilinear, pytorch, tensorflow.")
    private String resize;

    @Option(names = "--recogniser", paramLabel = "DIR", description = "A recogniser to look with. Default: the one that ships with the program.")
    private Path recogniser;

    @Option(names = "--cache", paramLabel = "DIR", description = "Where features of real pictures are kept. Default: t2i/features in $XDG_CACHE_HOME or ~/.cache")
    private Path cache;

    @Option(names = "--no-cache", description = "Compute all features, and keep none.")
    private boolean noCache;

    /** @throws ParameterException for a network or a way that there is not, or options that contradict each other */
    FeatureChoice choice() {
        try {
            FeatureChoice choice = FeatureChoice.parse(features == null ? "recogniser" : features, way());
            if (choice.kind() == FeatureChoice.Kind.RECOGNISER && recogniser != null) {
                if (choice.path().isPresent()) {
                    throw new BadInputException("features and --recogniser name two recognisers; name one");
                }
                return new FeatureChoice(choice.kind(), Optional.of(recogniser), choice.resize());
            }
            return choice;
        } catch (BadInputException e) {
            throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
        }
    }

    private Optional<MetricResize> way() {
        if (resize == null) {
            return Optional.empty();
        }
        return Optional.of(Arrays.stream(MetricResize.values()).filter(way -> way.toString().equals(resize)).findFirst()
                .orElseThrow(() -> new BadInputException("resize '" + resize + "': none of "
                        + Arrays.stream(MetricResize.values()).map(MetricResize::toString).collect(Collectors.joining(", ")))));
    }

    /** @throws ParameterException for a recogniser that nothing is looked at with */
    void requireUse(FeatureChoice choice, boolean looks) {
        if (recogniser != null && !looks && choice.kind() != FeatureChoice.Kind.RECOGNISER) {
            throw new ParameterException(spec.commandLine(), "--recogniser: nothing is looked at with it, --features names another network");
        }
    }

    /** The recogniser's folder, if one was named. */
    Optional<Path> recogniser() {
        return Optional.ofNullable(recogniser);
    }

    Optional<FeatureCache> cache(PrintWriter log) {
        if (noCache && cache != null) {
            throw new ParameterException(spec.commandLine(), "--cache and --no-cache contradict each other");
        }
        return noCache ? Optional.empty() : Optional.of(new FeatureCache(cache == null ? FeatureCache.standard() : cache, log::println, Interruption::whole));
    }
}
