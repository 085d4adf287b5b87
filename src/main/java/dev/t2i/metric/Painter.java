package dev.t2i.metric;

import dev.t2i.image.Picture;
import java.util.List;

/** Whatever draws pictures from sentences: all that measuring needs to know of a model. */
@FunctionalInterface
public interface Painter {
    /**
     * Draws one picture for each prompt.
     *
     * @param seeds one for each prompt
     */
    List<Picture> paint(List<String> prompts, List<Long> seeds);
}
