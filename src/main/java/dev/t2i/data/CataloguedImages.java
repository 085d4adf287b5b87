package dev.t2i.data;

import dev.t2i.image.ImageException;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import dev.t2i.image.Resize;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The pictures of a {@link Catalogue}, or of some of its splits, in its order. They are decoded when they are asked for; the largest
 * centred square is resized to the size wanted.
 */
public final class CataloguedImages implements CaptionedImages {
    private static final String EVERY_SPLIT = "all";
    static final String USUAL_SPLIT = "train";
    /** Names of what trainings leave alone, the best first. */
    private static final List<String> UNSEEN_SPLITS = List.of("test", "val", "validation");

    private final DataSpec spec;
    private final Catalogue catalogue;
    /** Numbers in the catalogue; null for all of them, in order. */
    private final int[] chosen;

    private CataloguedImages(DataSpec spec, Catalogue catalogue, int[] chosen) {
        this.spec = spec;
        this.catalogue = catalogue;
        this.chosen = chosen;
    }

    /**
     * @param spec what {@code catalogue} was opened by; its option {@code split} chooses: names joined by {@code +}, or {@code all}; without it
     *             {@code train} where there are splits, else everything. With {@code faults=skip} what is at fault is left out
     * @throws DataException one line that names the first defect ({@link DataCheck} lists them all), or says that nothing is there
     */
    static CataloguedImages of(DataSpec spec, Catalogue catalogue) {
        requireGood(spec, catalogue);
        return new CataloguedImages(spec, catalogue, chosen(spec, catalogue, false));
    }

    /** Refuses sets at fault and empty ones. */
    static void requireGood(DataSpec spec, Catalogue catalogue) {
        Problems problems = catalogue.problems();
        if (!problems.isEmpty() && !spec.skipsFaults()) {
            String more = problems.count() == 1 ? "" : "; " + (problems.count() == 2 ? "1 more problem" : problems.count() - 1 + " more problems");
            // Problems name files inside a folder; a pattern of shards has no inside.
            String between = Files.isDirectory(Path.of(spec.location())) ? "/" : ": ";
            throw new DataException("%s%s%s%s, see 'data check %s'; ?faults=skip leaves out what is at fault"
                    .formatted(spec.location(), between, problems.first(), more, spec));
        }
        if (catalogue.size() == 0) {
            throw new DataException("data '" + spec + "': no picture with a caption is there");
        }
    }

    /**
     * The numbers of the pictures that a spec asks for; null for all.
     *
     * @param every whether a spec that names no split asks for all, not for the usual one
     */
    static int[] chosen(DataSpec spec, Catalogue catalogue, boolean every) {
        boolean said = spec.options().containsKey("split");
        String wanted = spec.options().getOrDefault("split", every ? EVERY_SPLIT : USUAL_SPLIT);
        if (wanted.equals(EVERY_SPLIT) || catalogue.size() == 0 || !said && catalogue.split(0).isEmpty()) {
            return null;
        }
        if (catalogue.split(0).isEmpty()) {
            throw new DataException("data '" + spec + "': this set has no splits; leave the option out");
        }
        Set<String> there = splits(catalogue);
        Set<String> names = Arrays.stream(wanted.split("\\+", -1)).collect(Collectors.toSet());
        for (String name : names) {
            if (!there.contains(name)) {
                throw new DataException("data '%s': there is no split '%s', write split=%s, several joined by +, or split=all"
                        .formatted(spec, name, String.join(" or ", there)));
            }
        }
        int[] chosen = new int[Math.toIntExact(catalogue.size())];
        int count = 0;
        for (int i = 0; i < chosen.length; i++) {
            if (names.contains(catalogue.split(i))) {
                chosen[count++] = i;
            }
        }
        return Arrays.copyOf(chosen, count);
    }

    private static Set<String> splits(Catalogue catalogue) {
        Set<String> there = new TreeSet<>();
        for (long i = 0; i < catalogue.size(); i++) {
            there.add(catalogue.split(i));
        }
        return there;
    }

    /** The split that a measurement takes; empty where there are none. */
    static Optional<String> unseenSplit(DataSpec spec, Catalogue catalogue) {
        Set<String> there = splits(catalogue);
        if (there.isEmpty() || there.contains("")) {
            return Optional.empty();
        }
        if (there.size() == 1) {
            return there.stream().findFirst();
        }
        return Optional.of(UNSEEN_SPLITS.stream().filter(there::contains).findFirst().orElseThrow(() -> new DataException(
                "data '%s': which of its splits %s was not trained on? Write split=NAME".formatted(spec, String.join(", ", there)))));
    }

    private long number(long index) {
        return chosen == null ? index : chosen[Math.toIntExact(index)];
    }

    /** The catalogue behind, of all splits. */
    public Catalogue catalogue() {
        return catalogue;
    }

    @Override
    public boolean readsCaptionsLate() {
        return catalogue instanceof WebDataset;
    }

    @Override
    public long size() {
        return chosen == null ? catalogue.size() : chosen.length;
    }

    @Override
    public Example load(long index, long captionSeed, int imageSize, MemorySegment pixels) {
        long number = number(index);
        try {
            Picture picture = catalogue.cut(number, PictureFiles.decode(catalogue.bytes(number), catalogue.place(number)));
            Resize.square(picture, imageSize, Resize.Filter.CUBIC).toFloats(pixels, 0);
        } catch (ImageException | DataException e) {
            throw new DataException(e.getMessage() + "; 'data check " + spec + "' lists all such pictures", e);
        }
        return describe(index, captionSeed);
    }

    @Override
    public Example describe(long index, long captionSeed) {
        List<String> captions = catalogue.captions(number(index));
        if (captions.isEmpty()) {
            throw new DataException("%s: its caption is empty; 'data check %s' lists all such pictures".formatted(catalogue.place(number(index)), spec));
        }
        return Example.plain(CaptionChoice.of(captions, index, captionSeed));
    }

    @Override
    public Optional<List<String>> captions(long index) {
        return Optional.of(catalogue.captions(number(index)));
    }
}
