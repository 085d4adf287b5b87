package dev.t2i.metric;

import dev.t2i.data.CaptionedImages;
import dev.t2i.data.Example;
import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.Observation;
import dev.t2i.error.BadInputException;
import dev.t2i.image.Picture;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;

/**
 * Measures a model: it draws pictures for captions that it was not trained on, and {@link Instruments} look at them beside real
 * pictures of the same captions.
 *
 * @param samples captions of each kind
 * @param seed picture {@code i} is drawn with seed {@code seed + i}
 */
public record Evaluation(Painter painter, Instruments instruments, int samples, long seed) {
    private static final int BATCH = 32;
    /** Pictures of each caption, and the most captions, that diversity is measured on. */
    private static final int ALIKE = 8;
    private static final int MOST_CAPTIONS = 64;
    /** Captions to choose distractors from, unless more are drawn. */
    private static final int CAPTIONS = 1000;

    /**
     * Obedience to the captions of one kind of composition.
     *
     * @param compositions {@code seen} or {@code held_out}
     * @param drawn the model's
     * @param real that of real pictures, the ceiling: what it lacks, the recogniser got wrong
     */
    public record Compositions(String compositions, Obedience drawn, Obedience real) {}

    /**
     * @param obedience empty where it was not asked for
     * @param scores the other measures, as far as they were asked for
     */
    public record Result(int samples, long seed, List<Compositions> obedience, List<Score> scores) {}

    public Evaluation {
        if (samples < 2) {
            throw new BadInputException("samples: a measurement takes at least 2 pictures, not " + samples);
        }
    }

    /** What to look for in a row of pictures. */
    private record Asked(boolean facts, boolean features, boolean matching) {
        boolean nothing() {
            return !facts && !features && !matching;
        }
    }

    /** What was seen in a row of pictures. */
    private record Sight(List<Observation> seen, float[][] features, float[][] probabilities, float[][] vectors) {}

    /** Pictures that {@link #run} looks at: the unit of its progress. */
    public long pictures(EvaluationData data, Set<Metric> metrics) {
        long once = metrics.equals(Set.of(Metric.DIVERSITY)) ? 0 : 2L * samples;
        long heldOut = metrics.contains(Metric.ATTRIBUTES) && data.heldOut().isPresent() ? 2L * samples : 0;
        long more = metrics.stream().anyMatch(Metric::readsFeatures) && hasMore(data) ? samples : 0;
        return once + heldOut + more + (metrics.contains(Metric.DIVERSITY) ? (long) captions() * ALIKE : 0);
    }

    private int captions() {
        return Math.clamp(samples / ALIKE, 2, MOST_CAPTIONS);
    }

    private boolean hasMore(EvaluationData data) {
        return data.seen().size() / 2 >= samples;
    }

    /**
     * Draws, looks, and measures.
     *
     * @param progress takes how many pictures have been looked at
     * @throws BadInputException in one line where the data lack what a metric needs
     */
    public Result run(EvaluationData data, Set<Metric> metrics, LongConsumer progress) {
        requireSense(data, metrics);
        long[] done = {0};
        LongConsumer step = count -> progress.accept(done[0] += count);
        boolean facts = metrics.contains(Metric.ATTRIBUTES);
        boolean features = metrics.stream().anyMatch(Metric::readsFeatures);
        boolean matching = metrics.contains(Metric.RPRECISION);
        Asked asked = new Asked(facts, features, matching);
        List<Compositions> obedience = new ArrayList<>();
        List<Score> scores = new ArrayList<>();
        if (!asked.nothing()) {
            // First what may be refused: a prompt that is too long for the model.
            List<Example> examples = examples(data.seen());
            Sight drawn = drawn(data.seen(), asked, step);
            Sight real = real(data, 0, asked, step);
            if (facts) {
                obedience.add(new Compositions("seen", obedience(examples, drawn), obedience(examples, real)));
                data.heldOut().ifPresent(heldOut -> obedience.add(heldOut(heldOut, step)));
            }
            if (features) {
                Optional<Sight> more = hasMore(data) ? Optional.of(real(data, samples, new Asked(false, true, false), step)) : Optional.empty();
                scores.addAll(new FeatureScores(instruments.features().orElseThrow().name(), seed)
                        .of(metrics, set(drawn), drawn.probabilities(), set(real), real.probabilities(), more.map(this::set)));
            }
            if (matching) {
                scores.addAll(retrieval(data, drawn.vectors(), real.vectors()));
            }
        }
        if (metrics.contains(Metric.DIVERSITY)) {
            scores.addAll(diversity(data.seen(), step));
        }
        return new Result(samples, seed, List.copyOf(obedience), List.copyOf(scores));
    }

