package dev.t2i.pickle;

import dev.t2i.error.OneLine;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decodes a pickle of any protocol, 0 to 5, without executing it. Python's values become Java's: {@code None} is {@code null},
 * numbers are {@link Long}, {@link BigInteger} and {@link Double}, text is {@link String}, bytes are {@code byte[]}, lists, sets and
 * dictionaries are {@link List}, {@link Set} and {@link Map} in their order, tuples {@link PickleTuple}, classes and functions
 * {@link PickleName}. Byte strings of Python 2 are read as UTF-8, or, where they are none, as Latin-1.
 *
 * <p>Memory is bounded by some multiple of the pickle's own length, whatever its numbers say, and nothing recurses: what nests may be deep, or hold itself.
 */
public final class PickleReader {
    private static final int NEWEST = 5;
    /** Python's own limit for numbers in decimal; reading them takes the square of their length. */
    private static final int MOST_DIGITS = 4300;
    private static final int LONGEST_SHOWN = 100;

    private final String origin;
    private final ByteBuffer in;
    private final PickleWhitelist whitelist;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();

    private PickleReader(String origin, ByteBuffer pickle, PickleWhitelist whitelist) {
        this.origin = origin;
        this.in = pickle.order(ByteOrder.LITTLE_ENDIAN);
        this.whitelist = whitelist;
    }

    /**
     * Decodes one pickle; what follows its end is not looked at.
     *
     * @param origin what messages call it
     * @throws PickleException in one line when it is damaged, or names what the whitelist does not have
     */
    public static Object read(byte[] pickle, String origin, PickleWhitelist whitelist) {
        return read(ByteBuffer.wrap(pickle), origin, whitelist);
    }

    /** As {@link #read(byte[], String, PickleWhitelist)}, of a pickle in a row of several: afterwards the buffer stands behind it. */
    static Object read(ByteBuffer pickle, String origin, PickleWhitelist whitelist) {
        PickleReader reader = new PickleReader(origin, pickle, whitelist);
        for (int opcode = reader.u1(); opcode != '.'; opcode = reader.u1()) {
            reader.step(opcode);
        }
        return reader.pop();
    }

    private void step(int opcode) {
        switch (opcode) {
            case 0x80 -> requireProtocol(u1());
            case 0x95 -> take(8).getLong();
            case '(' -> marks.add(stack.size());
            case '0' -> pop();
            case '1' -> popMark();
            case '2' -> stack.add(top());
            case 'p' -> memo.put(integer(line()) instanceof Long index ? index : -1L, top());
            case 'q' -> memo.put((long) u1(), top());
            case 'r' -> memo.put(u4(), top());
            case 0x94 -> memo.put((long) memo.size(), top());
            case 'g' -> recall(integer(line()) instanceof Long index ? index : -1);
            case 'h' -> recall(u1());
            case 'j' -> recall(u4());
            default -> {
                if (!scalar(opcode) && !container(opcode)) {
                    object(opcode);
                }
            }
        }
    }

    private boolean scalar(int opcode) {
        Object value = switch (opcode) {
            case 'N' -> null;
            case 0x88 -> true;
            case 0x89 -> false;
            case 'I' -> integer(line());
            case 'L' -> longInteger(line());
            case 'J' -> (long) take(4).getInt();
            case 'K' -> (long) u1();
            case 'M' -> (long) (take(2).getShort() & 0xFFFF);
            case 0x8A -> littleEndian(bytes(u1()));
            case 0x8B -> littleEndian(bytes(take(4).getInt()));
            case 'F' -> decimal(line());
            case 'G' -> Double.longBitsToDouble(Long.reverseBytes(take(8).getLong()));
            case 'S' -> byteString(require(PickleText.quoted(line())));
            case 'V' -> require(PickleText.unicode(line()));
            case 'T' -> byteString(bytes(take(4).getInt()));
            case 'U' -> byteString(bytes(u1()));
            case 'X' -> utf8(bytes(u4()));
            case 0x8C -> utf8(bytes(u1()));
            case 0x8D -> utf8(bytes(take(8).getLong()));
            case 'B' -> bytes(u4());
            case 'C' -> bytes(u1());
            case 0x8E, 0x96 -> bytes(take(8).getLong());
            default -> this;
        };
        if (value == this) {
            return false;
        }
        stack.add(value);
        return true;
    }

