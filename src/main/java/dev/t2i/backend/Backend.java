package dev.t2i.backend;

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

    /** Opens a place for states and compiled graphs. */
    Session open();
}