    private void requireSense(EvaluationData data, Set<Metric> metrics) {
        data.seen().requireSize(Math.max(instruments.factSize(), instruments.featureSize()));
        if (data.seen().size() < samples) {
            throw new BadInputException("samples: the data have " + data.seen().size() + " pictures, " + samples + " were asked for");
        }
        if (metrics.contains(Metric.ATTRIBUTES) && !data.haveAttributes()) {
            throw new BadInputException("attributes are measured on scenes: alone, whose captions say what they state; leave attributes out of --metrics");
        }
        if (metrics.contains(Metric.RPRECISION)) {
            List<Example> examples = toChooseFrom(data);
            Retrieval.requireDistractors(samples, examples.size(), (i, j) -> fits(examples.get(i), examples.get(j)), seed);
        }
        if (metrics.contains(Metric.IS) && samples < InceptionScore.SPLITS) {
            throw new BadInputException("samples: an Inception score is taken over %d splits and needs as many pictures, not %d".formatted(InceptionScore.SPLITS, samples));
        }
        if (metrics.contains(Metric.PR) && samples <= PrecisionRecall.NEIGHBOURS) {
            throw new BadInputException("samples: precision and recall need at least %d pictures, not %d".formatted(PrecisionRecall.NEIGHBOURS + 1, samples));
        }
    }

    private FeatureSet set(Sight sight) {
        return new FeatureSet(instruments.features().orElseThrow().name(), sight.features());
    }

    private static Obedience obedience(List<Example> examples, Sight sight) {
        return Obedience.of(examples.stream().map(example -> example.attributes().orElseThrow().caption()).toList(), sight.seen());
    }

    private Compositions heldOut(CaptionedImages heldOut, LongConsumer step) {
        Asked facts = new Asked(true, false, false);
        List<Example> examples = examples(heldOut);
        Sight drawn = drawn(heldOut, facts, step);
        return new Compositions("held_out", obedience(examples, drawn), obedience(examples, look(samples, facts, real(heldOut, 0), sizes(), step)));
    }

