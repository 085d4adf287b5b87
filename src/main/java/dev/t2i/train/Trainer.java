package dev.t2i.train;

import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Repeats a task's step on schedule: status lines, figures, snapshots, checkpoints, a clean stop on request, and an end
 * with a name for it when a number is no longer finite.
 */
public final class Trainer {
    private final Task task;
    private final Schedule schedule;
    private final RunFolder run;
    private final List<Checkpoint.StateType> states;
    private final BooleanSupplier stopRequested;
    private final Consumer<String> report;
    private long step;
    private double secondsBefore;
    private long startedAt;
    private long tickStartedAt;
    private long tickStartStep;
    /** Figures since the last status line, which shows their means: one step's losses alone say little. */
    private final Map<String, DoubleSummaryStatistics> figures = new LinkedHashMap<>();

    /**
     * @param stopRequested asked between steps; once true, the run is saved and left
     * @param report takes status lines
     */
    public Trainer(Task task, Schedule schedule, RunFolder run, BooleanSupplier stopRequested, Consumer<String> report) {
        this.task = task;
        this.schedule = schedule;
        this.run = run;
        this.states = task.states();
        this.stopRequested = stopRequested;
        this.report = report;
    }

    /** Starts anew, with the task's first values. */
    public void start() {
        task.initialize();
        task.compile();
    }

    /** Goes on from the run's latest checkpoint, or starts anew where there is none yet. */
    public void resume() {
        Optional<Path> latest = Checkpoint.latest(run.checkpoints());
        if (latest.isEmpty()) {
            report.accept("no checkpoint yet, starting anew");
            run.truncateStatistics(0);
            start();
            return;
        }
        Checkpoint.Progress progress = Checkpoint.load(latest.get(), task.session(), states);
        step = progress.step();
        secondsBefore = progress.seconds();
        run.truncateStatistics(step);
        task.compile();
        report.accept("resumed at step %d from %s".formatted(step, latest.get()));
    }

    /**
     * Runs to the schedule's end or until a stop is requested; either way the last step is saved.
     *
     * @return whether the schedule's end was reached, be it in samples or in minutes
     */
    public boolean run() {
        long steps = schedule.steps(task.batch());
        startedAt = schedule.clock().nanoseconds();
        tickStartedAt = System.nanoTime();
        tickStartStep = step;
        boolean saved = step > 0;
        if (step == 0 && schedule.snapshot() > 0) {
            task.snapshot(run.grids(), 0);
        }
        boolean over = step >= steps || timeIsUp();
        while (!over && !stopRequested.getAsBoolean()) {
            task.step(step);
            Map<String, Double> said = task.statistics();
            requireFinite(said, step);
            said.forEach((name, value) -> figures.computeIfAbsent(name, _ -> new DoubleSummaryStatistics()).accept(value));
            step++;
            saved = false;
            over = step >= steps || timeIsUp();
            if (over || Schedule.crosses(step, task.batch(), schedule.tick())) {
                tick(steps);
            }
            if (schedule.snapshot() > 0 && (over || Schedule.crosses(step, task.batch(), schedule.snapshot()))) {
                task.snapshot(run.grids(), step);
            }
            if (Schedule.crosses(step, task.batch(), schedule.checkpoint())) {
                save();
                saved = true;
            }
        }
        if (!saved) {
            save();
        }
        return over;
    }

    private boolean timeIsUp() {
        return schedule.minutes() > 0 && seconds() >= schedule.minutes() * 60;
    }

    /** Samples trained on so far. */
    public long samples() {
        return step * task.batch();
    }

    /** Writes the model as it stands into the run's {@code model} folder, in place of an earlier one. */
    public void exportModel(String name) {
        run.replaceModel(folder -> task.export(folder, name, samples()));
    }

    private void save() {
        Checkpoint.save(run.checkpoints(), task.session(), states, new Checkpoint.Progress(step, seconds()), schedule.keep());
    }

    private double seconds() {
        return secondsBefore + (schedule.clock().nanoseconds() - startedAt) * 1e-9;
    }

    private void tick(long steps) {
        Map<String, Double> measurements = task.measurements();
        requireFinite(measurements, step - 1);
        measurements.forEach((name, value) -> figures.computeIfAbsent(name, _ -> new DoubleSummaryStatistics()).accept(value));
        long now = System.nanoTime();
        double perSecond = (step - tickStartStep) * (double) task.batch() / ((now - tickStartedAt) * 1e-9);
        long left = Math.round((steps - step) * (double) task.batch() / perSecond);
        if (schedule.minutes() > 0) {
            left = Math.min(left, Math.max(0, Math.round(schedule.minutes() * 60 - seconds())));
        }
        tickStartedAt = now;
        tickStartStep = step;
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", step);
        line.put("samples", step * task.batch());
        line.put("seconds", Math.round(seconds() * 10) / 10.0);
        line.put("samples_per_second", Math.round(perSecond * 100) / 100.0);
        figures.forEach((name, figure) -> line.put(name, figure.getAverage()));
        run.append(line);
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "step %d/%d  samples %s  time %s  left %s  %.1f/s",
                step, steps, thousands(step * task.batch()), duration(Math.round(seconds())), duration(left), perSecond));
        figures.forEach((name, figure) -> text.append(String.format(Locale.ROOT, "  %s %.4g", name, figure.getAverage())));
        figures.clear();
        report.accept(text.toString());
    }

    /** @param step the last that was taken, counted from 0 */
    private void requireFinite(Map<String, Double> figures, long step) {
        for (Map.Entry<String, Double> figure : figures.entrySet()) {
            if (!Double.isFinite(figure.getValue())) {
                String culprit = task.firstBadValue(step).orElse("the figure '" + figure.getKey() + "'");
                String remedy = Checkpoint.latest(run.checkpoints()).isEmpty() ? "start again"
                        : "the last checkpoint in %s is from before it, resume".formatted(run.checkpoints());
                throw new DivergedException("training stopped at step %d: %s is not finite; %s with a lower learning rate or a stronger penalty"
                        .formatted(step, culprit, remedy));
            }
        }
    }

    private static String thousands(long samples) {
        return samples < 10_000 ? Long.toString(samples) : String.format(Locale.ROOT, "%.1fk", samples / 1000.0);
    }

    /** As {@code 2h 05m}, {@code 5m 07s} or {@code 12s}. */
    static String duration(long seconds) {
        if (seconds >= 3600) {
            return "%dh %02dm".formatted(seconds / 3600, seconds / 60 % 60);
        }
        return seconds >= 60 ? "%dm %02ds".formatted(seconds / 60, seconds % 60) : seconds + "s";
    }
}
