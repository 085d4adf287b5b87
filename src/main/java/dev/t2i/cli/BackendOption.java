package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.backend.DumpingBackend;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where to compute. */
final class BackendOption {

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = Backends.AUTO,
            description = "Where to compute: auto (the fastest of this machine, the default) or a name that 'devices' lists.")
    private String name;

    @Option(names = "--dump-graph", paramLabel = "DIR",
            description = "Write every graph that is compiled, as traced and as it runs, into a new folder: a line a value.")
    private Path dumps;

    Backend backend() {
        Backend backend = Backends.get(name);
        return dumps == null ? backend : new DumpingBackend(backend, dumps);
    }
}
