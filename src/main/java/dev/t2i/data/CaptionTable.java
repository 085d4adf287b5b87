package dev.t2i.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Files whose rows say which caption belongs to which picture: JSON lines, comma- or tab-separated values. The picture's column is the one
 * asked for, else {@code file_name}, {@code image}, {@code file_names}, or the only one that ends in {@code _file_name} or
 * {@code _file_names}. In JSON, captions and pictures may be lists: then each of these pictures has each of these captions.
 */
final class CaptionTable {
    /** Takes a picture, named as the row names it, and its caption. */
    interface Rows {
        void add(String where, String fileName, String caption);
    }

    private static final ObjectMapper MAPPER = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final List<String> USUAL_PICTURE_COLUMNS = List.of("file_name", "image", "file_names");

    private final Optional<String> picture;
    private final String caption;
    private final Problems problems;
    private final Rows rows;

    /**
     * @param picture the column that names pictures, where it is not a usual one
     * @param caption the column of captions
     */
    CaptionTable(Optional<String> picture, String caption, Problems problems, Rows rows) {
        this.picture = picture;
        this.caption = caption;
        this.problems = problems;
        this.rows = rows;
    }

    /** @param name what to call the file in problems */
    void readJsonLines(Path file, String name) {
        Lines.each(file, name, problems, (line, number) -> {
            if (!line.isBlank()) {
                String where = name + ":" + number;
                try {
                    readRow(MAPPER.readTree(line), where);
                } catch (JsonProcessingException e) {
                    bad(where, "not a line of JSON");
                }
            }
        });
    }

    private void readRow(JsonNode row, String where) {
        List<String> columns = new ArrayList<>();
        row.fieldNames().forEachRemaining(columns::add);
        Optional<String> column = pictureColumn(columns, where);
        if (column.isEmpty()) {
            return;
        }
        List<String> files = strings(row.path(column.get()));
        List<String> captions = strings(row.path(caption));
        if (files.isEmpty()) {
            bad(where, "no string '" + column.get() + "'");
        } else if (captions.isEmpty()) {
            bad(where, "no string '" + caption + "'");
        }
        files.forEach(file -> captions.forEach(text -> rows.add(where, file, text)));
    }

    private static List<String> strings(JsonNode value) {
        List<String> strings = new ArrayList<>();
        for (JsonNode item : value.isArray() ? value : List.of(value)) {
            if (!item.isTextual()) {
                return List.of();
            }
            strings.add(item.textValue());
        }
        return strings;
    }

    /** @param separator a comma or a tab */
    void readSeparated(Path file, String name, char separator) {
        Optional<String> text = Lines.text(file, name, problems);
        if (text.isEmpty()) {
            return;
        }
        List<Csv.Row> lines;
        try {
            lines = Csv.parse(text.get(), separator);
        } catch (Csv.UnclosedQuote e) {
            bad(name + ":" + e.line(), "a quote is opened here and never closed");
            return;
        }
        if (lines.isEmpty()) {
            bad(name, "empty, a header with file_name and " + caption + " is needed");
            return;
        }
        List<String> header = lines.getFirst().cells().stream().map(String::strip).toList();
        Optional<String> column = pictureColumn(header, name + ":1");
        int captions = header.indexOf(caption);
        if (column.isEmpty() || captions < 0) {
            if (column.isPresent()) {
                bad(name + ":1", "the header needs a column '%s' for captions, it has %s; name another with ?text=".formatted(caption, String.join(", ", header)));
            }
            return;
        }
        int pictures = header.indexOf(column.get());
        for (Csv.Row row : lines.subList(1, lines.size())) {
            String where = name + ":" + row.line();
            if (row.cells().size() != header.size()) {
                bad(where, row.cells().size() + " cells under a header of " + header.size());
            } else {
                rows.add(where, row.cells().get(pictures), row.cells().get(captions));
            }
        }
    }

    private Optional<String> pictureColumn(List<String> columns, String where) {
        Optional<String> usual = picture.isPresent() ? picture.filter(columns::contains)
                : USUAL_PICTURE_COLUMNS.stream().filter(columns::contains).findFirst();
        List<String> named = columns.stream().filter(column -> column.endsWith("_file_name") || column.endsWith("_file_names")).toList();
        if (usual.isPresent() || picture.isEmpty() && named.size() == 1) {
            return usual.or(() -> Optional.of(named.getFirst()));
        }
        bad(where, picture.isPresent() ? "no column '" + picture.get() + "'"
                : named.isEmpty() ? "no column file_name or image, only " + String.join(", ", columns)
                : "several columns name pictures, " + String.join(", ", named) + "; choose with ?image=");
        return Optional.empty();
    }

    private void bad(String where, String message) {
        problems.add(Problem.Type.BAD_METADATA, where, message);
    }
}
