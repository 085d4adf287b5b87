package dev.t2i.gan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemAlreadyExistsException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Folders of weights that ship with the program, on the class path or inside the jar. */
public final class ShippedFolder {
    private ShippedFolder() {}

    /**
     * A folder, readable like any other; inside a jar it belongs to the jar's file system.
     *
     * @param file a file directly in it, as {@code /weights/default/config.json}
     * @return empty when this build was packed without it
     */
    public static Optional<Path> of(String file) {
        URL found = ShippedFolder.class.getResource(file);
        if (found == null) {
            return Optional.empty();
        }
        try {
            URI uri = found.toURI();
            if (uri.getScheme().equals("jar")) {
                open(uri);
            }
            return Optional.of(Path.of(uri).getParent());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(found + " is no place of a file", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens the jar's file system; it stays open for the life of the program, which reads weights from it. */
    private static FileSystem open(URI uri) throws IOException {
        try {
            return FileSystems.getFileSystem(uri);
        } catch (FileSystemNotFoundException _) {
            try {
                return FileSystems.newFileSystem(uri, Map.of());
            } catch (FileSystemAlreadyExistsException _) {
                // Another thread was quicker.
                return FileSystems.getFileSystem(uri);
            }
        }
    }
}
