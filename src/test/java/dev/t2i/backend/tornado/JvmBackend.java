package dev.t2i.backend.tornado;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;

/** The TornadoVM backend with its kernels run as Java ({@link JvmDevice}) in place of TornadoVM: everything of it but what TornadoVM and a driver do. */
public final class JvmBackend implements Backend {
    private static final Tornado.Device DEVICE = new Tornado.Device("java", 0, 0, "Java", 1L << 40, 1L << 40, 1 << 16, 1024, null);

    private final LibraryRule libraries;
    private final long mostTemporaries;
    private final Functions functions;

    public JvmBackend() {
        this(LibraryRule.NONE);
    }

    JvmBackend(LibraryRule libraries) {
        this(libraries, DeviceMemory.mostElements(DEVICE));
    }

    JvmBackend(Functions functions) {
        this(LibraryRule.NONE, DeviceMemory.mostElements(DEVICE), functions);
    }

    /** @param mostTemporaries elements of an array for temporaries at most */
    JvmBackend(LibraryRule libraries, long mostTemporaries) {
        this(libraries, mostTemporaries, Functions.DRIVER);
    }

    private JvmBackend(LibraryRule libraries, long mostTemporaries, Functions functions) {
        this.libraries = libraries;
        this.mostTemporaries = mostTemporaries;
        this.functions = functions;
    }

    @Override
    public String name() {
        return "tornado's kernels as Java";
    }

    @Override
    public String description() {
        return name();
    }

    @Override
    public Session open() {
        return new TornadoSession(DEVICE, libraries, (_, stateSize, programs) -> new JvmDevice(stateSize, programs, functions), mostTemporaries);
    }
}
