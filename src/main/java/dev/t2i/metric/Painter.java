package dev.t2i.metric;

import java.util.List;

/** Whatever draws pictures from sentences: all that measuring needs to know of a model. */
public interface Painter {
    /** Side of its square pictures in pixels. */
    int size();

    /**
     * Draws one picture for each prompt.
     *
     * @param seeds one for each prompt
     * @return {@code [prompts, size, size, 3]} in [-1, 1], red, green, blue
     */
    float[] paint(List<String> prompts, long[] seeds);
}
