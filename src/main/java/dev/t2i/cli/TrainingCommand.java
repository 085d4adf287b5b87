package dev.t2i.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.t2i.backend.Backend;
import dev.t2i.backend.MemoryNeed;
import dev.t2i.backend.PlanningBackend;
import dev.t2i.config.Settings;
import dev.t2i.error.BackendException;
import dev.t2i.error.BadInputException;
import dev.t2i.graph.TensorType;
import dev.t2i.train.Checkpoint;
import dev.t2i.train.DivergedException;
import dev.t2i.train.RunFolder;
import dev.t2i.train.Schedule;
import dev.t2i.train.Task;
import dev.t2i.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What commands that train have in common: a run folder to start or to go on with, and a clean end on Ctrl-C. */
abstract class TrainingCommand extends T2iCommand {

    @Option(names = "--config", paramLabel = "FILE", required = true, description = "What to train: configs/ has examples, scenes-64.yaml for train, encoder-small.yaml for pretrain.")
    private Path config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Overrides a setting: --set schedule.samples=10000")
    private List<String> overrides = List.of();

    @Option(names = "--out", paramLabel = "RUN", description = "The run folder, a new one unless --resume is given. Default: the next number under runs/")
    private Path out;

    @Option(names = "--resume", description = "Go on from the latest checkpoint of the run folder that --out names.")
    private boolean resume;

    @Option(names = "--dry-run", description = "Print the resolved settings and what they would take, and end.")
    private boolean dryRun;

    @Mixin
    private BackendOption backend;

    /** A configuration with everything resolved. */
    record Job(Record settings, Schedule schedule, Task task) {
    }

    /** The answer of {@code --json}. */
    record Trained(String run, long samples, boolean complete, String model, Map<String, Double> figures) {
    }

    /** The answer of {@code --dry-run --json}: all settings, and what they would take; {@code bytes} are those of a checkpoint. */
    record Planned(JsonNode settings, long steps, int batch, long bytes, MemoryNeed memory, long feedBytes) {
    }

    /** Reads the configuration and opens what it is to be trained on. */
    abstract Job prepare(Path config, List<String> overrides, Backend backend, RunFolder run, boolean resume);

    /** Called once the run folder is there and before the first step. */
    void started(RunFolder run, boolean resumed) {
    }

    @Override
    public final Integer call() {
        if (resume && out == null) {
            throw new BadInputException("--resume needs --out RUN, the folder of the run to go on with");
        }
        Backend where = backend.backend();
        RunFolder run = out != null ? new RunFolder(out)
                : RunFolder.next(Path.of("runs"), config.getFileName().toString().replaceFirst("\\.[^.]*$", ""));
        if (resume && !Files.exists(run.config())) {
            throw new BadInputException(run.path() + ": there is no run to resume; leave --resume out to start one");
        }
        if (!resume && !dryRun) {
            run.requireFree();
            Places.requireFolder(run.path());
        }
        PlanningBackend planning = new PlanningBackend(where);
        Job job = prepare(config, overrides, dryRun ? planning : where, run, resume);
        try (Task _ = job.task) {
            List<String> changed = resume ? changed(job.settings, run) : List.of();
            if (dryRun) {
                describe(job, planning);
                return ExitCode.DONE;
            }
            return train(job, run, where, changed);
        }
    }

    /** A run may go on with other settings, a lower learning rate for one, but not unnoticed, and not where its steps would mean something else. */
    private static List<String> changed(Record settings, RunFolder run) {
        List<String> changed = Settings.differences(run.config(), settings);
        if (changed.contains("batch")) {
            throw new BadInputException(run.path() + ": was started with another batch than this configuration's, so that its steps "
                    + "would mean something else; resume with that, or start another run");
        }
        return changed;
    }

    private void describe(Job job, PlanningBackend planning) {
        long bytes = 0;
        for (Checkpoint.StateType state : job.task.states()) {
            TensorType type = new TensorType(state.dtype(), state.shape());
            bytes += MemoryNeed.bytes(type);
            planning.declare(state.name(), type);
        }
        job.task.compileAll();
        MemoryNeed need = planning.need();
        long feed = job.task.feedBytes();
        long steps = job.schedule.steps(job.task.batch());
        if (json()) {
            printJson(new Planned(Settings.toTree(job.settings), steps, job.task.batch(), bytes, need, feed));
            need.require(feed);
            return;
        }
        out().print(Settings.toYaml(job.settings));
        job.task.remark().ifPresent(log()::println);
        log().printf("%d steps of %d; a checkpoint takes %.1f MB on disk%n", steps, job.task.batch(), bytes / 1e6);
        log().printf("memory on %s: %.0f of %.0f MB (states %.0f, activations and gradients %.0f, inputs, outputs and constants %.0f); batches made ahead %.0f MB, "
                + "and the JVM itself%n", need.place(), need.total() / 1e6, need.available() / 1e6, need.states() / 1e6, need.temporaries() / 1e6,
                need.programs() / 1e6, feed / 1e6);
        need.require(feed);
    }

    private int train(Job job, RunFolder run, Backend where, List<String> changed) {
        Interruption.defer();
        Trainer trainer = new Trainer(job.task, job.schedule, run, Interruption::requested, line -> {
            log().println(line);
            log().flush();
        });
        String place = "%s on %s (%s)".formatted(run.path(), where.name(), where.description());
        if (resume) {
            started(run, true);
            trainer.resume();
            if (!changed.isEmpty()) {
                log().println("settings that differ from those in " + run.config() + ": " + String.join(", ", changed));
            }
            log().println(place);
        } else {
            run.requireFree();
            // Before there is a folder: a start that is refused leaves none behind.
            trainer.start();
            run.create(job.settings);
            try {
                started(run, false);
            } catch (BadInputException e) {
                run.discard();
                throw e;
            }
            log().println(place);
            job.task.origin().ifPresent(log()::println);
            log().flush();
        }
        job.task.remark().ifPresent(log()::println);
        boolean complete;
        try {
            complete = trainer.run();
        } catch (BackendException | DivergedException | OutOfMemoryError e) {
            // Devices compile kernels and take memory when a step first runs: that is a start that was refused, too.
            if (!resume && trainer.samples() == 0) {
                run.discard();
            }
            throw e;
        }
        trainer.exportModel(run.path().toAbsolutePath().getFileName().toString());
        if (json()) {
            Map<String, Double> figures = new LinkedHashMap<>(job.task.statistics());
            figures.putAll(job.task.measurements());
            printJson(new Trained(run.path().toString(), trainer.samples(), complete, run.model().toString(), figures));
        } else {
            out().printf("%s: %,d samples%s, model in %s%n", run.path(), trainer.samples(), complete ? "" : " so far, go on with --resume", run.model());
        }
        return complete ? ExitCode.DONE : ExitCode.INTERRUPTED;
    }
}
