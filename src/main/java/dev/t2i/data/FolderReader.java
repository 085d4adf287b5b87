package dev.t2i.data;

import dev.t2i.error.FileTrouble;
import dev.t2i.image.PictureFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads a folder of captioned pictures, in the order of their names.
 *
 * <p>Captions come from {@code metadata.jsonl} or {@code metadata.csv} files anywhere in the tree, as Hugging Face's
 * imagefolder has them, with file names relative to the metadata file; a picture may have several rows. Or they come from one table that is
 * named, with file names relative to the folder. Without either, each {@code x.png} has its captions in {@code x.txt}, one a line.
 *
 * <p>Where all pictures lie in folders {@code train}, {@code validation} and {@code test}, those are splits.
 */
final class FolderReader {
    /**
     * @param image the column of metadata files that names pictures, where it is not a usual one, see {@link CaptionTable}
     * @param text the caption column of metadata files
     * @param extension the extension of sidecar captions, without the dot
     * @param table a file that holds all captions, a path from the folder
     */
    record Options(Optional<String> image, String text, String extension, Optional<String> table) {}

    /** The names that imagefolder takes for splits. */
    private static final Map<String, String> SPLITS = Map.ofEntries(
            Map.entry("train", "train"), Map.entry("training", "train"),
            Map.entry("validation", "validation"), Map.entry("valid", "validation"), Map.entry("val", "validation"), Map.entry("dev", "validation"),
            Map.entry("test", "test"), Map.entry("testing", "test"), Map.entry("eval", "test"), Map.entry("evaluation", "test"));

    private final Path root;
    private final Options options;
    private final TreeSet<String> pictures = new TreeSet<>();
    private final Map<String, List<String>> captions = new LinkedHashMap<>();
    private final Problems problems = new Problems();

    private FolderReader(Path root, Options options) {
        this.root = root;
        this.options = options;
    }

    /** @throws DataException where there is no such folder or it can't be read */
    static Catalogue read(Path root, Options options) {
        Lines.requireFolder(root);
        return new FolderReader(root, options).read();
    }

    private Catalogue read() {
        TreeMap<String, Path> metadata = new TreeMap<>();
        TreeMap<String, Path> sidecars = new TreeMap<>();
        List<String> archives = new ArrayList<>();
        try {
            FileTree.each(root, Integer.MAX_VALUE, "", problems, file -> {
                if (FileTree.isHidden(root.relativize(file))) {
                    return;
                }
                String base = file.getFileName().toString();
                String lower = base.toLowerCase(Locale.ROOT);
                if (base.equals("metadata.jsonl") || base.equals("metadata.csv") || base.equals("metadata.parquet")) {
                    metadata.put(name(file), file);
                } else if (PictureFiles.hasPictureName(file)) {
                    pictures.add(name(file));
                } else if (lower.endsWith("." + options.extension().toLowerCase(Locale.ROOT))) {
                    sidecars.put(name(file), file);
                } else if (lower.endsWith(".zip") || lower.endsWith(".tar") || lower.endsWith(".gz")) {
                    archives.add(name(file));
                }
            });
        } catch (IOException e) {
            throw new DataException(root + ": cannot be read, " + FileTrouble.reason(e), e);
        }
        if (options.table().isPresent()) {
            readTable(options.table().get());
        } else if (!metadata.isEmpty()) {
            readMetadata(metadata);
        } else {
            readSidecars(sidecars);
        }
        compare(archives);
        return new FileCatalogue(root, entries(), pictures.size(), problems);
    }

    private List<FileCatalogue.Entry> entries() {
        boolean splits = !pictures.isEmpty() && pictures.stream().allMatch(name -> SPLITS.containsKey(top(name)));
        List<FileCatalogue.Entry> entries = new ArrayList<>();
        for (String name : pictures) {
            List<String> texts = captions.getOrDefault(name, List.of());
            if (!texts.isEmpty()) {
                entries.add(FileCatalogue.Entry.of(name, splits ? SPLITS.get(top(name)) : "", texts));
            }
        }
        return entries;
    }

