package dev.t2i.data;

import dev.t2i.data.scene.CaptionGrammar;
import dev.t2i.image.ImageException;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Looks a data set over before hours are spent on it: decodes every picture, reads every caption, lists every defect. Memory grows by about
 * a hundred bytes a picture, whatever their size.
 */
public final class DataCheck {
    private static final int SAMPLE = 1000;
    /** Pictures looked at between two reports of progress, by as many threads as there are processors. */
    private static final int CHUNK = 64;
    /** A picture is held against no more others than these. */
    private static final int CLOSE_LOOKS = 8;

    /**
     * What counts as a problem.
     *
     * @param minSide pictures whose shorter side has fewer pixels are tiny
     * @param maxWords captions of more words are long; text encoders cut them off
     * @param decode whether to decode pictures; otherwise only files are compared, and neither damage nor sizes are seen
     */
    public record Limits(int minSide, int maxWords, boolean decode) {
        public static final Limits USUAL = new Limits(32, 100, true);
    }

    /** What one picture and its captions gave. */
    private record Look(Fingerprint fingerprint, int width, int height, long bytes, String fault, List<String> captions, String captionFault) {}

    private final List<DataSpec> specs;
    private final Catalogue catalogue;
    private final Limits limits;
    private final Problems problems = new Problems();
    private final Statistics statistics = new Statistics();
    private final Fingerprints fingerprints = new Fingerprints();

    private DataCheck(List<DataSpec> specs, Limits limits) {
        this.specs = specs;
        this.catalogue = new JoinedCatalogue(specs);
        this.limits = limits;
    }

    /**
     * @param specs data sets; of each, all splits are read, unless it names some. Several are held against each other, too, as splits of one
     * @param progress told how many pictures have been read; may throw to end the check
     * @throws DataException where there is nothing to check: no such folder, no permission
     */
    public static DataReport check(List<DataSpec> specs, Limits limits, LongConsumer progress) {
        if (specs.stream().noneMatch(spec -> spec.kind() == DataSpec.Kind.SCENES)) {
            return new DataCheck(specs, limits).run(progress);
        }
        if (specs.size() > 1) {
            throw new DataException("scenes: are checked alone; 'data scenes' writes them to a folder, which can be held against other sets");
        }
        return checkScenes(specs.getFirst(), progress);
    }

    private static DataReport checkScenes(DataSpec spec, LongConsumer progress) {
        CaptionedImages images = spec.open();
        Statistics statistics = new Statistics();
        long sample = Math.min(images.size(), SAMPLE);
        for (long i = 0; i < sample; i++) {
            statistics.caption(CaptionGrammar.words(images.describe(i, 0).caption()).size());
            progress.accept(i + 1);
        }
        return new DataReport(spec.toString(), images.size(), images.size() == CaptionedImages.ENDLESS ? 0 : images.size(), statistics, new Problems());
    }

    private DataReport run(LongConsumer progress) {
        problems.addAll(catalogue.problems(), "");
        Map<String, String> splitOfGroup = new HashMap<>();
        for (long from = 0; from < catalogue.size(); from += CHUNK) {
            long start = from;
            int size = (int) Math.min(CHUNK, catalogue.size() - from);
            List<Look> looks = IntStream.range(0, size).parallel().mapToObj(i -> look(start + i)).toList();
            for (int i = 0; i < size; i++) {
                note(start + i, looks.get(i));
                noteGroup(start + i, splitOfGroup);
            }
            progress.accept(from + size);
        }
        repeated();
        String names = specs.stream().map(DataSpec::toString).collect(Collectors.joining(" "));
        return new DataReport(names, catalogue.pictures(), statistics.captions(), statistics, problems);
    }

    private Look look(long number) {
        List<String> captions = List.of();
        String captionFault = null;
        try {
            captions = catalogue.captions(number);
        } catch (DataException e) {
            captionFault = e.getMessage();
        }
        byte[] bytes = null;
        try {
            bytes = catalogue.bytes(number);
            if (!limits.decode()) {
                return new Look(Fingerprint.of(bytes), 0, 0, bytes.length, null, captions, captionFault);
            }
            Picture picture = PictureFiles.decode(bytes, catalogue.place(number));
            catalogue.cut(number, picture);
            return new Look(Fingerprint.of(bytes, picture), picture.width(), picture.height(), bytes.length, null, captions, captionFault);
        } catch (ImageException | DataException e) {
            Fingerprint fingerprint = bytes == null ? null : Fingerprint.of(bytes);
            return new Look(fingerprint, 0, 0, bytes == null ? 0 : bytes.length, e.getMessage(), captions, captionFault);
        }
    }

