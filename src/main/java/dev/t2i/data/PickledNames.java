package dev.t2i.data;

import dev.t2i.error.FileTrouble;
import dev.t2i.pickle.PickleException;
import dev.t2i.pickle.PickleReader;
import dev.t2i.pickle.PickleWhitelist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A list of strings that Python has pickled. A pickle is a program; this reads one that makes plain values, and runs nothing. */
final class PickledNames {
    private static final long MOST_BYTES = 1L << 26;

    private PickledNames() {}

    /** @throws DataException one line where the file can't be read or holds anything but a list of strings */
    static List<String> read(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new DataException(file + ": larger than " + MOST_BYTES + " bytes, hardly a list of names");
            }
            Object value = PickleReader.read(Files.readAllBytes(file), file.toString(), PickleWhitelist.PLAIN);
            List<String> names = new ArrayList<>();
            for (Object item : value instanceof List<?> list ? list : List.of(0)) {
                if (!(item instanceof String name)) {
                    throw new DataException(file + ": holds something else than a list of names");
                }
                names.add(name);
            }
            return names;
        } catch (PickleException e) {
            throw new DataException(e.getMessage() + "; fetch it again, or write the names to filenames.txt and remove it", e);
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }
}
