package dev.t2i.data;

import dev.t2i.data.scene.SceneSampler.Split;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A data set by its name on the command line: a kind, a place, and options, as in {@code folder:pictures?text=caption&split=test}.
 *
 * <ul>
 * <li>{@code scenes:} rendered on the fly; {@code seed} (default 0), {@code split} {@code train} (default), {@code test} or {@code heldout},
 *     {@code count} (default endless), {@code sides} the share of captions chosen to say what is left, right or in the middle (default 0).
 * <li>{@code folder:DIR} pictures with captions, see {@link FolderReader}; {@code text}: the caption column of the metadata (default
 *     {@code text}; {@code caption} in a table), {@code image}: the column that names pictures, {@code extension} of sidecar captions (default
 *     {@code txt}), {@code table}: a CSV, TSV or JSON-lines file with all captions.
 * <li>{@code coco:DIR} COCO's captions, see {@link CocoReader}; {@code year} {@code 2014} or {@code 2017}, {@code splits} {@code official} or
 *     {@code karpathy}, where more than one is there.
 * <li>{@code flickr30k:DIR}, see {@link Flickr30kReader}.
 * <li>{@code cub:DIR} and {@code flowers:DIR}, CUB-200 and Oxford-102 with splits by class, see {@link GanPapersReader}; {@code crop}: birds are
 *     cut out by their {@code box} (default), or {@code none} is.
 * <li>{@code webdataset:PATTERN} tar archives, see {@link WebDataset}; {@code extension} of captions (default {@code txt}), {@code text}: the
 *     member of {@code .json} files that holds captions instead, {@code image}: the extension of pictures where samples have several.
 * <li>{@code pack:FILE} pictures at size, packed by {@link PackWriter}.
 * </ul>
 *
 * What lies on a disk has further options: {@code split}, names joined by {@code +}, or {@code all} (default {@code train} where there are
 * splits), and {@code faults=skip}, which leaves out what is at fault instead of refusing the set.
 */
public record DataSpec(Kind kind, String location, Map<String, String> options) {
    public enum Kind {
        SCENES("scenes:", "seed", "split", "count", "sides"),
        FOLDER("folder:DIR", "text", "image", "extension", "table", "split", "faults"),
        COCO("coco:DIR", "year", "splits", "split", "faults"),
        FLICKR30K("flickr30k:DIR", "split", "faults"),
        CUB("cub:DIR", "crop", "split", "faults"),
        FLOWERS("flowers:DIR", "split", "faults"),
        WEBDATASET("webdataset:PATTERN", "text", "image", "extension", "faults"),
        PACK("pack:FILE", "split");

        private final String form;
        private final List<String> options;

        Kind(String form, String... options) {
            this.form = form;
            this.options = List.of(options);
        }

        @Override
        public String toString() {
            return form.substring(0, form.indexOf(':'));
        }
    }

    private static final Pattern OPTION = Pattern.compile("\\w+=.*", Pattern.DOTALL);

    public DataSpec {
        options = Map.copyOf(options);
    }

    /** @throws DataException one line that names the value and the remedy */
    public static DataSpec parse(String spec) {
        int colon = spec.indexOf(':');
        Kind kind = colon < 0 ? null : kind(spec.substring(0, colon));
        if (kind == null) {
            throw new DataException("data '" + spec + "': not a data set, write "
                    + Arrays.stream(Kind.values()).map(known -> known.form).collect(Collectors.joining(", ")));
        }
        String rest = spec.substring(colon + 1);
        int question = optionsStart(rest);
        Map<String, String> options = new LinkedHashMap<>();
        if (question + 1 < rest.length()) {
            for (String option : rest.substring(question + 1).split("&", -1)) {
                int equals = option.indexOf('=');
                if (options.put(option.substring(0, equals), option.substring(equals + 1)) != null) {
                    throw new DataException("data '" + spec + "': the option " + option.substring(0, equals) + " is given twice");
                }
            }
        }
        DataSpec parsed = new DataSpec(kind, rest.substring(0, question), options);
        parsed.validate(spec);
        return parsed;
    }

    /** Where the question mark before the options stands, or the end: one that no options follow belongs to the place. */
    private static int optionsStart(String rest) {
        for (int at = rest.indexOf('?'); at >= 0; at = rest.indexOf('?', at + 1)) {
            String options = rest.substring(at + 1);
            if (options.isEmpty() || Arrays.stream(options.split("&", -1)).allMatch(option -> OPTION.matcher(option).matches())) {
                return at;
            }
        }
        return rest.length();
    }

    private static Kind kind(String name) {
        for (Kind kind : Kind.values()) {
            if (kind.toString().equals(name)) {
                return kind;
            }
        }
        return null;
    }

    private void validate(String spec) {
        for (String name : options.keySet()) {
            if (!kind.options.contains(name)) {
                throw new DataException("data '%s': no option '%s', %s: knows %s".formatted(spec, name, kind, String.join(", ", kind.options)));
            }
        }
        skipsFaults();
        oneOf("crop", "box", "none");
        oneOf("year", "2014", "2017");
        oneOf("splits", "official", "karpathy");
        if (kind == Kind.SCENES) {
            if (!location.isEmpty()) {
                throw new DataException("data '" + spec + "': scenes have no folder; write scenes:?seed=1&split=train");
            }
            seed();
            scenes();
            count();
            sides();
        } else if (location.isEmpty()) {
            throw new DataException("data '" + spec + "': name the place, as in " + kind.form);
        } else {
            path();
        }
    }

