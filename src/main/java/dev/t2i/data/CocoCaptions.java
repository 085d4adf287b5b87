package dev.t2i.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * A caption file of COCO: {@code images} with {@code id} and {@code file_name}, and {@code annotations}, in any order, each of which gives the
 * picture {@code image_id} a {@code caption}.
 */
final class CocoCaptions {
    /** A picture with the captions that belong to it; without a file name, captions of a picture that isn't listed. */
    static final class Image {
        private String fileName;
        private final List<String> captions = new ArrayList<>();

        String fileName() {
            return fileName;
        }

        List<String> captions() {
            return captions;
        }
    }

    private final Path file;
    private final String name;
    private final Problems problems;
    private final TreeMap<Long, Image> images = new TreeMap<>();

    private CocoCaptions(Path file, String name, Problems problems) {
        this.file = file;
        this.name = name;
        this.problems = problems;
    }

    /**
     * @param name what to call the file in problems
     * @return pictures by their id, all with file names
     * @throws DataException one line where the file can't be read, is cut off, or isn't such a file
     */
    static TreeMap<Long, Image> read(Path file, String name, Problems problems) {
        CocoCaptions captions = new CocoCaptions(file, name, problems);
        boolean[] seen = new boolean[2];
        JsonFiles.read(file, (member, in) -> {
            switch (member) {
                case "images" -> {
                    seen[0] = true;
                    JsonFiles.items(file, member, in, captions::readImage);
                }
                case "annotations" -> {
                    seen[1] = true;
                    JsonFiles.items(file, member, in, captions::readAnnotation);
                }
                default -> in.skipChildren();
            }
        });
        if (!seen[0] || !seen[1]) {
            throw new DataException(file + ": no list '" + (seen[0] ? "annotations" : "images") + "'; this is not a caption file of COCO");
        }
        captions.images.values().removeIf(image -> {
            if (image.fileName == null) {
                image.captions.forEach(caption -> problems.add(Problem.Type.CAPTION_WITHOUT_PICTURE, name, "of a picture that the file doesn't list: " + caption));
            }
            return image.fileName == null;
        });
        return captions.images;
    }

    private void readImage(JsonParser in) throws IOException {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            in.skipChildren();
            bad("an item of images is not an object");
            return;
        }
        Long[] id = new Long[1];
        String[] fileName = new String[1];
        JsonFiles.members(in, (member, value) -> {
            switch (member) {
                case "id" -> id[0] = JsonFiles.number(value);
                case "file_name" -> fileName[0] = JsonFiles.string(value);
                default -> value.skipChildren();
            }
        });
        if (id[0] == null || fileName[0] == null) {
            bad("an item of images has no whole number 'id', or no string 'file_name'");
            return;
        }
        Image image = images.computeIfAbsent(id[0], _ -> new Image());
        if (image.fileName != null && !image.fileName.equals(fileName[0])) {
            bad("two pictures have the id " + id[0]);
        }
        image.fileName = fileName[0];
    }

    private void readAnnotation(JsonParser in) throws IOException {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            in.skipChildren();
            bad("an item of annotations is not an object");
            return;
        }
        Long[] image = new Long[1];
        String[] caption = new String[1];
        JsonFiles.members(in, (member, value) -> {
            switch (member) {
                case "image_id" -> image[0] = JsonFiles.number(value);
                case "caption" -> caption[0] = JsonFiles.string(value);
                default -> value.skipChildren();
            }
        });
        if (image[0] == null || caption[0] == null) {
            bad("an item of annotations has no whole number 'image_id', or no string 'caption'");
        } else {
            Lines.keep(images.computeIfAbsent(image[0], _ -> new Image()).captions, caption[0], name, "picture " + image[0], problems);
        }
    }

    private void bad(String message) {
        problems.add(Problem.Type.BAD_METADATA, name, message);
    }
}
