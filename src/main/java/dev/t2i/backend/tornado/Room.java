package dev.t2i.backend.tornado;

import java.util.List;
import java.util.stream.Stream;

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
    OUTPUTS,
    /** More of {@link #TEMPORARIES}, where a device gives no array that is large enough for all. Kernels have no parameters for those that are not there. */
    TEMPORARIES_2,
    TEMPORARIES_3,
    TEMPORARIES_4,
    TEMPORARIES_5,
    TEMPORARIES_6,
    TEMPORARIES_7,
    TEMPORARIES_8;

    /** Those for temporaries, in order. */
    static final List<Room> OF_TEMPORARIES = Stream.of(values()).filter(room -> room == TEMPORARIES || room.ordinal() > OUTPUTS.ordinal()).toList();
    /** Those that are always there. */
    static final List<Room> ALWAYS = Stream.of(values()).filter(room -> room.ordinal() <= OUTPUTS.ordinal()).toList();
}
