package dev.t2i.cli;

import dev.t2i.error.BadInputException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Places for results, looked at before the work begins: nobody waits for a result that cannot be kept. */
final class Places {

    private Places() {
    }

    /** Refuses a file that can't be made: its name is a folder's, its folder is not there, or takes no files. */
    static void requireFile(Path file) {
        if (Files.isDirectory(file)) {
            throw new BadInputException(file + ": there is a folder of that name; choose another");
        }
        Path folder = file.toAbsolutePath().normalize().getParent();
        if (folder != null && Files.notExists(folder) && Files.isDirectory(nearest(folder))) {
            throw new BadInputException(file + ": there is no folder " + folder + "; create it first");
        }
        requireFolder(folder);
    }

    /** Refuses a folder that can't be made or takes no files. */
    static void requireFolder(Path folder) {
        Path there = nearest(folder.toAbsolutePath().normalize());
        if (!Files.isDirectory(there)) {
            throw new BadInputException(there + ": is a file, not a folder; choose another place");
        }
        if (!Files.isWritable(there)) {
            throw new BadInputException(there + ": may not be written to; choose another place");
        }
    }

    /** The folder, or the nearest place above it that exists. */
    private static Path nearest(Path folder) {
        Path there = folder;
        while (there.getParent() != null && Files.notExists(there)) {
            there = there.getParent();
        }
        return there;
    }
}
