package dev.t2i.backend;

/** A way to run graphs. Backends are cheap to hold; memory and threads belong to their sessions. */
public interface Backend {
    /** The name that {@code --backend} takes. */
    String name();

    /** What it runs on, for people: processor, vector width, threads, or device. */
    String description();

    /** Opens a place for states and compiled graphs. */
    Session open();
}
