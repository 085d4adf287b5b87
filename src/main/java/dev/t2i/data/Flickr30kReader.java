package dev.t2i.data;

import dev.t2i.error.FileTrouble;
import dev.t2i.image.PictureFiles;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads Flickr30k, in the order of file names: captions from {@code results_20130124.token} as its authors gave it, else from {@code results.csv}
 * as Kaggle has it, pictures from any folder not deeper than three. Where {@code dataset_flickr30k.json} is, its splits apply; the pictures
 * that it leaves out are the split {@code rest}, and where it alone is, captions come from it, too.
 */
final class Flickr30kReader {
    private static final String TOKEN = "results_20130124.token";
    private static final String CSV = "results.csv";
    private static final String KARPATHY = "dataset_flickr30k.json";
    private static final String REST = "rest";
    private static final int DEPTH = 3;

    private static final Pattern TOKEN_LINE = Pattern.compile("^(\\S+)#(\\d+)\\s(.*)$");
    /** One row of the file that Kaggle has lacks the second bar. */
    private static final Pattern CSV_LINE = Pattern.compile("^(\\S+)\\|\\s*(\\d+)\\s*\\|?\\s*(.*)$");
    /** The first cell is damaged in some copies. */
    private static final Pattern CSV_HEADER = Pattern.compile("^[^|]*\\|\\s*comment_number\\s*\\|\\s*comment\\s*$");

    private final Path root;
    private final Problems problems = new Problems();
    /** Pictures by their file name. */
    private final TreeMap<String, String> pictures = new TreeMap<>();
    private final Map<String, Path> lists = new HashMap<>();
    private final TreeMap<String, List<String>> captions = new TreeMap<>();

    private Flickr30kReader(Path root) {
        this.root = root;
    }

    /** @throws DataException one line where there are no such files, or one is damaged */
    static Catalogue read(Path root) {
        Lines.requireFolder(root);
        return new Flickr30kReader(root).read();
    }

    private Catalogue read() {
        find();
        List<KarpathySplits.Image> split = lists.containsKey(KARPATHY) ? KarpathySplits.read(lists.get(KARPATHY), name(lists.get(KARPATHY)), problems) : List.of();
        if (lists.containsKey(TOKEN)) {
            readLines(lists.get(TOKEN), TOKEN_LINE);
        } else if (lists.containsKey(CSV)) {
            readLines(lists.get(CSV), CSV_LINE);
        } else if (!split.isEmpty()) {
            split.forEach(image -> captions.put(image.fileName(), image.captions()));
        } else {
            throw new DataException(root + ": no " + TOKEN + " or " + CSV + " here, nor in a folder below");
        }
        Map<String, String> splits = new HashMap<>();
        split.forEach(image -> splits.put(image.fileName(), image.split()));
        List<FileCatalogue.Entry> entries = new ArrayList<>();
        captions.forEach((picture, texts) -> {
            String name = pictures.get(picture);
            if (name == null) {
                problems.add(Problem.Type.MISSING_PICTURE, picture, "a caption names this picture, but there is no such file");
            } else if (texts.isEmpty()) {
                problems.add(Problem.Type.PICTURE_WITHOUT_CAPTION, name, "no caption for this picture");
            } else {
                entries.add(FileCatalogue.Entry.of(name, splits.isEmpty() ? "" : splits.getOrDefault(picture, REST), texts));
            }
        });
        pictures.forEach((picture, name) -> {
            if (!captions.containsKey(picture)) {
                problems.add(Problem.Type.PICTURE_WITHOUT_CAPTION, name, "no caption for this picture");
            }
        });
        return new FileCatalogue(root, entries, pictures.size(), problems);
    }

    private void find() {
        List<Path> files = new ArrayList<>();
        try {
            FileTree.each(root, DEPTH, "", problems, files::add);
        } catch (IOException e) {
            throw new DataException(root + ": cannot be read, " + FileTrouble.reason(e), e);
        }
        // Copies often hold the caption file, and some all pictures, once more in a folder inside: the outermost counts.
        files.sort(Comparator.comparingInt(Path::getNameCount).thenComparing(Comparator.naturalOrder()));
        for (Path file : files) {
            String base = file.getFileName().toString();
            if (base.equals(TOKEN) || base.equals(CSV) || base.equals(KARPATHY)) {
                lists.putIfAbsent(base, file);
            } else if (PictureFiles.hasPictureName(file) && !base.startsWith(".")) {
                String other = pictures.putIfAbsent(base, name(file));
                if (other != null) {
                    problems.add(Problem.Type.DUPLICATE_PICTURE, name(file), "has the name of " + other + "; remove one of the folders");
                }
            }
        }
    }

    private void readLines(Path file, Pattern pattern) {
        Lines.each(file, name(file), problems, (line, number) -> {
            if (line.isBlank() || number == 1 && pattern == CSV_LINE && CSV_HEADER.matcher(line).matches()) {
                return;
            }
            String where = name(file) + ":" + number;
            Matcher row = pattern.matcher(line);
            if (row.matches()) {
                Lines.keep(captions.computeIfAbsent(row.group(1), _ -> new ArrayList<>()), row.group(3), where, row.group(1), problems);
            } else {
                problems.add(Problem.Type.BAD_METADATA, where, "not a picture's name, a number and a caption");
            }
        });
    }

    private String name(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }
}
