package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import java.util.List;
import java.util.Map;

/** A way to run graphs. Backends are cheap to hold; memory and threads belong to their sessions. */
public interface Backend {
    /** The name that {@code --backend} takes. */
    String name();

    /** What it runs on, for people: processor, vector width, threads, or device. */
    String description();

    /**
     * Whether compiling a graph takes so long that one made for more rows than are at hand had better be used again, as on devices, where every
     * kernel is compiled by a driver.
     */
    default boolean compilesSlowly() {
        return false;
    }

    /** What a session with those states and graphs would take of the memory that is scarce here, without opening one. */
    default MemoryNeed need(Map<String, TensorType> states, List<Graph> graphs) {
        return MemoryNeed.onHost(states, graphs);
    }

    /** Opens a place for states and compiled graphs. */
    Session open();
}
