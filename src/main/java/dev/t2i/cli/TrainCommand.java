package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.config.Settings;
import dev.t2i.data.CachedImages;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.error.FileTrouble;
import dev.t2i.error.OneLine;
import dev.t2i.metric.RecogniserSettings;
import dev.t2i.metric.RecogniserTask;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.train.AutoencoderSettings;
import dev.t2i.train.AutoencoderTask;
import dev.t2i.train.PriorTask;
import dev.t2i.train.GanSettings;
import dev.t2i.train.GanTask;
import dev.t2i.train.MatchingSettings;
import dev.t2i.train.MatchingTask;
import dev.t2i.train.ModelStart;
import dev.t2i.train.RunFolder;
import dev.t2i.train.TaskKind;
import dev.t2i.train.TextSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Trains what a configuration describes: a text-to-image model, or one of the networks that help to. */
@Command(name = "train", description = {
    "Trains a text-to-image model on captioned pictures.",
    "By its configuration it trains what helps to instead: an autoencoder to start from, a matching model, or the recogniser that measures.",
    "Ctrl-C saves; --resume goes on bit for bit."})
final class TrainCommand extends TrainingCommand {

    @Option(names = "--data", paramLabel = "SPEC", required = true, description = "Captioned pictures: scenes:, folder:DIR, coco:DIR, webdataset:PATTERN and others; 'data check --help' lists them.")
    private String data;

    private static final int LONGEST = 200;
    private static final long MOST_CACHE = Long.MAX_VALUE >> 20;

    @Option(names = "--cache", paramLabel = "MB", defaultValue = "1024", description = {
        "Memory for pictures that have been decoded and resized, so that each is decoded once and not in every epoch; 0 for none. Default: ${DEFAULT-VALUE}",
        "What does not fit is decoded again; 'data pack' does it once and for all."})
    private long cache;

    private CaptionedImages open(DataSpec spec) {
        if (cache < 0 || cache > MOST_CACHE) {
            throw new ParameterException(spec().commandLine(), "--cache is %d, must be 0 to %d".formatted(cache, MOST_CACHE));
        }
        CaptionedImages images = spec.open();
        boolean comesAgain = images.size() <= Integer.MAX_VALUE && spec.kind() != DataSpec.Kind.PACK;
        return cache > 0 && comesAgain ? new CachedImages(images, cache << 20) : images;
    }

    @Override
    Job prepare(Path config, List<String> overrides, Backend backend, RunFolder run, boolean resume) {
        DataSpec spec = DataSpec.parse(data);
        TaskKind kind = Settings.peek(config, "task", TaskKind.class, overrides);
        CaptionedImages images = open(spec);
        return switch (kind) {
            case GAN -> {
                GanSettings settings = Settings.load(config, GanSettings.class, overrides);
                Path encoder = ModelLocation.resolve(settings.text().encoder());
                yield new Job(settings, settings.schedule(), new GanTask(settings, TextSource.open(encoder), start(settings.start()), images, spec.toString(), backend));
            }
            case AUTOENCODER -> {
                AutoencoderSettings settings = Settings.load(config, AutoencoderSettings.class, overrides);
                Path encoder = ModelLocation.resolve(settings.text().encoder());
                TextSource source = TextSource.open(encoder);
                Optional<ModelStart> start = start(settings.start());
                yield new Job(settings, settings.schedule(), switch (settings.learn()) {
                    case ALL -> new AutoencoderTask(settings, source, start, images, spec.toString(), backend);
                    case PRIOR -> new PriorTask(settings, source, start.orElseThrow(), images, spec.toString(), backend);
                });
            }
            case MATCHING -> {
                MatchingSettings settings = Settings.load(config, MatchingSettings.class, overrides);
                Path encoder = Path.of(settings.encoder());
                yield new Job(settings, settings.schedule(), new MatchingTask(settings, encoder, images, backend));
            }
            case RECOGNISER -> {
                if (spec.kind() != DataSpec.Kind.SCENES) {
                    throw new BadInputException("--data " + spec + ": a recogniser learns from scenes: alone, whose attributes are known");
                }
                RecogniserSettings settings = Settings.load(config, RecogniserSettings.class, overrides);
                yield new Job(settings, settings.schedule(), new RecogniserTask(settings, backend));
            }
        };
    }

    /** A run may go on with other data, a larger set for one, but not unnoticed. */
    @Override
    void started(RunFolder run, boolean resumed) {
        try {
            if (!resumed) {
                AtomicFile.write(run.data(), data + "\n");
                return;
            }
            // Runs of earlier versions have none.
            if (!Files.exists(run.data())) {
                return;
            }
            String first = Files.readString(run.data()).strip();
            if (!first.equals(data.strip())) {
                log().printf("data: %s, the run was started with %s%n", OneLine.of(data, LONGEST), OneLine.of(first, LONGEST));
            }
        } catch (IOException e) {
            throw new BadInputException(run.data() + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    private static Optional<ModelStart> start(Optional<String> name) {
        return name.map(folder -> ModelStart.open(ModelLocation.resolve(folder)));
    }
}
