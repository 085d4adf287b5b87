package dev.t2i.gan;

import dev.t2i.error.BadModelException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;

/**
 * The model that ships with the program, as a model folder: inside the jar, or beside the classes where there is no jar.
 * The folder's paths can be read until this is closed.
 */
public final class PackedModel implements AutoCloseable {
    private static final String PLACE = "/dev/t2i/weights/default";

    private final Path folder;
    private final FileSystem jar;

    private PackedModel(Path folder, FileSystem jar) {
        this.folder = folder;
        this.jar = jar;
    }

    /**
     * Finds the model.
     *
     * @throws BadModelException when this build has none
     */
    public static PackedModel open() {
        URL config = PackedModel.class.getResource(PLACE + "/" + ModelConfig.FILE);
        if (config == null) {
            throw new BadModelException("this build of t2i holds no default model; name a model folder (--model DIR), "
                    + "which 'train' leaves as model/ in its run folder, or build from a checkout with weights/default");
        }
        try {
            return "jar".equals(config.getProtocol()) ? inJar(config) : new PackedModel(Path.of(config.toURI()).getParent(), null);
        } catch (URISyntaxException | IOException | RuntimeException e) {
            throw new BadModelException(config + ": the default model cannot be read from there; unpack it and name its folder (--model DIR)", e);
        }
    }

    /** {@code jar:file:/some/t2i.jar!/dev/t2i/…}. */
    private static PackedModel inJar(URL config) throws IOException {
        String inside = config.getPath();
        Path archive = Path.of(URI.create(inside.substring(0, inside.indexOf("!/"))));
        // A file system of our own: the shared one for the jar would be closed under another user's feet.
        FileSystem jar = FileSystems.newFileSystem(archive);
        return new PackedModel(jar.getPath(PLACE), jar);
    }

    public Path folder() {
        return folder;
    }

    @Override
    public void close() {
        if (jar == null) {
            return;
        }
        try {
            jar.close();
        } catch (IOException _) {
            // Nothing was written; what was read is in memory.
        }
    }
}
