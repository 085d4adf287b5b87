package dev.t2i.data;

import dev.t2i.error.FileTrouble;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A list of strings that Python has pickled, in protocols 0 to 5. A pickle is a program, and loading one runs it; this reader knows only the
 * opcodes that make lists and strings, fails on every other, and so runs nothing.
 */
final class PickledNames {
    private static final long MOST_BYTES = 1L << 26;
    private static final Object MARK = new Object();
    /** Opcodes that name code, or call it, by the names that Python gives them. */
    private static final Map<Integer, String> DANGEROUS = Map.ofEntries(
            Map.entry((int) 'c', "GLOBAL"), Map.entry(0x93, "STACK_GLOBAL"), Map.entry((int) 'R', "REDUCE"), Map.entry((int) 'b', "BUILD"),
            Map.entry((int) 'i', "INST"), Map.entry((int) 'o', "OBJ"), Map.entry(0x81, "NEWOBJ"), Map.entry(0x92, "NEWOBJ_EX"),
            Map.entry(0x82, "EXT1"), Map.entry(0x83, "EXT2"), Map.entry(0x84, "EXT4"), Map.entry((int) 'P', "PERSID"), Map.entry((int) 'Q', "BINPERSID"));

    private final Path file;
    private final ByteBuffer in;
    private final Deque<Object> stack = new ArrayDeque<>();
    private final Map<Integer, Object> memo = new HashMap<>();

    private PickledNames(Path file, byte[] bytes) {
        this.file = file;
        this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** @throws DataException one line where the file can't be read or holds anything but a list of strings */
    static List<String> read(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new DataException(file + ": larger than " + MOST_BYTES + " bytes, hardly a list of names");
            }
            return new PickledNames(file, Files.readAllBytes(file)).run();
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    private List<String> run() {
        while (true) {
            int at = in.position();
            int opcode = in.hasRemaining() ? in.get() & 255 : -1;
            if (opcode == '.') {
                return names(pop());
            }
            if (!makeString(opcode) && !makeList(opcode) && !remember(opcode)) {
                if (opcode < 0) {
                    throw fault("ends in the middle; fetch it again");
                }
                String name = DANGEROUS.get(opcode);
                throw fault(name != null ? "wants Python to load code (%s at byte %d); nothing was run. Don't trust it; write the names to filenames.txt, one a line".formatted(name, at)
                        : "holds more than a list of names (opcode 0x%02x at byte %d); write them to filenames.txt, one a line".formatted(opcode, at));
            }
        }
    }

    private boolean makeString(int opcode) {
        switch (opcode) {
            case 'S' -> stack.push(unquoted(line()));
            case 'V' -> stack.push(unescaped(line(), "u"));
            case 'U', 0x8c -> stack.push(text(take(1).get() & 255));
            case 'T', 'X' -> stack.push(text(take(4).getInt()));
            case 0x8d -> stack.push(text(take(8).getLong()));
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean makeList(int opcode) {
        switch (opcode) {
            case 0x80 -> take(1);
            case 0x95 -> take(8);
            case ']' -> stack.push(new ArrayList<>());
            case '(' -> stack.push(MARK);
            case 'l' -> stack.push(new ArrayList<>(popToMark()));
            case 'a' -> {
                Object item = pop();
                list().add(item);
            }
            case 'e' -> {
                List<Object> items = popToMark();
                list().addAll(items);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean remember(int opcode) {
        switch (opcode) {
            case 'p' -> memo.put(index(line()), peek());
            case 'q' -> memo.put(take(1).get() & 255, peek());
            case 'r' -> memo.put(take(4).getInt(), peek());
            case 0x94 -> memo.put(memo.size(), peek());
            case 'g' -> stack.push(remembered(index(line())));
            case 'h' -> stack.push(remembered(take(1).get() & 255));
            case 'j' -> stack.push(remembered(take(4).getInt()));
            default -> {
                return false;
            }
        }
        return true;
    }

    private List<String> names(Object result) {
        if (!(result instanceof List<?> list)) {
            throw fault("holds no list");
        }
        List<String> names = new ArrayList<>(list.size());
        for (Object item : list) {
            if (!(item instanceof String name)) {
                throw fault("holds a list of other things than names");
            }
            names.add(name);
        }
        return names;
    }

    private Object remembered(int index) {
        Object value = memo.get(index);
        if (value == null) {
            throw damaged();
        }
        return value;
    }

    private Object peek() {
        if (stack.isEmpty() || stack.peek() == MARK) {
            throw damaged();
        }
        return stack.peek();
    }

    private Object pop() {
        Object top = peek();
        stack.pop();
        return top;
    }

    private List<Object> popToMark() {
        ArrayDeque<Object> items = new ArrayDeque<>();
        while (!stack.isEmpty() && stack.peek() != MARK) {
            items.push(stack.pop());
        }
        if (stack.isEmpty()) {
            throw damaged();
        }
        stack.pop();
        return new ArrayList<>(items);
    }

    private List<Object> list() {
        if (!(peek() instanceof ArrayList<?>)) {
            throw damaged();
        }
        @SuppressWarnings("unchecked")
        List<Object> list = (ArrayList<Object>) stack.peek();
        return list;
    }

    /** The next bytes, whose number comes from the file, so it is held against what is left before anything is reserved. */
    private ByteBuffer take(long count) {
        if (count < 0 || count > in.remaining()) {
            throw fault("ends in the middle; fetch it again");
        }
        ByteBuffer taken = in.slice(in.position(), (int) count).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + (int) count);
        return taken;
    }

    private String text(long length) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(take(length)).toString();
        } catch (CharacterCodingException e) {
            throw fault("holds a name that is not text in UTF-8");
        }
    }

    private String line() {
        int end = in.position();
        while (end < in.limit() && in.get(end) != '\n') {
            end++;
        }
        if (end == in.limit()) {
            throw fault("ends in the middle; fetch it again");
        }
        String line = text(end - in.position());
        in.get();
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }

    private int index(String line) {
        try {
            return Integer.parseInt(line);
        } catch (NumberFormatException e) {
            throw damaged();
        }
    }

    private String unquoted(String line) {
        int last = line.length() - 1;
        if (last < 1 || line.charAt(0) != '\'' && line.charAt(0) != '"' || line.charAt(last) != line.charAt(0)) {
            throw damaged();
        }
        return unescaped(line.substring(1, last), "x");
    }

    /** @param escape {@code x} with two digits, as in byte strings, or {@code u} with four */
    private String unescaped(String text, String escape) {
        StringBuilder out = new StringBuilder();
        int digits = escape.equals("x") ? 2 : 4;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            String rest = text.substring(i + 1);
            if (rest.startsWith("\\") || rest.startsWith("'") || rest.startsWith("\"")) {
                out.append(rest.charAt(0));
                i++;
            } else if (rest.startsWith(escape) && rest.length() > digits && rest.substring(1, digits + 1).matches("[0-9a-fA-F]+")) {
                out.append((char) Integer.parseInt(rest.substring(1, digits + 1), 16));
                i += digits + 1;
            } else {
                throw damaged();
            }
        }
        return out.toString();
    }

    private DataException damaged() {
        return fault("is damaged near byte " + in.position() + "; fetch it again");
    }

    private DataException fault(String what) {
        return new DataException(file + ": " + what);
    }
}
