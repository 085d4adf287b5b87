package dev.t2i.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@link DataCheck} found.
 *
 * @param pictures pictures that exist, or {@link CaptionedImages#ENDLESS}
 * @param captions captions that belong to them; 0 where there is no end of them
 * @param longestCaption in words
 */
public record DataReport(DataSpec spec, long pictures, long captions, int longestCaption, List<Problem> problems) {
    public DataReport {
        problems = List.copyOf(problems);
    }

    public boolean ok() {
        return problems.isEmpty();
    }

    public Map<Problem.Type, Integer> counts() {
        Map<Problem.Type, Integer> counts = new EnumMap<>(Problem.Type.class);
        problems.forEach(problem -> counts.merge(problem.type(), 1, Integer::sum));
        return counts;
    }

    /** One line for people. */
    public String summary() {
        StringBuilder out = new StringBuilder(spec + ": ");
        out.append(pictures == CaptionedImages.ENDLESS ? "endless pictures"
                : pictures + " pictures, " + captions + " captions, the longest of " + longestCaption + " words");
        if (ok()) {
            return out.append(", no problems").toString();
        }
        counts().forEach((type, count) -> out.append(", ").append(count).append(' ').append(words(type)));
        return out.toString();
    }

    public ObjectNode toJson() {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("data", spec.toString()).put("ok", ok());
        if (pictures == CaptionedImages.ENDLESS) {
            root.putNull("pictures").putNull("captions");
        } else {
            root.put("pictures", pictures).put("captions", captions);
        }
        root.put("longest_caption_words", longestCaption);
        ArrayNode list = root.putArray("problems");
        problems.forEach(p -> list.addObject().put("type", words(p.type())).put("file", p.file()).put("message", p.message()));
        return root;
    }

    private static String words(Problem.Type type) {
        return type.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
