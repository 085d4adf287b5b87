package dev.t2i.data;

import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.Scene;

import java.util.Optional;

/**
 * What belongs to a loaded picture.
 *
 * @param caption a sentence that fits it
 * @param wrongCaption the same sentence with one attribute changed, so that it no longer fits; only where attributes are known
 * @param attributes what the picture shows and what the sentences say of it; only where attributes are known
 */
public record Example(String caption, Optional<String> wrongCaption, Optional<Attributes> attributes) {
    /**
     * @param caption {@link Example#caption} with its facts
     * @param wrong {@link Example#wrongCaption} with its facts
     */
    public record Attributes(Scene scene, Caption caption, Caption wrong) {}

    static Example plain(String caption) {
        return new Example(caption, Optional.empty(), Optional.empty());
    }
}
