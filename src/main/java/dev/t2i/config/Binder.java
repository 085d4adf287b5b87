package dev.t2i.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.t2i.error.T2iException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Turns a tree into records. Components may be booleans, numbers, text, paths, enums, records, and {@code List}, {@code Optional}
 * or {@code Map<String, …>} of those.
 */
final class Binder {

    private final SettingsTree tree;

    Binder(SettingsTree tree) {
        this.tree = tree;
    }

    <T extends Record> T bind(Class<T> type) {
        return type.cast(bindRecord(type, tree.root(), ""));
    }

    /** One setting of the outermost level; what else is there does not matter. */
    <E extends Enum<E>> E bindOnly(String key, Class<E> type) {
        JsonNode node = tree.root().get(key);
        if (node == null) {
            throw new SettingsException(tree.source() + ": missing setting '" + key + "' (" + expected(type) + ")");
        }
        return type.cast(bindValue(type, node, key, null));
    }

    private Object bindRecord(Class<?> type, JsonNode node, String path) {
        if (!(node instanceof ObjectNode object)) {
            throw wrong(path, node, "settings of its own (key: value)");
        }
        RecordComponent[] components = type.getRecordComponents();
        refuseUnknownKeys(object, components, path);
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String key = Names.key(components[i].getName());
            values[i] = bindComponent(components[i], object.get(key), path.isEmpty() ? key : path + "." + key);
        }
        return construct(type, components, values, path);
    }

    private void refuseUnknownKeys(ObjectNode object, RecordComponent[] components, String path) {
        List<String> known = Arrays.stream(components).map(component -> Names.key(component.getName())).toList();
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (!known.contains(entry.getKey())) {
                String prefix = path.isEmpty() ? "" : path + ".";
                String full = prefix + entry.getKey();
                String hint = Names.nearest(entry.getKey(), known)
                        .map(nearest -> "did you mean '" + prefix + nearest + "'?")
                        .orElseGet(() -> "known here: " + String.join(", ", known));
                throw new SettingsException(tree.originOf(full) + ": unknown setting '" + full + "'; " + hint);
            }
        }
    }

    private Object bindComponent(RecordComponent component, JsonNode node, String path) {
        Type type = component.getGenericType();
        if (node == null) {
            Default fallback = component.getAnnotation(Default.class);
            if (fallback != null) {
                node = SettingsTree.parseValue(fallback.value(), "default of " + path);
            } else if (component.getType() == Optional.class) {
                return Optional.empty();
            } else if (component.getType().isRecord() && allHaveDefaults(component.getType())) {
                node = JsonNodeFactory.instance.objectNode();
            } else {
                throw new SettingsException(tree.source() + ": missing setting '" + path + "' (" + expected(type) + ")");
            }
        }
        return bindValue(type, node, path, component.getAnnotation(Range.class));
    }

    private static boolean allHaveDefaults(Class<?> type) {
        return Arrays.stream(type.getRecordComponents()).allMatch(component -> component.isAnnotationPresent(Default.class)
                || component.getType() == Optional.class
                || component.getType().isRecord() && allHaveDefaults(component.getType()));
    }

    private Object bindValue(Type type, JsonNode node, String path, Range range) {
        if (type instanceof ParameterizedType generic) {
            return bindGeneric(generic, node, path, range);
        }
        Class<?> target = (Class<?>) type;
        if (target == boolean.class || target == Boolean.class) {
            if (!node.isBoolean()) {
                throw wrong(path, node, expected(type));
            }
            return node.booleanValue();
        }
        if (isNumber(target)) {
            return bindNumber(target, node, path, range);
        }
        if (target == String.class || target == Path.class) {
            if (!node.isTextual()) {
                throw wrong(path, node, expected(type) + (node.isNumber() || node.isBoolean() ? ", in quotes" : ""));
            }
            return target == Path.class ? path(node, path) : node.textValue();
        }
        if (target.isEnum()) {
            return bindEnum(target, node, path);
        }
        if (target.isRecord()) {
            return bindRecord(target, node, path);
        }
        throw new IllegalArgumentException("settings of type " + type + " are not supported: " + path);
    }

    private Path path(JsonNode node, String path) {
        try {
            return Path.of(node.textValue());
        } catch (InvalidPathException e) {
            throw wrong(path, node, "a path");
        }
    }

    private Object bindGeneric(ParameterizedType type, JsonNode node, String path, Range range) {
        Type[] arguments = type.getActualTypeArguments();
        if (type.getRawType() == Optional.class) {
            return node.isNull() ? Optional.empty() : Optional.of(bindValue(arguments[0], node, path, range));
        }
        if (type.getRawType() == List.class) {
            if (!node.isArray()) {
                throw wrong(path, node, expected(type));
            }
            List<Object> elements = new ArrayList<>(node.size());
            for (int i = 0; i < node.size(); i++) {
                elements.add(bindValue(arguments[0], node.get(i), path + "[" + i + "]", range));
            }
            return List.copyOf(elements);
        }
        if (type.getRawType() == Map.class && arguments[0] == String.class) {
            if (!node.isObject()) {
                throw wrong(path, node, expected(type));
            }
            Map<String, Object> entries = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                entries.put(entry.getKey(), bindValue(arguments[1], entry.getValue(), path + "." + entry.getKey(), range));
            }
            return Collections.unmodifiableMap(entries);
        }
        throw new IllegalArgumentException("settings of type " + type + " are not supported: " + path);
    }

    private Object bindNumber(Class<?> target, JsonNode node, String path, Range range) {
        if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
            throw wrong(path, node, expected(target));
        }
        BigDecimal number = node.decimalValue();
        Object value;
        try {
            value = switch (target.getSimpleName()) {
                case "int", "Integer" -> number.intValueExact();
                case "long", "Long" -> number.longValueExact();
                case "float", "Float" -> number.floatValue();
                default -> number.doubleValue();
            };
        } catch (ArithmeticException e) {
            throw wrong(path, node, expected(target));
        }
        double size = ((Number) value).doubleValue();
        if (Double.isInfinite(size)) {
            throw wrong(path, node, expected(target));
        }
        if (range != null && !(size >= range.min() && size <= range.max() && size > range.above() && size < range.below())) {
            throw wrong(path, node, expected(target) + " " + describe(range));
        }
        return value;
    }

    private Object bindEnum(Class<?> target, JsonNode node, String path) {
        Map<String, Object> choices = new LinkedHashMap<>();
        for (Object constant : target.getEnumConstants()) {
            choices.put(Names.key((Enum<?>) constant), constant);
        }
        Object chosen = node.isTextual() ? choices.get(node.textValue().replace('-', '_')) : null;
        if (chosen == null) {
            throw wrong(path, node, expected(target));
        }
        return chosen;
    }

    private Object construct(Class<?> type, RecordComponent[] components, Object[] values, String path) {
        Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            // A record's own check spans several settings; it names them itself.
            if (e.getCause() instanceof IllegalArgumentException || e.getCause() instanceof T2iException) {
                throw new SettingsException(tree.originOf(path) + ": " + (path.isEmpty() ? "" : path + ": ")
                        + e.getCause().getMessage(), e.getCause());
            }
            throw new IllegalStateException("can't build " + type.getName(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("can't build " + type.getName(), e);
        }
    }

    private SettingsException wrong(String path, JsonNode node, String expected) {
        return new SettingsException(tree.originOf(path) + ": " + (path.isEmpty() ? "" : "setting '" + path + "' is ")
                + describe(node) + ", expected " + expected);
    }

    static String describe(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> "a group of settings";
            case ARRAY -> "a list";
            case NULL, MISSING -> "empty";
            case STRING -> node.textValue().isBlank() ? "empty" : "'" + shortened(node.textValue()) + "'";
            default -> shortened(node.asText());
        };
    }

    private static String shortened(String text) {
        String line = text.strip().replaceAll("\\s*\\R\\s*", " ");
        return line.length() <= 60 ? line : line.substring(0, 57) + "...";
    }

    private static String describe(Range range) {
        List<String> bounds = new ArrayList<>();
        if (range.min() != Double.NEGATIVE_INFINITY) {
            bounds.add("at least " + plain(range.min()));
        }
        if (range.above() != Double.NEGATIVE_INFINITY) {
            bounds.add("above " + plain(range.above()));
        }
        if (range.max() != Double.POSITIVE_INFINITY) {
            bounds.add("at most " + plain(range.max()));
        }
        if (range.below() != Double.POSITIVE_INFINITY) {
            bounds.add("below " + plain(range.below()));
        }
        return String.join(" and ", bounds);
    }

    private static String plain(double bound) {
        return BigDecimal.valueOf(bound).stripTrailingZeros().toPlainString();
    }

    private static boolean isNumber(Class<?> type) {
        return type == int.class || type == long.class || type == float.class || type == double.class
                || type == Integer.class || type == Long.class || type == Float.class || type == Double.class;
    }

    private static String expected(Type type) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            String last = expected(arguments[arguments.length - 1]);
            return generic.getRawType() == List.class ? "a list, each element " + last
                    : generic.getRawType() == Map.class ? "keys, each with " + last : last;
        }
        Class<?> target = (Class<?>) type;
        if (target == boolean.class || target == Boolean.class) {
            return "true or false";
        }
        if (isNumber(target)) {
            boolean whole = List.of("int", "long", "Integer", "Long").contains(target.getSimpleName());
            return whole ? "a whole number" : "a number";
        }
        if (target.isEnum()) {
            return "one of " + Arrays.stream(target.getEnumConstants()).map(constant -> Names.key((Enum<?>) constant))
                    .collect(Collectors.joining(", "));
        }
        return target == Path.class ? "a path" : target == String.class ? "text" : "settings of its own (key: value)";
    }
}
