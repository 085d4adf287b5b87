package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import picocli.CommandLine.Option;

/** Where to compute. */
final class BackendOption {

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = Backends.AUTO,
            description = "Where to compute: auto (the fastest of this machine, the default) or a name that 'devices' lists.")
    private String name;

    Backend backend() {
        return Backends.get(name);
    }
}