    private static String top(String name) {
        int slash = name.indexOf('/');
        return slash < 0 ? "" : name.substring(0, slash).toLowerCase(Locale.ROOT);
    }

    private void compare(List<String> archives) {
        for (String name : captions.keySet()) {
            if (!pictures.contains(name)) {
                problems.add(Problem.Type.MISSING_PICTURE, name, "a caption names this picture, but there is no such file");
            }
        }
        for (String name : pictures) {
            if (!captions.containsKey(name)) {
                problems.add(Problem.Type.PICTURE_WITHOUT_CAPTION, name, "no caption for this picture");
            }
        }
        if (pictures.isEmpty() && captions.isEmpty() && problems.isEmpty()) {
            problems.add(Problem.Type.MISSING_PICTURE, ".", archives.isEmpty()
                    ? "no pictures here; a folder needs pictures and metadata.jsonl, metadata.csv or a ." + options.extension() + " file beside each"
                    : "no pictures here, but an archive, " + archives.getFirst() + "; unpack it");
        }
    }

    private void readTable(String table) {
        Optional<String> inside = Lines.inside(root, root, table);
        if (inside.isEmpty() || !Files.isRegularFile(root.resolve(inside.get()))) {
            throw new DataException(root + ": holds no table '" + table + "'; name a .csv, .tsv or .jsonl file in it");
        }
        readTable(root.resolve(inside.get()), root);
    }

    private void readMetadata(TreeMap<String, Path> files) {
        TreeSet<String> kinds = new TreeSet<>();
        files.values().forEach(file -> kinds.add(file.getFileName().toString()));
        if (kinds.size() > 1) {
            problems.add(Problem.Type.BAD_METADATA, files.firstKey(), "metadata of several kinds, " + String.join(" and ", kinds) + "; keep one");
        }
        files.values().forEach(file -> readTable(file, file.getParent()));
    }

    /** @param folder what file names are relative to */
    private void readTable(Path file, Path folder) {
        CaptionTable table = new CaptionTable(options.image(), options.text(), problems, (where, fileName, caption) -> {
            Optional<String> name = Lines.inside(root, folder, fileName);
            if (name.isPresent()) {
                Lines.keep(captions.computeIfAbsent(name.get(), _ -> new ArrayList<>()), caption, where, name.get(), problems);
            } else {
                problems.add(Problem.Type.UNSAFE_NAME, where, "the file name '" + fileName + "' " + Lines.whyNotInside(fileName));
            }
        });
        String name = name(file);
        String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        switch (extension) {
            case "jsonl" -> table.readJsonLines(file, name);
            case "csv" -> table.readSeparated(file, name, ',');
            case "tsv" -> table.readSeparated(file, name, '\t');
            default -> problems.add(Problem.Type.BAD_METADATA, name, extension + " is not supported; convert it to metadata.jsonl");
        }
    }

    private void readSidecars(TreeMap<String, Path> sidecars) {
        Map<String, String> byStem = new TreeMap<>();
        for (String picture : pictures) {
            byStem.merge(stem(picture), picture, (first, second) -> {
                problems.add(Problem.Type.BAD_METADATA, second, "shares its caption file with " + first + "; rename one");
                return first;
            });
        }
        sidecars.forEach((name, file) -> {
            String picture = byStem.get(stem(name));
            if (picture == null) {
                problems.add(Problem.Type.CAPTION_WITHOUT_PICTURE, name, "no picture belongs to this ." + options.extension() + " file");
                return;
            }
            List<String> texts = captions.computeIfAbsent(picture, _ -> new ArrayList<>());
            Lines.text(file, name, problems).ifPresent(text -> Lines.keepAll(texts, text, name, picture, problems));
        });
    }

    private String name(Path file) {
        return root.normalize().relativize(file.normalize()).toString().replace('\\', '/');
    }

    private static String stem(String name) {
        return name.substring(0, name.lastIndexOf('.'));
    }
}