    private void note(long number, Look look) {
        String name = catalogue.name(number);
        statistics.picture(catalogue.split(number), look.captions().size(), look.bytes());
        if (look.fault() != null) {
            problems.add(Problem.Type.CORRUPT_PICTURE, name, withoutPlace(look.fault(), number));
        } else if (limits.decode()) {
            statistics.size(look.width(), look.height());
            if (Math.min(look.width(), look.height()) < limits.minSide()) {
                problems.add(Problem.Type.TINY_PICTURE, name, "%d x %d pixels, a side of fewer than %d".formatted(look.width(), look.height(), limits.minSide()));
            }
        }
        if (look.fingerprint() != null) {
            fingerprints.add(number, look.fingerprint());
        }
        if (look.captionFault() != null) {
            problems.add(Problem.Type.BAD_METADATA, name, withoutPlace(look.captionFault(), number));
        } else if (look.captions().isEmpty()) {
            problems.add(Problem.Type.EMPTY_CAPTION, name, "its caption is empty");
        }
        for (String caption : look.captions()) {
            int words = CaptionGrammar.words(caption).size();
            statistics.caption(words);
            if (words == 0) {
                problems.add(Problem.Type.EMPTY_CAPTION, name, "its caption '" + caption + "' has no letter or digit, so nothing to learn from");
            }
            if (words > limits.maxWords()) {
                problems.add(Problem.Type.LONG_CAPTION, name, "a caption of " + words + " words, more than " + limits.maxWords());
            }
        }
    }

    private String withoutPlace(String message, long number) {
        String prefix = catalogue.place(number) + ": ";
        return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
    }

    private void noteGroup(long number, Map<String, String> splitOfGroup) {
        String group = catalogue.group(number);
        String split = catalogue.split(number);
        if (!group.isEmpty()) {
            String other = splitOfGroup.putIfAbsent(group, split);
            if (other != null && !other.equals(split) && splitOfGroup.put(group + "\n" + split, split) == null) {
                problems.add(Problem.Type.SPLIT_LEAK, group, "this class is in the splits " + other + " and " + split + ", which should have none in common");
            }
        }
    }

    private void repeated() {
        fingerprints.same((first, second) -> {
            long one = fingerprints.id(first);
            long other = fingerprints.id(second);
            String same = catalogue.name(one).equals(catalogue.name(other)) ? "the picture is listed twice" : "the same file as " + catalogue.name(one);
            report(Problem.Type.DUPLICATE_PICTURE, one, other, same);
        });
        if (!limits.decode()) {
            return;
        }
        // A picture may be told of twice, for what is alike in its own split must not hide what is in another.
        BitSet repeated = new BitSet();
        BitSet leaked = new BitSet();
        Map<Integer, Integer> looks = new HashMap<>();
        fingerprints.near((first, second) -> {
            boolean leak = isLeak(fingerprints.id(first), fingerprints.id(second));
            BitSet known = leak ? leaked : repeated;
            if (!known.get(second) && looks.merge(leak ? ~second : second, 1, Integer::sum) <= CLOSE_LOOKS && same(fingerprints.id(first), fingerprints.id(second))) {
                known.set(second);
                report(Problem.Type.NEAR_DUPLICATE, fingerprints.id(first), fingerprints.id(second),
                        "almost the same picture as " + catalogue.name(fingerprints.id(first)));
            }
        });
    }

    private void report(Problem.Type type, long first, long second, String message) {
        boolean leak = isLeak(first, second);
        problems.add(leak ? Problem.Type.SPLIT_LEAK : type, catalogue.name(second),
                leak ? "%s; one is in the split %s, the other in %s".formatted(message, catalogue.split(first), catalogue.split(second)) : message);
    }

    private boolean isLeak(long first, long second) {
        return !catalogue.split(first).equals(catalogue.split(second));
    }

    private boolean same(long first, long second) {
        return Fingerprint.same(PictureFiles.decode(catalogue.bytes(first), catalogue.place(first)),
                PictureFiles.decode(catalogue.bytes(second), catalogue.place(second)));
    }
}
