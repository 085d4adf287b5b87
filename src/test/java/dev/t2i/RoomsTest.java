package dev.t2i;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of rooms in docs/architecture.md is true. */
class RoomsTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/t2i");
    private static final Pattern ROW = Pattern.compile("\\| ((?:`[\\w.]+`(?:, )?)+) \\|.*");
    private static final Pattern IMPORT = Pattern.compile("import (?:static )?dev\\.t2i\\.([\\w.]+);");
    /** Packages without a name of their own are the front door's. */
    private static final String FRONT_DOOR = "TextToImage";
    /** It makes the backends, which all are built on what lies beside it. */
    private static final Path REGISTRY = Path.of("backend/Backends.java");

    @Test
    void aRoomImportsOnlyFromRoomsAboveIt() throws IOException {
        Map<String, Integer> rooms = rooms();
        List<String> wrong = new ArrayList<>();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(SOURCES)) {
            files = walk.filter(file -> file.toString().endsWith(".java")).map(SOURCES::relativize).filter(file -> !file.equals(REGISTRY)).sorted().toList();
        }
        for (Path file : files) {
            String home = file.getParent() == null ? FRONT_DOOR : file.getParent().toString().replace(file.getFileSystem().getSeparator(), ".");
            for (String line : Files.readAllLines(SOURCES.resolve(file))) {
                Matcher imported = IMPORT.matcher(line);
                if (imported.matches() && place(rooms, imported.group(1)) > place(rooms, home)) {
                    wrong.add(file + " imports " + imported.group(1));
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(files.size() > 100, files::toString);
    }

    /** Rooms by name, each with its place in the list. */
    private static Map<String, Integer> rooms() throws IOException {
        Map<String, Integer> rooms = new HashMap<>();
        int place = 0;
        for (String line : Files.readAllLines(Path.of("docs/architecture.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                for (String name : row.group(1).replace("`", "").split(", ")) {
                    rooms.put(name, place);
                }
                place++;
            }
        }
        return rooms;
    }

    /** That of the innermost room which holds the name. */
    private static int place(Map<String, Integer> rooms, String name) {
        String room = Character.isUpperCase(name.charAt(0)) ? FRONT_DOOR : name;
        while (!rooms.containsKey(room)) {
            assertTrue(room.contains("."), name + " lies in no room of docs/architecture.md");
            room = room.substring(0, room.lastIndexOf('.'));
        }
        return rooms.get(room);
    }
}
