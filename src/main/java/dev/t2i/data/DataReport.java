package dev.t2i.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What {@link DataCheck} found.
 *
 * @param data the specs of what was read
 * @param pictures pictures that exist, or {@link CaptionedImages#ENDLESS}
 * @param captions captions that belong to them; 0 where there is no end of them
 */
public record DataReport(String data, long pictures, long captions, Statistics statistics, Problems problems) {
    /** Whether nothing was found but what is no fault. */
    public boolean ok() {
        return problems.counts().keySet().stream().noneMatch(Problem.Type::isFault);
    }

    /** One line for people. */
    public String summary() {
        StringBuilder out = new StringBuilder(data + ": ");
        out.append(pictures == CaptionedImages.ENDLESS ? "endless pictures"
                : pictures + " pictures, " + captions + " captions, the longest of " + statistics.longestCaption() + " words");
        if (problems.isEmpty()) {
            return out.append(", no problems").toString();
        }
        problems.counts().forEach((type, count) -> out.append("; ").append(type).append(": ").append(count));
        return out.toString();
    }

    /** A second line: splits, sizes, captions a picture; empty where nothing was counted. */
    public String details() {
        return statistics.text();
    }

    /** @param examples how many problems of each type are listed; all are counted */
    public ObjectNode toJson(int examples) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("data", data).put("ok", ok());
        if (pictures == CaptionedImages.ENDLESS) {
            root.putNull("pictures").putNull("captions");
        } else {
            root.put("pictures", pictures).put("captions", captions);
        }
        root.put("longest_caption_words", statistics.longestCaption());
        statistics.write(root.putObject("statistics"));
        ObjectNode counts = root.putObject("counts");
        ArrayNode list = root.putArray("problems");
        problems.counts().forEach((type, count) -> {
            counts.put(type.toString(), count);
            problems.examples(type).stream().limit(examples)
                    .forEach(p -> list.addObject().put("type", type.toString()).put("file", p.file()).put("message", p.message()));
        });
        return root;
    }
}
