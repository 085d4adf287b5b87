package dev.t2i.gan;

import dev.t2i.error.BadModelException;
import dev.t2i.error.FileTrouble;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.Map;
import java.util.Optional;

/** Folders of weights that ship with the program, on the class path or inside the jar. */
public final class ShippedFolder {
    private ShippedFolder() {}

    /**
     * A folder, readable like any other. Inside a jar it belongs to a file system of its own, which nobody else gets and which its paths
     * keep open: an interrupt closes the file below one for ever, and one that all share would outlive a jar that is replaced.
     *
     * @param file a file directly in it, as {@code /weights/default/config.json}
     * @return empty when this build was packed without it
     * @throws BadModelException when it lies where it can't be read as a folder, or the jar is damaged
     */
    public static Optional<Path> of(String file) {
        return Optional.ofNullable(ShippedFolder.class.getResource(file)).map(found -> at(found, file));
    }

    /** @param found where a class loader found the file */
    static Path at(URL found, String file) {
        String place = found.toString();
        String folder = file.substring(1, file.lastIndexOf('/'));
        String inside = "!" + file;
        try {
            if (place.startsWith("file:")) {
                return Path.of(URI.create(place)).getParent();
            }
            if (place.startsWith("jar:file:") && place.endsWith(inside)) {
                Path jar = Path.of(URI.create(place.substring("jar:".length(), place.length() - inside.length())));
                if (Files.isRegularFile(jar)) {
                    return FileSystems.newFileSystem(jar, Map.of()).getPath("/" + folder);
                }
            }
        } catch (IllegalArgumentException | FileSystemNotFoundException | ProviderNotFoundException e) {
            throw unreadable(place, folder, e);
        } catch (IOException e) {
            throw new BadModelException("%s: cannot be read, %s".formatted(place, FileTrouble.reason(e)), e);
        }
        throw unreadable(place, folder, null);
    }

    /** Lets go of the jar at once, when all has been read; a folder that nobody holds any more does so by and by. */
    public static void close(Path folder) {
        if (folder.getFileSystem() != FileSystems.getDefault()) {
            try {
                folder.getFileSystem().close();
            } catch (IOException e) {
                throw new BadModelException("%s: cannot be closed, %s".formatted(folder, FileTrouble.reason(e)), e);
            }
        }
    }

    private static BadModelException unreadable(String place, String folder, Exception e) {
        return new BadModelException(("%s: weights can be read from a folder or a jar file only, and from a jar only with the module jdk.zipfs;"
                + " copy %s out of t2i's jar and open that folder").formatted(place, folder), e);
    }
}
