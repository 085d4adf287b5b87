package dev.t2i.cli;

import dev.t2i.DefaultModel;
import dev.t2i.error.BadInputException;
import java.nio.file.Path;

/** What a model is called on the command line and in configurations: a folder, or {@code default}. */
final class ModelLocation {
    static final String DEFAULT = "default";

    private ModelLocation() {}

    /** The folder of a model; {@code default} is the one that ships. */
    static Path resolve(String name) {
        if (name.isBlank()) {
            throw new BadInputException("the name of the model is empty; name a folder, or " + DEFAULT);
        }
        return name.equals(DEFAULT) ? DefaultModel.folder() : Path.of(name);
    }
}
