package dev.t2i.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Settings before they have a type: a tree of keys, and for each key that was overridden, by what. */
final class SettingsTree {

    /** JSON is YAML too, so that one reader serves both. */
    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final String source;
    private final ObjectNode root;
    private final Map<String, String> overriddenBy = new HashMap<>();

    private SettingsTree(String source, ObjectNode root) {
        this.source = source;
        this.root = root;
    }

    static SettingsTree parse(String text, String source) {
        JsonNode node = parseValue(text, source);
        if (node.isMissingNode() || node.isNull()) {
            return new SettingsTree(source, YAML.createObjectNode());
        }
        if (!(node instanceof ObjectNode object)) {
            throw new SettingsException(source + ": holds " + Binder.describe(node) + ", expected settings (key: value)");
        }
        return new SettingsTree(source, object);
    }

    static SettingsTree of(JsonNode node, String source) {
        if (!(node instanceof ObjectNode object)) {
            throw new SettingsException(source + ": holds " + Binder.describe(node) + ", expected settings (key: value)");
        }
        return new SettingsTree(source, object.deepCopy());
    }

    static JsonNode parseValue(String text, String source) {
        try {
            return YAML.readTree(text);
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            String where = at == null ? "" : " line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw new SettingsException(source + where + ": not readable as YAML: " + problem(e), e);
        }
    }

    /** What is wrong, without the excerpts and the names of Java classes that parsers add. */
    private static String problem(JsonProcessingException e) {
        if (e.getCause() instanceof MarkedYAMLException yaml && yaml.getProblem() != null) {
            return yaml.getContext() == null ? yaml.getProblem() : yaml.getContext() + ": " + yaml.getProblem();
        }
        String first = e.getOriginalMessage().lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse("unreadable");
        if (first.startsWith("Trailing token")) {
            return "it goes on after the settings; a file holds one document";
        }
        return first.replaceFirst(", from `.*", ")").replaceFirst("\\(bound as .*", "");
    }

    static String print(JsonNode tree) {
        try {
            return YAML.writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("can't write settings as YAML", e);
        }
    }

    /** Applies {@code a.b=value}, the value read as YAML. */
    void override(String assignment) {
        int equals = assignment.indexOf('=');
        String path = equals < 0 ? "" : assignment.substring(0, equals).strip();
        if (path.isEmpty() || path.startsWith(".") || path.endsWith(".") || path.contains("..")) {
            throw new SettingsException("--set " + assignment + ": expected key=value, such as training.batch_size=16");
        }
        String origin = "--set " + assignment;
        ObjectNode group = root;
        String[] keys = path.split("\\.");
        for (int i = 0; i < keys.length - 1; i++) {
            String parent = String.join(".", Arrays.copyOf(keys, i + 1));
            JsonNode child = group.get(keys[i]);
            if (child == null || child.isNull()) {
                child = group.putObject(keys[i]);
                overriddenBy.put(parent, origin);
            }
            if (!(child instanceof ObjectNode object)) {
                throw new SettingsException(origin + ": '" + parent + "' is a value, it has no settings inside");
            }
            group = object;
        }
        JsonNode value = parseValue(assignment.substring(equals + 1), origin);
        group.set(keys[keys.length - 1], value.isMissingNode() ? YAML.nullNode() : value);
        overriddenBy.put(path, origin);
    }

    ObjectNode root() {
        return root;
    }

    String source() {
        return source;
    }

    /** Who is to blame for the value at a path: the file, or the override that set it or a group around it. */
    String originOf(String path) {
        int end = path.length();
        while (end > 0) {
            String at = path.substring(0, end);
            if (overriddenBy.containsKey(at)) {
                return overriddenBy.get(at);
            }
            end = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
        }
        return source;
    }
}
