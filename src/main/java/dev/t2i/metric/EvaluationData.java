package dev.t2i.metric;

import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.data.SceneImages;
import dev.t2i.data.scene.SceneSampler.Split;
import dev.t2i.error.BadInputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Where captions and real pictures come from.
 *
 * @param name the data set as named on the command line; empty for sets whose features are not kept
 * @param seen compositions as in training
 * @param heldOut compositions that never occur in training; scenes have them
 */
public record EvaluationData(Optional<DataSpec> name, CaptionedImages seen, Optional<CaptionedImages> heldOut) {
    /**
     * Scenes: those of the splits {@code test} and {@code heldout}, whatever seed is named. Other data sets: the split that is named, else the one
     * that trainings leave alone, see {@link DataSpec#openUnseen}.
     *
     * @throws BadInputException where scenes are asked for with a split or a count
     */
    public static EvaluationData of(DataSpec spec) {
        if (spec.kind() != DataSpec.Kind.SCENES) {
            DataSpec.Opened opened = spec.openUnseen();
            return new EvaluationData(Optional.of(opened.spec()), opened.images(), Optional.empty());
        }
        if (spec.options().keySet().stream().anyMatch(option -> !option.equals("seed"))) {
            throw new BadInputException("data '" + spec + "': a measurement chooses unseen scenes by itself; name no more than a seed, as in scenes:?seed=1");
        }
        long seed = Long.parseLong(spec.options().getOrDefault("seed", "0"));
        return new EvaluationData(Optional.of(spec), new SceneImages(seed, Split.TEST, CaptionedImages.ENDLESS),
                Optional.of(new SceneImages(seed, Split.HELDOUT, CaptionedImages.ENDLESS)));
    }

    /** Whether captions say what they state, so that it can be checked. */
    public boolean haveAttributes() {
        return seen.describe(0, 0).attributes().isPresent();
    }

    /**
     * What the pixels of the pictures of {@link #seen} from {@code start} on depend on; empty where features are not kept.
     *
     * @param size side that pictures are loaded at
     */
    Optional<List<String>> dependencies(long start, int count, int size) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        try {
            List<String> all = new ArrayList<>(List.of(name.get().toString(), Long.toString(start), Integer.toString(count), Integer.toString(size)));
            for (Path place : name.get().places()) {
                all.add(FeatureCache.listing(place));
            }
            all.add(Long.toHexString(pixels(start, count, size)));
            return Optional.of(all);
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** A sum over some of the pictures. */
    private long pixels(long start, int count, int size) {
        CRC32 sum = new CRC32();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pixels = arena.allocate(3L * Float.BYTES * size * size, Float.BYTES);
            for (int i = 0; i < FeatureCache.LOOKED_AT; i++) {
                seen.load(start + (long) i * (count - 1) / (FeatureCache.LOOKED_AT - 1), 0, size, pixels);
                sum.update(pixels.asByteBuffer());
            }
        }
        return sum.getValue();
    }
}
