package dev.t2i.backend.tornado;

/**
 * The few device arrays in which everything lies, so that a task graph hands on five objects and not hundreds. All hold F32.
 */
enum Room {
    /** Parameters, optimizer states and averages of the whole session. They stay on the device. */
    STATES,
    /** What lives while a program runs; all programs of a session share it. */
    TEMPORARIES,
    /** What a run is given. */
    INPUTS,
    /** Numbers known when compiling. */
    CONSTANTS,
    /** What a run hands out. */
    OUTPUTS
}