    private boolean container(int opcode) {
        switch (opcode) {
            case ']' -> stack.add(new ArrayList<>());
            case 'l' -> stack.add(popMark());
            case ')' -> stack.add(new PickleTuple(List.of()));
            case 't' -> stack.add(new PickleTuple(popMark()));
            case 0x85 -> tuple(1);
            case 0x86 -> tuple(2);
            case 0x87 -> tuple(3);
            case '}' -> stack.add(new LinkedHashMap<>());
            case 'd' -> {
                List<Object> items = popMark();
                stack.add(new LinkedHashMap<>());
                putAll(items);
            }
            case 0x8F -> stack.add(new LinkedHashSet<>());
            case 0x91 -> {
                List<Object> items = popMark();
                stack.add(new LinkedHashSet<>());
                addAll(items);
            }
            case 'a' -> {
                Object item = pop();
                list().add(item);
            }
            case 'e' -> {
                List<Object> items = popMark();
                list().addAll(items);
            }
            case 's' -> {
                Object value = pop();
                Object key = pop();
                dictionary().put(key(key), value);
            }
            case 'u' -> putAll(popMark());
            case 0x90 -> addAll(popMark());
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Opcodes that name things, call them, or give them a state. */
    private void object(int opcode) {
        switch (opcode) {
            case 'c' -> {
                String module = asciiLine();
                stack.add(global(module, asciiLine()));
            }
            case 0x93 -> {
                Object name = pop();
                Object module = pop();
                if (!(name instanceof String n) || !(module instanceof String m)) {
                    throw broken("names something by what is no text");
                }
                stack.add(global(m, n));
            }
            case 'R' -> {
                Object arguments = pop();
                Object callable = pop();
                if (!(callable instanceof PickleName name) || !(arguments instanceof PickleTuple tuple)) {
                    throw broken("calls something that cannot be called");
                }
                stack.add(whitelist.call(name, tuple.items()).orElseThrow(() -> unsafe("calls " + name + " in an unusual way")));
            }
            case 'b' -> {
                // What PyTorch adds to a dictionary of weights (versions of its layers) changes no value; anything else was refused by name.
                pop();
                if (!(top() instanceof Map)) {
                    throw unsafe("gives an object a state");
                }
            }
            case 'P' -> stack.add(persistent(asciiLine()));
            case 'Q' -> stack.add(persistent(pop()));
            case 'i' -> throw unsafe("makes an object of " + new PickleName(asciiLine(), asciiLine()));
            case 'o', 0x81, 0x92 -> throw unsafe("makes an object of a class");
            case 0x82, 0x83, 0x84 -> throw unsafe("names something by the number of an extension");
            case 0x97, 0x98 -> throw broken("has parts outside the pickle");
            default -> throw broken("has an unknown opcode 0x%02x at byte %d".formatted(opcode, in.position() - 1));
        }
    }

    private PickleName global(String module, String name) {
        PickleName named = new PickleName(module, name);
        if (!whitelist.has(named)) {
            throw unsafe("names " + named);
        }
        return named;
    }

    private Object persistent(Object id) {
        return whitelist.persistent(id).orElseThrow(() -> broken("asks for an object that is kept elsewhere"));
    }

    private void tuple(int count) {
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.addFirst(pop());
        }
        stack.add(new PickleTuple(items));
    }

    private void putAll(List<Object> items) {
        if (items.size() % 2 != 0) {
            throw broken("has a key without a value");
        }
        Map<Object, Object> dictionary = dictionary();
        for (int i = 0; i < items.size(); i += 2) {
            dictionary.put(key(items.get(i)), items.get(i + 1));
        }
    }

    private void addAll(List<Object> items) {
        if (!(top() instanceof Set<?>)) {
            throw broken("adds to what is no set");
        }
        @SuppressWarnings("unchecked")
        Set<Object> set = (Set<Object>) top();
        items.forEach(item -> set.add(key(item)));
    }

    /** Keys of dictionaries and elements of sets: those whose comparison is cheap whatever the pickle nests. */
    private Object key(Object key) {
        if (key == null || key instanceof String || key instanceof Number || key instanceof Boolean || key instanceof PickleTuple || key instanceof PickleName) {
            return key;
        }
        throw broken("has a key that is neither text nor a number");
    }

    @SuppressWarnings("unchecked")
    private List<Object> list() {
        if (top() instanceof List<?> list) {
            return (List<Object>) list;
        }
        throw broken("appends to what is no list");
    }

    @SuppressWarnings("unchecked")
    private Map<Object, Object> dictionary() {
        if (top() instanceof Map<?, ?> dictionary) {
            return (Map<Object, Object>) dictionary;
        }
        throw broken("sets a key of what is no dictionary");
    }

    private void recall(long index) {
        if (!memo.containsKey(index)) {
            throw broken("refers to something that it did not keep");
        }
        stack.add(memo.get(index));
    }

    private Object top() {
        if (stack.size() <= (marks.isEmpty() ? 0 : marks.getLast())) {
            throw broken("takes more from its stack than is there");
        }
        return stack.getLast();
    }

    private Object pop() {
        Object top = top();
        stack.removeLast();
        return top;
    }

    private List<Object> popMark() {
        if (marks.isEmpty()) {
            throw broken("takes more from its stack than is there");
        }
        List<Object> above = stack.subList(marks.removeLast(), stack.size());
        List<Object> items = new ArrayList<>(above);
        above.clear();
        return items;
    }

    private void requireProtocol(int protocol) {
        if (protocol > NEWEST) {
            throw broken("is of protocol " + protocol + ", newer than " + NEWEST);
        }
    }

    /** The buffer, once it is known to have so many bytes more. */
    private ByteBuffer take(int count) {
        if (in.remaining() < count) {
            throw broken("is cut short");
        }
        return in;
    }

    private int u1() {
        return take(1).get() & 0xFF;
    }

    private long u4() {
        return Integer.toUnsignedLong(take(4).getInt());
    }

    private byte[] bytes(long count) {
        if (count < 0 || count > in.remaining()) {
            throw broken("is cut short");
        }
        byte[] bytes = new byte[(int) count];
        in.get(bytes);
        return bytes;
    }

    private byte[] line() {
        int start = in.position();
        while (u1() != '\n') {
            // The end of the buffer ends this as well.
        }
        byte[] line = new byte[in.position() - 1 - start];
        in.get(start, line);
        return line;
    }

    private String asciiLine() {
        return new String(line(), StandardCharsets.ISO_8859_1).strip();
    }

    private String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException _) {
            // Python writes halves of surrogate pairs, too, which no file name or tensor has.
            throw broken("holds text that is not UTF-8");
        }
    }

    private static String byteString(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException _) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    private static Object littleEndian(byte[] bytes) {
        byte[] big = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            big[i] = bytes[bytes.length - 1 - i];
        }
        return bytes.length == 0 ? (Object) 0L : smallest(new BigInteger(big));
    }

    private static Object smallest(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private Object integer(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1).strip();
        // Protocol 0 and 1 have no other way to write the truth values.
        return text.equals("00") ? (Object) false : text.equals("01") ? (Object) true : number(text);
    }

    private Object longInteger(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1).strip();
        return number(text.endsWith("L") ? text.substring(0, text.length() - 1) : text);
    }

    private Object number(String text) {
        if (!text.matches("[+-]?\\d{1," + MOST_DIGITS + "}")) {
            throw broken("has '" + OneLine.of(text, LONGEST_SHOWN) + "' where a whole number belongs");
        }
        return smallest(new BigInteger(text));
    }

    private double decimal(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1).strip();
        try {
            return switch (text) {
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                case "nan", "-nan" -> Double.NaN;
                default -> Double.parseDouble(text);
            };
        } catch (NumberFormatException _) {
            throw broken("has '" + OneLine.of(text, LONGEST_SHOWN) + "' where a number belongs");
        }
    }

    /** @param decoded {@code null} where it was malformed */
    private <T> T require(T decoded) {
        if (decoded == null) {
            throw broken("has malformed text");
        }
        return decoded;
    }

    private PickleException broken(String problem) {
        return new PickleException(origin, "the pickle " + problem);
    }

    private PickleException unsafe(String what) {
        return new PickleException(origin, "the pickle " + what + ", which only plain data may not; nothing of it was run");
    }
}