    private List<Example> examples(CaptionedImages data) {
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < samples; i++) {
            examples.add(data.describe(i, seed + i));
        }
        return examples;
    }

    /** Gives {@code count} pictures from number {@code first} on; real ones at {@code size}. */
    private interface Source {
        List<Picture> pictures(int first, int count, int size);
    }

    /** Sides that pictures are loaded at for each use; drawn ones are as they are. */
    private record Sizes(int facts, int features, int matching) {
        static final Sizes DRAWN = new Sizes(0, 0, 0);
    }

    private Sizes sizes() {
        return new Sizes(instruments.factSize(), instruments.featureSize(), instruments.modelSize());
    }

    private Sight drawn(CaptionedImages data, Asked asked, LongConsumer step) {
        return look(samples, asked, (first, count, _) -> {
            List<String> captions = new ArrayList<>();
            List<Long> seeds = new ArrayList<>();
            for (int i = first; i < first + count; i++) {
                captions.add(data.describe(i, seed + i).caption());
                seeds.add(seed + i);
            }
            return painter.paint(captions, seeds);
        }, Sizes.DRAWN, step);
    }

    private Source real(CaptionedImages data, long start) {
        return (first, count, size) -> {
            List<Picture> pictures = new ArrayList<>();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment pixels = arena.allocate(3L * Float.BYTES * size * size, Float.BYTES);
                for (int i = first; i < first + count; i++) {
                    data.load(start + i, seed + i, size, pixels);
                    pictures.add(Picture.fromFloats(size, size, pixels, 0));
                }
            }
            return pictures;
        };
    }

    /** Real pictures from number {@code start} on, whose features may be known from an earlier measurement. */
    private Sight real(EvaluationData data, long start, Asked asked, LongConsumer step) {
        Optional<FeatureCache> cache = asked.features() ? instruments.cache() : Optional.empty();
        Optional<String> key = cache.flatMap(_ -> data.dependencies(start, samples, instruments.featureSize())).map(dependencies -> {
            List<String> all = new ArrayList<>(dependencies);
            all.add(instruments.features().orElseThrow().name());
            all.add(instruments.features().orElseThrow().fingerprint());
            return FeatureCache.key(all);
        });
        Optional<FeatureCache.Kept> known = key.flatMap(name -> cache.get().find(name, "real pictures"));
        Asked left = new Asked(asked.facts(), asked.features() && known.isEmpty(), asked.matching());
        if (left.nothing()) {
            step.accept(samples);
            return new Sight(List.of(), known.orElseThrow().set().vectors(), known.get().probabilities(), new float[0][]);
        }
        Sight sight = look(samples, left, real(data.seen(), start), sizes(), step);
        if (left.features()) {
            key.ifPresent(name -> cache.get().keep(name, new FeatureCache.Kept(set(sight), sight.probabilities())));
            return sight;
        }
        return known.isEmpty() ? sight : new Sight(sight.seen(), known.get().set().vectors(), known.get().probabilities(), sight.vectors());
    }

    private Sight look(int count, Asked asked, Source source, Sizes sizes, LongConsumer step) {
        List<Observation> seen = new ArrayList<>();
        float[][] features = new float[asked.features() ? count : 0][];
        float[][] probabilities = new float[features.length][];
        float[][] vectors = new float[asked.matching() ? count : 0][];
        for (int first = 0; first < count; first += BATCH) {
            int rows = Math.min(BATCH, count - first);
            int start = first;
            Map<Integer, List<Picture>> known = new HashMap<>();
            IntFunction<List<Picture>> pictures = size -> known.computeIfAbsent(size, _ -> source.pictures(start, rows, size));
            if (asked.facts()) {
                Recogniser recogniser = instruments.recogniser().orElseThrow();
                recogniser.read(recogniser.pixels(pictures.apply(sizes.facts())), rows).forEach(reading -> seen.add(reading.observation()));
            }
            if (asked.features()) {
                FeatureNetwork.View view = instruments.features().orElseThrow().look(pictures.apply(sizes.features()));
                System.arraycopy(view.features(), 0, features, first, rows);
                System.arraycopy(view.probabilities(), 0, probabilities, first, rows);
            }
            if (asked.matching()) {
                System.arraycopy(instruments.matching().orElseThrow().images(pictures.apply(sizes.matching())), 0, vectors, first, rows);
            }
            step.accept(rows);
        }
        return new Sight(seen, features, probabilities, vectors);
    }

    /** R-precision of drawn and of real pictures, among captions that fit them in nothing and, where there are such, in all but one attribute. */
    private List<Score> retrieval(EvaluationData data, float[][] drawn, float[][] real) {
        MatchingModel model = instruments.matching().orElseThrow();
        List<Example> examples = toChooseFrom(data);
        float[][] texts = model.texts(examples.stream().map(Example::caption).toList());
        String network = "[" + model.name() + "]";
        List<Score> scores = new ArrayList<>();
        scores.add(Score.of(Metric.RPRECISION, "R-precision" + network, Retrieval.precision(drawn, texts, (i, j) -> fits(examples.get(i), examples.get(j)), seed))
                .real(OptionalDouble.of(Retrieval.precision(real, texts, (i, j) -> fits(examples.get(i), examples.get(j)), seed).value())));
        if (examples.stream().allMatch(example -> example.wrongCaption().isPresent())) {
            float[][] wrong = model.texts(examples.subList(0, samples).stream().map(example -> example.wrongCaption().orElseThrow()).toList());
            scores.add(Score.of(Metric.RPRECISION, "over one wrong attribute" + network, Retrieval.overWrong(drawn, texts, wrong))
                    .real(OptionalDouble.of(Retrieval.overWrong(real, texts, wrong).value())));
        }
        return scores;
    }

    private List<Example> toChooseFrom(EvaluationData data) {
        int count = (int) Math.min(data.seen().size(), Math.max(samples, CAPTIONS));
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            examples.add(data.seen().describe(i, seed + i));
        }
        return examples;
    }

    /** Whether the other's caption is true of the one's real picture: of a scene, where it says nothing else; of others, where it is the same. */
    private static boolean fits(Example one, Example other) {
        if (one.attributes().isPresent() && other.attributes().isPresent()) {
            Caption caption = other.attributes().get().caption();
            return caption.fits(Observation.of(one.attributes().get().scene()));
        }
        return one.caption().equals(other.caption());
    }

    /** Of pictures that differ in their seeds alone, and, for comparison, of pictures of different captions. */
    private List<Score> diversity(CaptionedImages data, LongConsumer step) {
        FeatureNetwork network = instruments.features().orElseThrow();
        List<float[][]> groups = new ArrayList<>();
        for (int i = 0; i < captions(); i++) {
            List<Long> seeds = new ArrayList<>();
            for (int j = 0; j < ALIKE; j++) {
                seeds.add(seed + samples + (long) i * ALIKE + j);
            }
            groups.add(network.look(painter.paint(Collections.nCopies(ALIKE, data.describe(i, seed + i).caption()), seeds)).features());
            step.accept(ALIKE);
        }
        Diversity within = Diversity.of(groups);
        Diversity across = Diversity.of(Collections.singletonList(groups.stream().map(group -> group[0]).toArray(float[][]::new)));
        return List.of(Score.of(Metric.DIVERSITY, "diversity[" + network.name() + "]", within.mean()).within(within.low(), within.high()),
                Score.of(Metric.DIVERSITY, "between captions[" + network.name() + "]", across.mean()));
    }
}