    /**
     * Opens the data set, or the splits of it that are asked for.
     *
     * @throws DataException one line where it can't be read or has defects
     */
    public CaptionedImages open() {
        return switch (kind) {
            case SCENES -> new SceneImages(seed(), scenes(), count(), sides());
            case PACK -> PackedImages.open(this);
            default -> CataloguedImages.of(this, catalogue());
        };
    }

    /** A data set with the specification that names what was opened of it. */
    public record Opened(DataSpec spec, CaptionedImages images) {}

    /**
     * Opens what trainings leave alone: where there are splits and none is asked for, {@code test}, or else {@code val} or {@code validation}.
     *
     * @throws DataException one line where it can't be read, has defects, or has several splits of which none is called so
     */
    public Opened openUnseen() {
        if (kind == Kind.SCENES || options.containsKey("split") || !kind.options.contains("split")) {
            return new Opened(this, open());
        }
        Catalogue catalogue = catalogue();
        DataSpec unseen = CataloguedImages.unseenSplit(this, catalogue).map(this::withSplit).orElse(this);
        return new Opened(unseen, catalogue instanceof PackFile pack ? PackedImages.of(unseen, pack) : CataloguedImages.of(unseen, catalogue));
    }

    private DataSpec withSplit(String name) {
        Map<String, String> more = new LinkedHashMap<>(options);
        more.put("split", name);
        return new DataSpec(kind, location, more);
    }

    /**
     * Lists what lies on the disk, all splits, with what is wrong.
     *
     * @throws DataException one line where it can't be read at all, or where nothing lies on a disk
     */
    public Catalogue catalogue() {
        return switch (kind) {
            case SCENES -> throw new DataException("data '" + this + "': scenes are rendered on the fly; 'data scenes' writes them to a folder");
            case FOLDER -> FolderReader.read(path(), new FolderReader.Options(option("image"), column(), options.getOrDefault("extension", "txt"), option("table")));
            case COCO -> CocoReader.read(path(), option("year"), option("splits"));
            case FLICKR30K -> Flickr30kReader.read(path());
            case CUB -> GanPapersReader.read(path(), GanPapersReader.Set.CUB, oneOf("crop", "box", "none").equals("box"));
            case FLOWERS -> GanPapersReader.read(path(), GanPapersReader.Set.FLOWERS, false);
            case WEBDATASET -> WebDataset.open(location, new WebDataset.Options(option("image"), option("text"), options.getOrDefault("extension", "txt")));
            case PACK -> PackFile.open(path());
        };
    }

    /** The files and folders that it lies in; none where nothing lies on a disk. */
    public List<Path> places() {
        return switch (kind) {
            case SCENES -> List.of();
            case WEBDATASET -> ShardNames.expand(location);
            default -> List.of(path());
        };
    }

    boolean skipsFaults() {
        return oneOf("faults", "refuse", "skip").equals("skip");
    }

    /** An option that takes one of a few values, the first where it isn't given. */
    private String oneOf(String name, String... values) {
        String value = options.getOrDefault(name, values[0]);
        if (!List.of(values).contains(value)) {
            throw new DataException("data '%s': %s is %s, not '%s'".formatted(this, name, String.join(" or ", values), value));
        }
        return value;
    }

    long seed() {
        return number("seed", 0);
    }

    long count() {
        long count = number("count", CaptionedImages.ENDLESS);
        if (count < 1) {
            throw new DataException("data '" + this + "': count is at least 1, not " + count);
        }
        return count;
    }

    private double sides() {
        String value = options.getOrDefault("sides", "0");
        try {
            double sides = Double.parseDouble(value);
            if (sides >= 0 && sides <= 1) {
                return sides;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw new DataException("data '" + this + "': sides is a share from 0 to 1, not '" + value + "'");
    }

    Split scenes() {
        String name = options.getOrDefault("split", "train");
        return switch (name) {
            case "train" -> Split.TRAIN;
            case "test" -> Split.TEST;
            case "heldout" -> Split.HELDOUT;
            default -> throw new DataException("data '" + this + "': split is train, test or heldout, not '" + name + "'");
        };
    }

    Path path() {
        try {
            return Path.of(location);
        } catch (InvalidPathException e) {
            throw new DataException("data '" + this + "': not a path", e);
        }
    }

    private String column() {
        return options.getOrDefault("text", options.containsKey("table") ? "caption" : "text");
    }

    private Optional<String> option(String name) {
        return Optional.ofNullable(options.get(name));
    }

    private long number(String name, long otherwise) {
        String value = options.get(name);
        try {
            return value == null ? otherwise : Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new DataException("data '" + this + "': " + name + " is a whole number, not '" + value + "'", e);
        }
    }

    /** The spec as it would be written on the command line, options in alphabetical order. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder(kind + ":" + location);
        char separator = '?';
        for (String name : options.keySet().stream().sorted().toList()) {
            out.append(separator).append(name).append('=').append(options.get(name));
            separator = '&';
        }
        return out.toString();
    }
}
