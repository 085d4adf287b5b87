package dev.t2i.data;

import dev.t2i.data.scene.SceneSampler.Split;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A data set by its name on the command line: a kind, a place, and options.
 *
 * <ul>
 * <li>{@code scenes:} rendered on the fly; {@code scenes:?seed=1&split=train&count=10000}: {@code seed} (default 0),
 *     {@code split} {@code train} (default), {@code test} or {@code heldout}, {@code count} (default endless).
 * <li>{@code folder:DIR} pictures with captions; {@code folder:DIR?text=caption&extension=txt}: the caption column of the
 *     metadata (default {@code text}), the extension of sidecar captions (default {@code txt}).
 * </ul>
 */
public record DataSpec(Kind kind, String location, Map<String, String> options) {
    public enum Kind {
        SCENES, FOLDER, COCO, FLICKR30K, WEBDATASET;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final Pattern OPTION = Pattern.compile("\\w+=.*", Pattern.DOTALL);
    private static final String KINDS = "scenes:, folder:DIR, coco:DIR, flickr30k:DIR or webdataset:PATTERN";

    public DataSpec {
        options = Map.copyOf(options);
    }

    /** @throws DataException one line that names the value and the remedy */
    public static DataSpec parse(String spec) {
        int colon = spec.indexOf(':');
        Kind kind = colon < 0 ? null : kind(spec.substring(0, colon));
        if (kind == null) {
            throw new DataException("data '" + spec + "': not a data set, write " + KINDS);
        }
        if (kind != Kind.SCENES && kind != Kind.FOLDER) {
            throw new DataException("data '" + spec + "': " + kind
                    + " sets are not read by this version; write the captions to a metadata.jsonl and use folder:DIR");
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
        List<String> known = kind == Kind.SCENES ? List.of("seed", "split", "count") : List.of("text", "extension");
        for (String name : options.keySet()) {
            if (!known.contains(name)) {
                throw new DataException("data '%s': no option '%s', %s: knows %s".formatted(spec, name, kind, String.join(", ", known)));
            }
        }
        if (kind == Kind.SCENES) {
            if (!location.isEmpty()) {
                throw new DataException("data '" + spec + "': scenes have no folder; write scenes:?seed=1&split=train");
            }
            seed();
            split();
            count();
        } else if (location.isEmpty()) {
            throw new DataException("data '" + spec + "': name the folder, as in folder:pictures");
        } else {
            path();
        }
    }

    /**
     * Opens the data set.
     *
     * @throws DataException one line where it can't be read or has defects
     */
    public CaptionedImages open() {
        return switch (kind) {
            case SCENES -> new SceneImages(seed(), split(), count());
            case FOLDER -> FolderImages.open(path(), column(), extension());
            default -> throw new DataException(kind + " sets are not read by this version");
        };
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

    Split split() {
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

    String column() {
        return options.getOrDefault("text", "text");
    }

    String extension() {
        return options.getOrDefault("extension", "txt");
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
