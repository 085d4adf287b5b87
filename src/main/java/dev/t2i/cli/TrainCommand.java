package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.metric.RecogniserSettings;
import dev.t2i.metric.RecogniserTask;
import dev.t2i.train.Checkpoint;
import dev.t2i.train.GanSettings;
import dev.t2i.train.GanTask;
import dev.t2i.train.MatchingSettings;
import dev.t2i.train.MatchingTask;
import dev.t2i.train.RunFolder;
import dev.t2i.train.Schedule;
import dev.t2i.train.Task;
import dev.t2i.train.TaskKind;
import dev.t2i.train.TextSource;
import dev.t2i.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains what a configuration describes: a text-to-image model, or one of the networks that help to. */
@Command(name = "train", description = {
    "Trains a text-to-image model on captioned pictures, or what helps to: a matching model,",
    "or the recogniser that measures.",
    "Ctrl-C saves; --resume goes on bit for bit."})
final class TrainCommand extends T2iCommand {

    @Option(names = "--config", paramLabel = "FILE", required = true, description = "What to train, such as configs/scenes-64.yaml.")
    private Path config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Overrides a setting: --set optimizer.generator_rate=0.0001")
    private List<String> overrides = List.of();

    @Option(names = "--data", paramLabel = "SPEC", required = true, description = "Captioned pictures: scenes:, folder:DIR, …")
    private String data;

    @Option(names = "--out", paramLabel = "RUN", description = "The run folder. Default: the next number under runs/")
    private Path out;

    @Option(names = "--resume", description = "Go on from the run folder's latest checkpoint.")
    private boolean resume;

    @Option(names = "--dry-run", description = "Print the resolved settings and what they would take, and end.")
    private boolean dryRun;

    @Option(names = "--backend", paramLabel = "B", defaultValue = Backends.AUTO, description = "Default: ${DEFAULT-VALUE}, the fastest here")
    private String backendName;

    /** A configuration with everything resolved. */
    private record Job(Record settings, Schedule schedule, Task task) {}

    /** The answer of {@code --json}. */
    record Trained(String run, long samples, boolean complete, String model, Map<String, Double> figures) {}

    @Override
    public Integer call() {
        DataSpec spec = DataSpec.parse(data);
        TaskKind kind = Settings.peek(config, "task", TaskKind.class, overrides);
        Backend backend = Backends.get(backendName);
        if (resume && out == null) {
            throw new BadInputException("--resume needs --out RUN, the folder of the run to go on with");
        }
        RunFolder run = out != null ? new RunFolder(out)
                : RunFolder.next(Path.of("runs"), config.getFileName().toString().replaceFirst("\\.[^.]*$", ""));
        CaptionedImages images = spec.open();
        Job job = prepare(kind, images, spec, backend);
        try (Task _ = job.task) {
            if (dryRun) {
                describe(job);
                return ExitCode.DONE;
            }
            return train(job, run, backend);
        }
    }

    private Job prepare(TaskKind kind, CaptionedImages images, DataSpec spec, Backend backend) {
        return switch (kind) {
            case GAN -> {
                GanSettings settings = Settings.load(config, GanSettings.class, overrides);
                Path encoder = ModelLocation.resolve(settings.text().encoder());
                yield new Job(settings, settings.schedule(), new GanTask(settings, TextSource.open(encoder), images, spec.toString(), backend));
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

    private void describe(Job job) {
        out().print(Settings.toYaml(job.settings));
        long bytes = 0;
        for (Checkpoint.StateType state : job.task.states()) {
            bytes += state.shape().size() * state.dtype().bytes();
        }
        log().printf("%d steps of %d; states and checkpoints %.1f MB%n", job.schedule.steps(job.task.batch()), job.task.batch(), bytes / 1e6);
    }

    private int train(Job job, RunFolder run, Backend backend) {
        if (!resume) {
            run.create(job.settings);
        } else if (!Files.exists(run.config())) {
            throw new BadInputException(run.path() + ": there is no run to resume; leave --resume out to start one");
        }
        Interruption.defer();
        log().printf("%s on %s (%s)%n", run.path(), backend.name(), backend.description());
        Trainer trainer = new Trainer(job.task, job.schedule, run, Interruption::requested, line -> {
            log().println(line);
            log().flush();
        });
        if (resume) {
            trainer.resume();
        } else {
            trainer.start();
        }
        boolean complete = trainer.run();
        trainer.exportModel(run.path().toAbsolutePath().getFileName().toString());
        if (json()) {
            printJson(new Trained(run.path().toString(), trainer.samples(), complete, run.model().toString(), job.task.statistics()));
        } else {
            out().printf("%s: %,d samples%s, model in %s%n", run.path(), trainer.samples(), complete ? "" : " so far, go on with --resume", run.model());
        }
        return complete ? ExitCode.DONE : ExitCode.INTERRUPTED;
    }
}
