package dev.t2i.backend.tornado;

import dev.t2i.backend.MemoryNeed;
import dev.t2i.error.BackendException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a session needs of a device's memory, known before anything is allocated there. TornadoVM wants as much of the host's, where each array has a twin.
 *
 * @param states     bytes of states
 * @param temporaries bytes of values between, which programs share, and of the arrays of library calls
 * @param programs   bytes of the programs' inputs, constants and outputs
 * @param largest    of all arrays
 */
record DeviceMemory(long states, long temporaries, long programs, Largest largest) {
    /**
     * An array.
     *
     * @param what  lies in it, for people
     * @param bytes with what TornadoVM puts in front
     */
    record Largest(String what, long bytes) {
        private static final String STATES = "states";

        Largest or(String other, long elements) {
            long size = elements * ELEMENT + HEADER;
            return size > bytes ? new Largest(other, size) : this;
        }

        String remedy() {
            return what.equals(STATES) ? "take a smaller network, or a device that gives larger arrays" : SMALLER;
        }
    }

    /** What to do where an array is too large, or there would be too many. */
    static final String SMALLER = "take a smaller batch (--set batch=N), --set recompute=true or --set accumulate=K, or a device that gives larger arrays";
    /** What to do where all of it is too much. */
    static final String REMEDY = "take a smaller batch (--set batch=N) or smaller pictures, or a device with more";
    /** TornadoVM's own ceiling, whatever the device has. */
    private static final String CEILING = "tornado.device.memory";
    private static final String UNLIMITED = "1024GB";
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([KMGT]?)B?");
    private static final int ELEMENT = 4;
    /** Bytes that TornadoVM puts in front of an array. */
    private static final int HEADER = 24;
    private static final List<Room> PER_PROGRAM = List.of(Room.INPUTS, Room.CONSTANTS, Room.OUTPUTS);

    /** @param stateSize elements of {@link Room#STATES} */
    static DeviceMemory of(long stateSize, List<DeviceProgram> programs) {
        long blocks = Math.ceilDiv(Math.max(1, stateSize), DevicePlan.BLOCK);
        Largest largest = new Largest(Largest.STATES, 0).or(Largest.STATES, blocks * DevicePlan.BLOCK);
        long rest = 0;
        for (DeviceProgram program : programs) {
            for (Room room : PER_PROGRAM) {
                rest += program.size(room);
                largest = largest.or(room.name().toLowerCase(Locale.ROOT), program.size(room));
            }
        }
        long temporaries = 0;
        for (Room room : Room.OF_TEMPORARIES) {
            temporaries += size(room, programs);
            largest = largest.or("temporaries", size(room, programs));
        }
        for (LibraryArray array : LibraryArray.values()) {
            temporaries += librarySize(array, programs);
            largest = largest.or("factors or results for a library", librarySize(array, programs));
        }
        return new DeviceMemory((blocks + 1) * DevicePlan.BLOCK * ELEMENT, temporaries * ELEMENT, rest * ELEMENT, largest);
    }

    /** Elements of an array for temporaries, which programs share. */
    static int size(Room room, List<DeviceProgram> programs) {
        return programs.stream().mapToInt(program -> program.size(room)).max().orElse(0);
    }

    /** How many rooms there are for kernels of all programs. */
    static int rooms(List<DeviceProgram> programs) {
        return programs.stream().mapToInt(DeviceProgram::rooms).max().orElse(Room.ALWAYS.size());
    }

    /** Elements of an array of the device at most: less than the largest that its driver names, and no more than an int counts. */
    static long mostElements(Tornado.Device device) {
        long elements = Math.min(Integer.MAX_VALUE, (device.largestArray() - 1 - HEADER) / ELEMENT);
        return elements / DeviceProgram.ALIGNMENT * DeviceProgram.ALIGNMENT;
    }

    /** Elements of an array for library calls, which programs share. */
    static int librarySize(LibraryArray array, List<DeviceProgram> programs) {
        return programs.stream().mapToInt(program -> program.size(array)).max().orElse(0);
    }

    long total() {
        return states + temporaries + programs;
    }

    /** @throws BackendException if the device cannot have so much, or the host has too little beside it */
    void require(Tornado.Device device) {
        String asked = System.getProperty(CEILING, "4GB");
        long ceiling = bytes(asked);
        if (total() > device.memory()) {
            throw new DeviceMemoryException("%s, %s has %s".formatted(this, device.address(), human(device.memory())), null);
        }
        if (total() > ceiling) {
            throw new DeviceMemoryException("%s, TornadoVM may use %s by -D%s=%s".formatted(this, human(ceiling), CEILING, asked),
                    "raise that in T2I_JAVA_OPTIONS (t2i's own is %s) or take a smaller batch (--set batch=N)".formatted(UNLIMITED), null);
        }
        requireArrays(device, MemoryNeed.hostBytes());
    }

    /**
     * The part of {@link #require} that sums do not show.
     *
     * @param host bytes that this machine has
     */
    void requireArrays(Tornado.Device device, long host) {
        if (largest.bytes >= device.largestArray()) {
            throw new DeviceMemoryException("its %s would be one array of %s, %s gives arrays of less than %s".formatted(
                    largest.what, human(largest.bytes), device.address(), human(device.largestArray())), largest.remedy(), null);
        }
        // A twin of each array, and states where the session keeps them.
        if (total() + states > host) {
            throw new BackendException("this machine has too little memory: %s on the device and %s here, where there is %s; take a smaller batch (--set batch=N)".formatted(
                    this, human(total() + states), human(host)));
        }
    }

    /** As TornadoVM reads it. */
    static long bytes(String size) {
        Matcher matcher = SIZE.matcher(size.strip());
        if (!matcher.matches()) {
            throw new BackendException("-D%s=%s is no size: write such as 8GB".formatted(CEILING, size));
        }
        int prefix = matcher.group(2).isEmpty() ? 0 : "KMGT".indexOf(matcher.group(2)) + 1;
        return Long.parseLong(matcher.group(1)) << 10 * prefix;
    }

    /** Bytes for people. */
    static String human(long bytes) {
        return bytes >= 1L << 30 ? String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30) : bytes >= 1L << 20 ? String.format(Locale.ROOT, "%.1f MiB", bytes / 0x1p20)
                : String.format(Locale.ROOT, "%.0f KiB", bytes / 0x1p10);
    }

    @Override
    public String toString() {
        return "it takes %s (states %s, temporaries %s, inputs and outputs %s)".formatted(human(total()), human(states), human(temporaries), human(programs));
    }
}
