package dev.t2i.metric;

import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.data.Example;
import dev.t2i.data.SceneImages;
import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.Observation;
import dev.t2i.data.scene.SceneSampler.Split;
import dev.t2i.error.BadInputException;
import dev.t2i.image.Picture;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Measures a model: it draws pictures for captions that it was not trained on, and the recogniser looks at them beside real
 * pictures of the same captions.
 *
 * @param samples captions of each kind
 * @param seed picture {@code i} is drawn with seed {@code seed + i}
 */
public record Evaluation(Painter painter, Recogniser recogniser, int samples, long seed) {
    private static final int BATCH = 32;

    /** What can be measured. */
    public enum Metric {
        /** How many of the stated facts the pictures show. */
        ATTRIBUTES,
        /** {@link FrechetDistance} to real pictures. */
        FID,
        /** {@link KernelDistance} to real pictures. */
        KID
    }

    /**
     * Where captions and real pictures come from.
     *
     * @param seen compositions as in training
     * @param heldOut compositions that never occur in training; scenes have them
     */
    public record Data(CaptionedImages seen, Optional<CaptionedImages> heldOut) {
        /**
         * Scenes: those of the splits {@code test} and {@code heldout}, whatever seed is named. Other data sets as they are.
         *
         * @throws BadInputException where scenes are asked for with a split or a count
         */
        public static Data of(DataSpec spec) {
            if (spec.kind() != DataSpec.Kind.SCENES) {
                return new Data(spec.open(), Optional.empty());
            }
            if (spec.options().keySet().stream().anyMatch(option -> !option.equals("seed"))) {
                throw new BadInputException("data '" + spec + "': a measurement chooses unseen scenes by itself; name no more than a seed, as in scenes:?seed=1");
            }
            long seed = Long.parseLong(spec.options().getOrDefault("seed", "0"));
            return new Data(new SceneImages(seed, Split.TEST, CaptionedImages.ENDLESS),
                    Optional.of(new SceneImages(seed, Split.HELDOUT, CaptionedImages.ENDLESS)));
        }
    }

    /**
     * Obedience to the captions of one kind of composition.
     *
     * @param compositions {@code seen} or {@code held_out}
     * @param drawn the model's
     * @param real that of real pictures, the ceiling: what it lacks, the recogniser got wrong
     */
    public record Compositions(String compositions, Obedience drawn, Obedience real) {}

    /**
     * A distance from drawn to real pictures.
     *
     * @param name as {@code FID[network]}: on another network's features it is another number
     * @param value from the model's pictures to the real ones of the same captions
     * @param real between as many further real pictures and those: what no model can be expected to beat; empty where the data are too few
     * @param spread standard deviation of {@code value} over subsets, for KID
     */
    public record Distance(Metric metric, String name, double value, OptionalDouble real, OptionalDouble spread) {}

    /**
     * @param recogniser name of the network that looked
     * @param obedience empty where it was not asked for
     * @param distances those that were asked for
     */
    public record Result(String recogniser, int samples, long seed, List<Compositions> obedience, List<Distance> distances) {}

    public Evaluation {
        if (samples < 2) {
            throw new BadInputException("samples: a measurement takes at least 2 pictures, not " + samples);
        }
    }

    /** What the recogniser saw in a row of pictures, with their features where distances are asked for. */
    private record Sight(List<Example> examples, List<Observation> seen, Optional<FeatureSet> features) {
        Obedience obedience() {
            List<Caption> captions = examples.stream().map(example -> example.attributes().orElseThrow(() -> new BadInputException(
                    "attributes are measured on scenes: alone, whose captions say what they state; leave --metrics attributes out")).caption()).toList();
            return Obedience.of(captions, seen);
        }
    }

    /** Pictures that {@link #run} looks at: the unit of its progress. */
    public long pictures(Data data, Set<Metric> metrics) {
        long heldOut = metrics.contains(Metric.ATTRIBUTES) && data.heldOut().isPresent() ? 2L * samples : 0;
        return 2L * samples + heldOut + (asksForDistances(metrics) ? samples : 0);
    }

    private static boolean asksForDistances(Set<Metric> metrics) {
        return metrics.contains(Metric.FID) || metrics.contains(Metric.KID);
    }

