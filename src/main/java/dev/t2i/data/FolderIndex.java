package dev.t2i.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.error.FileTrouble;
import dev.t2i.image.PictureFiles;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a folder of captioned pictures holds, and what is wrong with it, without decoding a picture.
 *
 * <p>Captions come from {@code metadata.jsonl} or {@code metadata.csv} files anywhere in the tree, as Hugging Face's
 * imagefolder has them: {@code file_name}, relative to the metadata file, and a caption column, {@code text} by default; a
 * picture may have several rows, and in JSON the column may be a list. Without such files each {@code x.png} has its captions
 * in {@code x.txt}, one a line.
 */
final class FolderIndex {
    /** A picture with at least one caption. */
    record Entry(String name, Path file, List<String> captions) {}

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path root;
    private final String column;
    private final Map<String, Path> pictures = new TreeMap<>();
    private final Map<String, List<String>> captions = new LinkedHashMap<>();
    private final List<Problem> problems = new ArrayList<>();

    private FolderIndex(Path root, String column) {
        this.root = root;
        this.column = column;
    }

    /**
     * @param column the caption column of metadata files
     * @param extension the extension of sidecar captions, without the dot
     * @throws DataException where there is no such folder or it can't be read
     */
    static FolderIndex scan(Path root, String column, String extension) {
        if (!Files.isDirectory(root)) {
            throw new DataException(root + ": there is no such folder");
        }
        FolderIndex index = new FolderIndex(root, column);
        List<Path> metadata = new ArrayList<>();
        Map<String, Path> sidecars = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            files.filter(Files::isRegularFile).filter(file -> !isHidden(root.relativize(file))).forEach(file -> {
                String base = file.getFileName().toString();
                if (base.equals("metadata.jsonl") || base.equals("metadata.csv") || base.equals("metadata.parquet")) {
                    metadata.add(file);
                } else if (PictureFiles.hasPictureName(file)) {
                    index.pictures.put(index.name(file), file);
                } else if (base.endsWith("." + extension)) {
                    sidecars.put(index.name(file), file);
                }
            });
            metadata.sort(null);
            if (metadata.isEmpty()) {
                index.readSidecars(sidecars, extension);
            } else {
                index.readMetadata(metadata);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new DataException(root + ": cannot be read, " + FileTrouble.reason(e instanceof UncheckedIOException u ? u.getCause() : (IOException) e), e);
        }
        index.compare();
        return index;
    }

