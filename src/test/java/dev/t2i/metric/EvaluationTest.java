package dev.t2i.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
    private static final Backend BACKEND = new ScalarBackend();
    private static final Evaluation.Data SCENES = Evaluation.Data.of(DataSpec.parse("scenes:?seed=3"));
    private static final Painter BLANK = (prompts, _) -> prompts.stream().map(_ -> Picture.blank(48, 48)).toList();
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

    @Test
    void countsEveryPictureAndNamesTheNetworkOfADistance() {
        long[] looked = {0};
        Set<Long> seeds = new HashSet<>();
        Painter painter = (prompts, numbers) -> {
            seeds.addAll(numbers);
            return BLANK.paint(prompts, numbers);
        };
        Set<Evaluation.Metric> all = EnumSet.allOf(Evaluation.Metric.class);
        Evaluation evaluation = new Evaluation(painter, recogniser, 40, 100);
        Evaluation.Result result = evaluation.run(SCENES, all, done -> looked[0] = done);
        assertEquals(evaluation.pictures(SCENES, all), looked[0]);
        assertEquals(40, seeds.size());
        assertTrue(seeds.contains(100L) && seeds.contains(139L));
        assertEquals(List.of("seen", "held_out"), result.obedience().stream().map(Evaluation.Compositions::compositions).toList());
        result.obedience().forEach(part -> {
            assertEquals(40, part.drawn().pictures().count());
            assertEquals(part.drawn().facts().count(), part.real().facts().count());
        });
        assertEquals(List.of("FID[tiny]", "KID[tiny]"), result.distances().stream().map(Evaluation.Distance::name).toList());
        Evaluation.Distance frechet = result.distances().getFirst();
        assertTrue(frechet.value() > frechet.real().orElseThrow(), "blank pictures are farther from scenes than scenes are");
    }

    @Test
    void realPicturesAreAtDistanceZeroFromThemselves() {
        CaptionedImages scenes = new SceneImages(3, Split.TEST, 20);
        int[] next = {0};
        Painter copyist = (prompts, _) -> prompts.stream().map(_ -> render(scenes, next[0]++)).toList();
        Evaluation.Result result = new Evaluation(copyist, recogniser, 20, 0)
                .run(new Evaluation.Data(scenes, Optional.empty()), EnumSet.of(Evaluation.Metric.FID), _ -> { });
        assertEquals(0, result.distances().getFirst().value(), 1e-9);
        assertTrue(result.distances().getFirst().real().isEmpty(), "20 pictures are too few for another 20");
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
        assertThrows(BadInputException.class, () -> Evaluation.Data.of(DataSpec.parse("scenes:?split=train")));
        assertThrows(BadInputException.class, () -> new Evaluation(BLANK, recogniser, 1, 0));
        Evaluation.Data few = new Evaluation.Data(new SceneImages(3, Split.TEST, 5), Optional.empty());
        assertThrows(BadInputException.class,
                () -> new Evaluation(BLANK, recogniser, 6, 0).run(few, EnumSet.of(Evaluation.Metric.FID), _ -> { }));
    }

    @Test
    void featuresComeFromFoldersAndFiles(@TempDir Path pictures) {
        CaptionedImages scenes = new SceneImages(3, Split.TEST, 20);
        for (int i = 0; i < 3; i++) {
            Png.write(render(scenes, i), Map.of(), pictures.resolve(i + ".png"), false);
        }
        FeatureSource source = new FeatureSource(() -> Recogniser.open(folder, BACKEND));
        FeatureSource.Features features = source.read(pictures);
        assertEquals(3, features.set().orElseThrow().count());
        Path saved = folder.resolve("statistics.safetensors");
        features.statistics().write(saved);
        assertEquals(0, FrechetDistance.between(features.statistics(), source.read(saved).statistics()), 1e-9);
        assertThrows(BadInputException.class, () -> source.read(folder.resolve("model.safetensors")));
        assertThrows(BadInputException.class, () -> source.read(pictures.resolve("0.png")));
        assertThrows(BadInputException.class, () -> source.read(pictures.resolve("none.safetensors")));
    }
}