    /**
     * Draws, looks, and measures.
     *
     * @param progress takes how many pictures have been looked at
     * @throws BadInputException in one line where the data lack what a metric needs
     */
    public Result run(Data data, Set<Metric> metrics, LongConsumer progress) {
        long[] done = {0};
        Runnable step = () -> progress.accept(++done[0]);
        if (data.seen().size() < samples) {
            throw new BadInputException("samples: the data have " + data.seen().size() + " pictures, " + samples + " were asked for");
        }
        boolean attributes = metrics.contains(Metric.ATTRIBUTES);
        if (attributes && data.seen().describe(0, 0).attributes().isEmpty()) {
            throw new BadInputException("attributes are measured on scenes: alone, whose captions say what they state; "
                    + "measure fid or kid on other data");
        }
        boolean features = asksForDistances(metrics);
        // First what may be refused: a prompt that is too long for the model.
        Sight drawn = drawn(data.seen(), features, step);
        Sight real = real(data.seen(), 0, features, step);
        List<Compositions> obedience = new ArrayList<>();
        if (attributes) {
            obedience.add(new Compositions("seen", drawn.obedience(), real.obedience()));
            data.heldOut().ifPresent(heldOut -> obedience.add(new Compositions("held_out",
                    drawn(heldOut, false, step).obedience(), real(heldOut, 0, false, step).obedience())));
        }
        List<Distance> distances = new ArrayList<>();
        if (features) {
            Optional<FeatureSet> more = data.seen().size() / 2 >= samples ? real(data.seen(), samples, true, step).features() : Optional.empty();
            if (metrics.contains(Metric.FID)) {
                distances.add(frechet(drawn.features().orElseThrow(), real.features().orElseThrow(), more));
            }
            if (metrics.contains(Metric.KID)) {
                distances.add(kernel(drawn.features().orElseThrow(), real.features().orElseThrow(), more));
            }
        }
        return new Result(recogniser.name(), samples, seed, List.copyOf(obedience), List.copyOf(distances));
    }

    private Distance frechet(FeatureSet drawn, FeatureSet real, Optional<FeatureSet> more) {
        FeatureStatistics statistics = real.statistics();
        OptionalDouble floor = more.isEmpty() ? OptionalDouble.empty()
                : OptionalDouble.of(FrechetDistance.between(more.get().statistics(), statistics));
        return new Distance(Metric.FID, name(Metric.FID), FrechetDistance.between(drawn.statistics(), statistics), floor, OptionalDouble.empty());
    }

    private Distance kernel(FeatureSet drawn, FeatureSet real, Optional<FeatureSet> more) {
        KernelDistance.Value value = KernelDistance.between(drawn, real, seed);
        OptionalDouble floor = more.isEmpty() ? OptionalDouble.empty()
                : OptionalDouble.of(KernelDistance.between(more.get(), real, seed).mean());
        return new Distance(Metric.KID, name(Metric.KID), value.mean(), floor, OptionalDouble.of(value.standardDeviation()));
    }

    private String name(Metric metric) {
        return metric + "[" + recogniser.name() + "]";
    }

    private Sight drawn(CaptionedImages data, boolean features, Runnable step) {
        return look(0, data, features, (examples, first) -> {
            List<Long> seeds = new ArrayList<>();
            for (int i = 0; i < examples.size(); i++) {
                seeds.add(seed + first + i);
            }
            return painter.paint(examples.stream().map(Example::caption).toList(), seeds);
        }, step);
    }

    private Sight real(CaptionedImages data, long start, boolean features, Runnable step) {
        int size = recogniser.size();
        return look(start, data, features, (examples, first) -> {
            List<Picture> pictures = new ArrayList<>();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment pixels = arena.allocate(3L * Float.BYTES * size * size, Float.BYTES);
                for (int i = 0; i < examples.size(); i++) {
                    data.load(start + first + i, seed + first + i, size, pixels);
                    pictures.add(Picture.fromFloats(size, size, pixels, 0));
                }
            }
            return pictures;
        }, step);
    }

    /** Gives the pictures that belong to examples, of which the first has this number. */
    private interface Source {
        List<Picture> pictures(List<Example> examples, int first);
    }

    private Sight look(long start, CaptionedImages data, boolean withFeatures, Source source, Runnable step) {
        List<Example> examples = new ArrayList<>();
        List<Observation> seen = new ArrayList<>();
        float[][] features = new float[samples][];
        for (int first = 0; first < samples; first += BATCH) {
            int count = Math.min(BATCH, samples - first);
            List<Example> some = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                some.add(data.describe(start + first + i, seed + first + i));
            }
            float[] pixels = recogniser.pixels(source.pictures(some, first));
            examples.addAll(some);
            recogniser.read(pixels, count).forEach(reading -> {
                seen.add(reading.observation());
                step.run();
            });
            if (withFeatures) {
                System.arraycopy(recogniser.features(pixels, count), 0, features, first, count);
            }
        }
        return new Sight(examples, seen, withFeatures ? Optional.of(new FeatureSet(recogniser.name(), features)) : Optional.empty());
    }
}
