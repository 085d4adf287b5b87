package dev.t2i.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The splits that most of the literature on captions measures with (Karpathy and Li, 2015): {@code dataset_coco.json} or
 * {@code dataset_flickr30k.json}, with pictures, their splits and their captions.
 */
final class KarpathySplits {
    /** @param folder of the picture; empty where the file names none, as for Flickr30k */
    record Image(String folder, String fileName, String split, List<String> captions) {}

    private final Path file;
    private final String name;
    private final Problems problems;
    private final List<Image> images = new ArrayList<>();

    private KarpathySplits(Path file, String name, Problems problems) {
        this.file = file;
        this.name = name;
        this.problems = problems;
    }

    /**
     * @param name what to call the file in problems
     * @throws DataException one line where the file can't be read, is cut off, or isn't such a file
     */
    static List<Image> read(Path file, String name, Problems problems) {
        KarpathySplits splits = new KarpathySplits(file, name, problems);
        boolean[] seen = new boolean[1];
        JsonFiles.read(file, (member, in) -> {
            if (member.equals("images")) {
                seen[0] = true;
                JsonFiles.items(file, member, in, splits::readImage);
            } else {
                in.skipChildren();
            }
        });
        if (!seen[0]) {
            throw new DataException(file + ": no list 'images'; this is not a file of Karpathy's splits");
        }
        return splits.images;
    }

    private void readImage(JsonParser in) throws IOException {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            in.skipChildren();
            problems.add(Problem.Type.BAD_METADATA, name, "an item of images is not an object");
            return;
        }
        String[] texts = {"", null, null};
        List<String> raw = new ArrayList<>();
        JsonFiles.members(in, (member, value) -> {
            switch (member) {
                case "filepath" -> texts[0] = JsonFiles.string(value);
                case "filename" -> texts[1] = JsonFiles.string(value);
                case "split" -> texts[2] = JsonFiles.string(value);
                case "sentences" -> JsonFiles.items(file, member, value, item -> readSentence(item, raw));
                default -> value.skipChildren();
            }
        });
        if (texts[0] == null || texts[1] == null || texts[2] == null || texts[2].isBlank()) {
            problems.add(Problem.Type.BAD_METADATA, name, "an item of images has no string 'filename' or 'split'");
            return;
        }
        List<String> captions = new ArrayList<>();
        raw.forEach(caption -> Lines.keep(captions, caption, name, texts[1], problems));
        images.add(new Image(texts[0], texts[1], texts[2], captions));
    }

    private void readSentence(JsonParser in, List<String> raw) throws IOException {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            in.skipChildren();
            return;
        }
        JsonFiles.members(in, (member, value) -> {
            String text = JsonFiles.string(value);
            if (member.equals("raw") && text != null) {
                raw.add(text);
            }
        });
    }
}
