package dev.t2i;

import dev.t2i.error.BadModelException;
import dev.t2i.gan.ShippedFolder;
import java.nio.file.Path;

/** The model that ships with the program, as a folder on the class path or inside the jar. */
public final class DefaultModel {
    private static final String RESOURCE = "/weights/default/config.json";

    private DefaultModel() {}

    /**
     * The folder, readable like any other; inside a jar it belongs to a file system of its own, see {@link ShippedFolder#of}.
     *
     * @throws BadModelException when this build was packed without a model, or it lies where it can't be read
     */
    public static Path folder() {
        return ShippedFolder.of(RESOURCE).orElseThrow(() -> new BadModelException(
                "this build of t2i has no default model inside; name one with --model DIR, or train one with configs/scenes-64.yaml"));
    }
}