    /** Pictures that exist and have captions, by name. */
    List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        pictures.forEach((name, file) -> {
            List<String> texts = captions.getOrDefault(name, List.of());
            if (!texts.isEmpty()) {
                entries.add(new Entry(name, file, List.copyOf(texts)));
            }
        });
        return entries;
    }

    List<Problem> problems() {
        return problems;
    }

    int pictures() {
        return pictures.size();
    }

    private void compare() {
        for (String name : captions.keySet()) {
            if (!pictures.containsKey(name)) {
                problems.add(new Problem(Problem.Type.MISSING_PICTURE, name, "a caption names this picture, but there is no such file"));
            }
        }
        for (String name : pictures.keySet()) {
            if (!captions.containsKey(name)) {
                problems.add(new Problem(Problem.Type.PICTURE_WITHOUT_CAPTION, name, "no caption for this picture"));
            }
        }
    }

    private void readMetadata(List<Path> files) throws IOException {
        TreeSet<String> kinds = new TreeSet<>();
        files.forEach(file -> kinds.add(file.getFileName().toString()));
        if (kinds.size() > 1) {
            problems.add(new Problem(Problem.Type.BAD_METADATA, name(files.getFirst()),
                    "metadata of several kinds, " + String.join(" and ", kinds) + "; keep one"));
        }
        for (Path file : files) {
            switch (file.getFileName().toString()) {
                case "metadata.jsonl" -> readJsonLines(file);
                case "metadata.csv" -> readCsv(file);
                default -> problems.add(new Problem(Problem.Type.BAD_METADATA, name(file),
                        "parquet is not supported; convert it to metadata.jsonl"));
            }
        }
    }

    private void readJsonLines(Path file) throws IOException {
        int number = 0;
        for (String line : text(file).orElse("").split("\n", -1)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            String where = name(file) + ":" + number;
            try {
                JsonNode row = MAPPER.readTree(line);
                JsonNode texts = row.path(column);
                if (!row.path("file_name").isTextual()) {
                    badMetadata(where, "no string 'file_name'");
                } else if (texts.isTextual()) {
                    add(file, where, row.path("file_name").asText(), texts.asText());
                } else if (texts.isArray() && !texts.isEmpty()) {
                    texts.forEach(text -> add(file, where, row.path("file_name").asText(), text.asText()));
                } else {
                    badMetadata(where, "no string '" + column + "'");
                }
            } catch (JsonProcessingException e) {
                badMetadata(where, "not a line of JSON");
            }
        }
    }

    private void readCsv(Path file) throws IOException {
        Optional<String> text = text(file);
        if (text.isEmpty()) {
            return;
        }
        List<Csv.Row> rows;
        try {
            rows = Csv.parse(text.get());
        } catch (Csv.UnclosedQuote e) {
            badMetadata(name(file) + ":" + e.line(), "a quote is opened here and never closed");
            return;
        }
        if (rows.isEmpty()) {
            badMetadata(name(file), "empty, a header with file_name and " + column + " is needed");
            return;
        }
        List<String> header = rows.getFirst().cells();
        int names = header.indexOf("file_name");
        int texts = header.indexOf(column);
        if (names < 0 || texts < 0) {
            badMetadata(name(file) + ":1", "the header needs the columns file_name and " + column + ", it has " + String.join(", ", header));
            return;
        }
        for (Csv.Row row : rows.subList(1, rows.size())) {
            String where = name(file) + ":" + row.line();
            if (row.cells().size() != header.size()) {
                badMetadata(where, row.cells().size() + " cells under a header of " + header.size());
            } else {
                add(file, where, row.cells().get(names), row.cells().get(texts));
            }
        }
    }

    private void add(Path metadata, String where, String fileName, String caption) {
        String name;
        try {
            Path file = metadata.getParent().resolve(fileName).normalize();
            if (fileName.isBlank() || !file.startsWith(root.normalize())) {
                badMetadata(where, "file_name '" + fileName + "' leads out of the folder");
                return;
            }
            name = name(file);
        } catch (InvalidPathException e) {
            badMetadata(where, "file_name is not a path");
            return;
        }
        keep(name, where, caption);
    }

    private void keep(String name, String where, String caption) {
        String text = caption.replaceAll("\\s+", " ").strip();
        List<String> texts = captions.computeIfAbsent(name, _ -> new ArrayList<>());
        if (text.isEmpty()) {
            problems.add(new Problem(Problem.Type.EMPTY_CAPTION, where, "the caption of " + name + " is empty"));
        } else {
            texts.add(text);
        }
    }

    private void readSidecars(Map<String, Path> sidecars, String extension) throws IOException {
        Map<String, String> byStem = new TreeMap<>();
        for (String picture : pictures.keySet()) {
            byStem.merge(stem(picture), picture, (first, second) -> {
                problems.add(new Problem(Problem.Type.BAD_METADATA, second, "shares its caption file with " + first + "; rename one"));
                return first;
            });
        }
        for (Map.Entry<String, Path> sidecar : sidecars.entrySet()) {
            String picture = byStem.get(stem(sidecar.getKey()));
            if (picture == null) {
                problems.add(new Problem(Problem.Type.CAPTION_WITHOUT_PICTURE, sidecar.getKey(),
                        "no picture belongs to this ." + extension + " file"));
                continue;
            }
            Optional<String> text = text(sidecar.getValue());
            if (text.isEmpty()) {
                captions.putIfAbsent(picture, new ArrayList<>());
                continue;
            }
            List<String> lines = text.get().lines().filter(line -> !line.isBlank()).toList();
            if (lines.isEmpty()) {
                keep(picture, sidecar.getKey(), "");
            }
            for (String line : lines) {
                keep(picture, sidecar.getKey(), line);
            }
        }
    }

    private void badMetadata(String where, String message) {
        problems.add(new Problem(Problem.Type.BAD_METADATA, where, message));
    }

    private String name(Path file) {
        return root.normalize().relativize(file.normalize()).toString().replace('\\', '/');
    }

    private static String stem(String name) {
        return name.substring(0, name.lastIndexOf('.'));
    }

    /** The text of a file; nothing, with a problem noted, where it is none. */
    private Optional<String> text(Path file) throws IOException {
        try {
            String text = Files.readString(file);
            return Optional.of(text.startsWith("\ufeff") ? text.substring(1) : text);
        } catch (CharacterCodingException e) {
            badMetadata(name(file), "not a text file in UTF-8; convert it");
            return Optional.empty();
        }
    }

    private static boolean isHidden(Path relative) {
        for (Path part : relative) {
            if (part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }
}
