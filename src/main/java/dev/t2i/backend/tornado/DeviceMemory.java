package dev.t2i.backend.tornado;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a session needs of a device's memory, known before anything is allocated there.
 *
 * @param states     bytes of states
 * @param temporaries bytes of values between, which programs share, and of the arrays of library calls
 * @param programs   bytes of the programs' inputs, constants and outputs
 */
record DeviceMemory(long states, long temporaries, long programs) {
    static final String REMEDY = "take a smaller batch (--set batch=N) or smaller pictures, or a device with more";
    /** TornadoVM's own ceiling, whatever the device has. */
    private static final String CEILING = "tornado.device.memory";
    private static final String UNLIMITED = "1024GB";
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([KMGT]?)B?");
    private static final int ELEMENT = 4;

    /** @param stateSize elements of {@link Room#STATES} */
    static DeviceMemory of(long stateSize, List<DeviceProgram> programs) {
        long temporaries = 0;
        long rest = 0;
        for (DeviceProgram program : programs) {
            temporaries = Math.max(temporaries, program.size(Room.TEMPORARIES));
            rest += (long) program.size(Room.INPUTS) + program.size(Room.CONSTANTS) + program.size(Room.OUTPUTS);
        }
        for (LibraryArray array : LibraryArray.values()) {
            temporaries += librarySize(array, programs);
        }
        long blocks = Math.ceilDiv(Math.max(1, stateSize), DevicePlan.BLOCK) + 1;
        return new DeviceMemory(blocks * DevicePlan.BLOCK * ELEMENT, temporaries * ELEMENT, rest * ELEMENT);
    }

    /** Elements of an array for library calls, which programs share. */
    static int librarySize(LibraryArray array, List<DeviceProgram> programs) {
        return programs.stream().mapToInt(program -> program.size(array)).max().orElse(0);
    }

    long total() {
        return states + temporaries + programs;
    }

    /** @throws DeviceMemoryException if the device cannot have so much */
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
    }

    /** As TornadoVM reads it. */
    static long bytes(String size) {
        Matcher matcher = SIZE.matcher(size.strip());
        if (!matcher.matches()) {
            throw new dev.t2i.error.BackendException("-D%s=%s is no size: write such as 8GB".formatted(CEILING, size));
        }
        int prefix = matcher.group(2).isEmpty() ? 0 : "KMGT".indexOf(matcher.group(2)) + 1;
        return Long.parseLong(matcher.group(1)) << 10 * prefix;
    }

    /** Bytes for people. */
    static String human(long bytes) {
        return bytes >= 1L << 30 ? "%.1f GiB".formatted(bytes / 0x1p30) : bytes >= 1L << 20 ? "%.1f MiB".formatted(bytes / 0x1p20)
                : "%.0f KiB".formatted(bytes / 0x1p10);
    }

    @Override
    public String toString() {
        return "it takes %s (states %s, temporaries %s, inputs and outputs %s)".formatted(human(total()), human(states), human(temporaries), human(programs));
    }
}
