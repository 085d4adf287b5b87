package dev.t2i.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.t2i.backend.Backend;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.data.SceneImages;
import dev.t2i.data.scene.SceneSampler.Split;
import dev.t2i.error.BadInputException;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
    private static final Backend BACKEND = new ScalarBackend();
    private static final EvaluationData SCENES = EvaluationData.of(DataSpec.parse("scenes:?seed=3"));
    private static final Painter BLANK = (prompts, _) -> prompts.stream().map(_ -> Picture.blank(48, 48)).toList();
    private static final Set<Metric> ALL_BUT_RETRIEVAL = EnumSet.complementOf(EnumSet.of(Metric.RPRECISION));
    private static Recogniser recogniser;

    @TempDir
    static Path folder;

    @BeforeAll
    static void untrained() {
        RecogniserSettings tiny = Settings.parse("""
                task: recogniser
                batch: 1
                exam: 1
                schedule: {samples: 1}
                network: {size: 32, channels: [8, 8, 8], blocks: [0, 0, 0]}
                """, "test", RecogniserSettings.class, List.of());
        try (RecogniserTask task = new RecogniserTask(tiny, BACKEND)) {
            task.initialize();
            task.export(folder, "tiny", 0);
        }
        recogniser = Recogniser.open(folder, BACKEND);
    }

    @AfterAll
    static void close() {
        recogniser.close();
    }

    private static Instruments instruments(Optional<FeatureCache> cache) {
        return new Instruments(Optional.of(recogniser), Optional.of(new RecogniserFeatures(recogniser)), Optional.empty(), 32, cache);
    }

    private static Evaluation evaluation(Painter painter, int samples, long seed) {
        return new Evaluation(painter, instruments(Optional.empty()), samples, seed);
    }

    @Test
    void countsEveryPictureAndNamesTheNetworkOfADistance() {
        long[] looked = {0};
        Set<Long> seeds = new HashSet<>();
        Painter painter = (prompts, numbers) -> {
            seeds.addAll(numbers);
            return BLANK.paint(prompts, numbers);
        };
        Evaluation evaluation = evaluation(painter, 40, 100);
        Evaluation.Result result = evaluation.run(SCENES, ALL_BUT_RETRIEVAL, done -> looked[0] = done);
        assertEquals(evaluation.pictures(SCENES, ALL_BUT_RETRIEVAL), looked[0]);
        assertEquals(40 + 5 * 8, seeds.size(), "a picture for each caption, and eight for each of five");
        assertTrue(seeds.contains(100L) && seeds.contains(139L));
        assertEquals(List.of("seen", "held_out"), result.obedience().stream().map(Evaluation.Compositions::compositions).toList());
        result.obedience().forEach(part -> {
            assertEquals(40, part.drawn().pictures().count());
            assertEquals(part.drawn().facts().count(), part.real().facts().count());
        });
        Map<String, Score> scores = new HashMap<>();
        result.scores().forEach(score -> scores.put(score.name(), score));
        assertEquals(Set.of("FID[tiny]", "KID[tiny]", "precision[tiny]", "recall[tiny]", "density[tiny]", "coverage[tiny]", "IS[tiny]", "diversity[tiny]",
                "between captions[tiny]"), scores.keySet());
        Score frechet = scores.get("FID[tiny]");
        assertTrue(frechet.value() > frechet.real().orElseThrow(), "blank pictures are farther from scenes than scenes are");
        assertEquals(1, scores.get("IS[tiny]").value(), 1e-6, "blank pictures are all of one class");
        assertEquals(0, scores.get("diversity[tiny]").value(), 1e-9, "blank pictures are all the same");
        assertEquals(0, scores.get("recall[tiny]").value());
        assertTrue(scores.get("recall[tiny]").real().orElseThrow() > 0.5);
    }

    @Test
    void realPicturesAreAtDistanceZeroFromThemselves() {
        CaptionedImages scenes = new SceneImages(3, Split.TEST, 20);
        int[] next = {0};
        Painter copyist = (prompts, _) -> prompts.stream().map(_ -> render(scenes, next[0]++)).toList();
        Evaluation.Result result = evaluation(copyist, 20, 0).run(new EvaluationData(Optional.empty(), scenes, Optional.empty()), EnumSet.of(Metric.FID), _ -> { });
        assertEquals(0, result.scores().getFirst().value(), 1e-9);
        assertTrue(result.scores().getFirst().real().isEmpty(), "20 pictures are too few for another 20");
    }

    private static Picture render(CaptionedImages scenes, int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pixels = arena.allocate(32 * 32 * 3 * 4, 4);
            scenes.load(index, 0, 32, pixels);
            return Picture.fromFloats(32, 32, pixels, 0);
        }
    }

    @Test
    void refusesWhatCannotBeMeasured() {
        assertThrows(BadInputException.class, () -> EvaluationData.of(DataSpec.parse("scenes:?split=train")));
        assertThrows(BadInputException.class, () -> evaluation(BLANK, 1, 0));
        EvaluationData few = new EvaluationData(Optional.empty(), new SceneImages(3, Split.TEST, 5), Optional.empty());
        assertThrows(BadInputException.class, () -> evaluation(BLANK, 6, 0).run(few, EnumSet.of(Metric.FID), _ -> { }));
        assertThrows(BadInputException.class, () -> evaluation(BLANK, 5, 0).run(few, EnumSet.of(Metric.IS), _ -> { }));
        assertThrows(BadInputException.class, () -> evaluation(BLANK, 3, 0).run(few, EnumSet.of(Metric.PR), _ -> { }));
        Painter idle = (_, _) -> fail("drawn for nothing");
        assertThrows(BadInputException.class, () -> evaluation(idle, 5, 0).run(few, EnumSet.of(Metric.RPRECISION), _ -> { }), "there are no 99 others");
    }

    @Test
    void distancesDoNotDependOnWhatElseIsMeasured() {
        // Of a model of 16 pixels: the recogniser looks at 32, and another network at what was drawn.
        Instruments instruments = new Instruments(Optional.of(recogniser), Optional.of(new OtherNetwork(new RecogniserFeatures(recogniser))), Optional.empty(), 16, Optional.empty());
        Evaluation evaluation = new Evaluation(BLANK, instruments, 12, 5);
        List<Score> alone = evaluation.run(SCENES, EnumSet.of(Metric.FID), _ -> { }).scores();
        assertEquals(alone, evaluation.run(SCENES, EnumSet.of(Metric.FID, Metric.ATTRIBUTES), _ -> { }).scores());
    }

    /** One that is not known to be the recogniser's. */
    private record OtherNetwork(FeatureNetwork network) implements FeatureNetwork {
        @Override
        public String name() {
            return "other";
        }

        @Override
        public String fingerprint() {
            return network.fingerprint();
        }

        @Override
        public int featureCount() {
            return network.featureCount();
        }

        @Override
        public View look(List<Picture> pictures) {
            return network.look(pictures);
        }

        @Override
        public void close() {
            network.close();
        }
    }

    @Test
    void realFeaturesAreKeptAndNothingChanges(@TempDir Path kept) throws IOException {
        List<String> log = new ArrayList<>();
        Optional<FeatureCache> cache = Optional.of(new FeatureCache(kept.resolve("features"), log::add));
        Set<Metric> metrics = EnumSet.of(Metric.FID, Metric.KID, Metric.IS, Metric.PR);
        Evaluation evaluation = new Evaluation(BLANK, instruments(cache), 12, 5);
        Evaluation.Result first = evaluation.run(SCENES, metrics, _ -> { });
        assertEquals(List.of(), log);
        assertEquals(first, evaluation.run(SCENES, metrics, _ -> { }));
        assertEquals(2, log.size(), "once the real pictures, once as many more");
        assertEquals(first.scores(), evaluation(BLANK, 12, 5).run(SCENES, metrics, _ -> { }).scores());
        log.clear();
        new Evaluation(BLANK, instruments(cache), 13, 5).run(SCENES, metrics, _ -> { });
        evaluation.run(EvaluationData.of(DataSpec.parse("scenes:?seed=4")), metrics, _ -> { });
        assertEquals(List.of(), log, "other pictures have other features");
        try (Stream<Path> files = Files.list(kept.resolve("features"))) {
            for (Path file : files.toList()) {
                Files.write(file, new byte[] {1, 2, 3});
            }
        }
        assertEquals(first, evaluation.run(SCENES, metrics, _ -> { }), "damaged files are made again");
    }

    @Test
    void featuresComeFromFoldersAndFiles(@TempDir Path pictures) {
        CaptionedImages scenes = new SceneImages(3, Split.TEST, 20);
        for (int i = 0; i < 3; i++) {
            Png.write(render(scenes, i), Map.of(), pictures.resolve(i + ".png"), false);
        }
        List<String> log = new ArrayList<>();
        FeatureSource source = new FeatureSource(() -> new RecogniserFeatures(Recogniser.open(folder, BACKEND)), "unknown",
                Optional.of(new FeatureCache(folder.resolve("features"), log::add)));
        FeatureSource.Features features = source.read(pictures);
        assertEquals(3, features.set().orElseThrow().count());
        assertArrayEquals(features.statistics().mean(), source.read(pictures).statistics().mean());
        assertEquals(1, log.size(), "kept from the first time");
        Png.write(render(scenes, 7), Map.of(), pictures.resolve("1.png"), true);
        assertNotEquals(features.statistics().mean()[0], source.read(pictures).statistics().mean()[0], "a picture was exchanged");
        Png.write(render(scenes, 1), Map.of(), pictures.resolve("1.png"), true);
        Path saved = folder.resolve("statistics.safetensors");
        features.statistics().write(saved);
        assertEquals(0, FrechetDistance.between(features.statistics(), source.read(saved).statistics()), 1e-9);
        assertThrows(BadInputException.class, () -> source.read(folder.resolve("model.safetensors")));
        assertThrows(BadInputException.class, () -> source.read(pictures.resolve("0.png")));
        assertThrows(BadInputException.class, () -> source.read(pictures.resolve("none.safetensors")));
    }
}
