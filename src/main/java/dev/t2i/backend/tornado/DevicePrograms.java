package dev.t2i.backend.tornado;

import dev.t2i.backend.Profiled.RunProfile;
import java.lang.foreign.MemorySegment;

/** A session's programs where they run, and its states. Programs are known by their numbers, states by elements of {@link Room#STATES}. */
interface DevicePrograms extends AutoCloseable {
    /** What a program is given. */
    MemorySegment inputs(int program);

    /** What it handed out last. */
    MemorySegment outputs(int program);

    void run(int program);

    /** Runs as {@link #run} does, with TornadoVM's profiler on. */
    RunProfile profile(int program);

    /** What is carried into or out of a block of the states. */
    interface Cargo {
        /** Elements {@code from} to {@code to} of the states are those of {@code block} from index {@code at} on. */
        void move(MemorySegment block, long at, long from, long to);
    }

    /** Carries elements {@code from} to {@code to} of the states to the device, block by block, as {@code cargo} puts them there. */
    void write(long from, long to, Cargo cargo);

    /** Carries elements of the states home, whole blocks of {@link DevicePlan#BLOCK}, as many as {@code from} to {@code to} lie in. */
    void read(long from, long to, Cargo cargo);

    /** Memory that this takes on the device, in bytes. */
    long deviceBytes();

    @Override
    void close();
}
