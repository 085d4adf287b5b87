package dev.t2i.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.t2i.error.FileTrouble;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Loads records from YAML or JSON files and writes them back.
 *
 * <p>A setting is spelt as its record component, in snake case: {@code criticIterations} is {@code critic_iterations}; enum
 * constants likewise, in lower case. A component without {@link Default} must be present, unless it is an {@code Optional} or a
 * record all of whose components have defaults.
 */
public final class Settings {

    private static final int LONGEST = 1 << 20;

    private Settings() {
    }

    /**
     * Loads a file and applies overrides in order.
     *
     * @param overrides assignments such as {@code training.batch_size=16}, values in YAML
     * @throws SettingsException if the file can't be read, or a setting is unknown, missing, of the wrong type or out of range
     */
    public static <T extends Record> T load(Path file, Class<T> type, List<String> overrides) {
        return parse(read(file), file.toString(), type, overrides);
    }

    /**
     * Reads one setting that says how to read the others, and leaves those alone.
     *
     * @throws SettingsException if the file can't be read, or the setting is missing or no constant of {@code type}
     */
    public static <E extends Enum<E>> E peek(Path file, String key, Class<E> type, List<String> overrides) {
        SettingsTree tree = SettingsTree.parse(read(file), file.toString());
        overrides.forEach(tree::override);
        return new Binder(tree).bindOnly(key, type);
    }

    /**
     * The settings of a file that differ from {@code settings}, as keys with dots between.
     *
     * @throws SettingsException if the file can't be read
     */
    public static List<String> differences(Path file, Record settings) {
        List<String> different = new ArrayList<>();
        // Both through the same printer: in a file 1.0 and 1 may stand for one setting.
        JsonNode own = SettingsTree.parse(toYaml(settings), "settings").root();
        collectDifferences("", SettingsTree.parse(read(file), file.toString()).root(), own, different);
        return different;
    }

    private static void collectDifferences(String prefix, JsonNode first, JsonNode second, List<String> different) {
        TreeSet<String> keys = new TreeSet<>();
        first.fieldNames().forEachRemaining(keys::add);
        second.fieldNames().forEachRemaining(keys::add);
        for (String key : keys) {
            JsonNode a = first.path(key);
            JsonNode b = second.path(key);
            if (a.isObject() && b.isObject()) {
                collectDifferences(prefix + key + ".", a, b, different);
            } else if (!a.equals(b)) {
                different.add(prefix + key);
            }
        }
    }

    private static String read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) {
                throw new SettingsException(file + ": longer than " + LONGEST + " bytes, hardly a file of settings");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (NoSuchFileException e) {
            throw new SettingsException(file + ": no such file", e);
        } catch (CharacterCodingException e) {
            throw new SettingsException(file + ": not a text file in UTF-8", e);
        } catch (IOException e) {
            throw new SettingsException(file + ": can't be read: " + (Files.isDirectory(file) ? "it is a folder" : FileTrouble.reason(e)), e);
        }
    }

    /** As {@link #load}, from text; {@code source} names it in errors. */
    public static <T extends Record> T parse(String text, String source, Class<T> type, List<String> overrides) {
        SettingsTree tree = SettingsTree.parse(text, source);
        overrides.forEach(tree::override);
        return new Binder(tree).bind(type);
    }

    /** As {@link #load}, from a tree, such as one part of a model's {@code config.json}. */
    public static <T extends Record> T fromTree(JsonNode tree, String source, Class<T> type) {
        return new Binder(SettingsTree.of(tree, source)).bind(type);
    }

    /** All settings of a record, defaults included, as YAML that {@link #parse} reads back to an equal record. */
    public static String toYaml(Record settings) {
        return SettingsTree.print(toTree(settings));
    }

    /** All settings of a record as a tree, for files that hold more than them. */
    public static ObjectNode toTree(Record settings) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (RecordComponent component : settings.getClass().getRecordComponents()) {
            Object value;
            try {
                var accessor = component.getAccessor();
                accessor.setAccessible(true);
                value = accessor.invoke(settings);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("can't read " + component, e);
            }
            // An absent key and an empty Optional mean the same; the shorter file is the clearer one.
            if (!(value instanceof Optional<?> optional && optional.isEmpty())) {
                object.set(Names.key(component.getName()), node(value));
            }
        }
        return object;
    }

    private static JsonNode node(Object value) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (value) {
            case Boolean flag -> nodes.booleanNode(flag);
            case Integer number -> nodes.numberNode(number);
            case Long number -> nodes.numberNode(number);
            case Float number -> nodes.numberNode(decimal(number.toString()));
            case Double number -> nodes.numberNode(decimal(number.toString()));
            case Enum<?> constant -> nodes.textNode(Names.key(constant));
            case Record group -> toTree(group);
            case Optional<?> optional -> optional.map(Settings::node).orElseGet(nodes::nullNode);
            case List<?> list -> {
                var array = nodes.arrayNode(list.size());
                list.forEach(element -> array.add(node(element)));
                yield array;
            }
            case Map<?, ?> map -> {
                var group = nodes.objectNode();
                map.forEach((key, element) -> group.set(key.toString(), node(element)));
                yield group;
            }
            default -> nodes.textNode(value.toString());
        };
    }

    /** A float by its own shortest digits (0.1, not 0.10000000149), without zeros at the end: 1.0E-4 is 0.0001. */
    private static BigDecimal decimal(String shortest) {
        BigDecimal number = new BigDecimal(shortest);
        BigDecimal stripped = number.stripTrailingZeros();
        return stripped.scale() >= 1 ? stripped : number;
    }
}
