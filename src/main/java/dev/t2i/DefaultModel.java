package dev.t2i;

import dev.t2i.error.BadModelException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Map;

/** The model that ships with the program, as a folder on the class path or inside the jar. */
public final class DefaultModel {
    private static final String RESOURCE = "/weights/default/config.json";

    private DefaultModel() {}

    /**
     * The folder, readable like any other; inside a jar it belongs to the jar's file system.
     *
     * @throws BadModelException when this build was packed without a model
     */
    public static Path folder() {
        URL config = DefaultModel.class.getResource(RESOURCE);
        if (config == null) {
            throw new BadModelException("this build of t2i has no default model inside; name one with --model DIR, or train one with configs/scenes-64.yaml");
        }
        try {
            URI uri = config.toURI();
            if (uri.getScheme().equals("jar")) {
                open(uri);
            }
            return Path.of(uri).getParent();
        } catch (URISyntaxException | IOException e) {
            throw new BadModelException(config + ": the default model cannot be read, " + e.getMessage(), e);
        }
    }

    /** Opens the jar's file system; it stays open for the life of the program, which reads weights from it. */
    private static FileSystem open(URI uri) throws IOException {
        try {
            return FileSystems.getFileSystem(uri);
        } catch (FileSystemNotFoundException _) {
            return FileSystems.newFileSystem(uri, Map.of());
        }
    }
}
