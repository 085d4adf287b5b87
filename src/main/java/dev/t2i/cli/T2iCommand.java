package dev.t2i.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.t2i.backend.Backend;
import dev.t2i.error.BadInputException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What every command has: {@code --help}, {@code --json}, {@code --verbose}, results on standard output, the rest on standard
 * error. A command throws; {@link Main} turns what it throws into a line and an exit code.
 */
@Command(
        sortOptions = false,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        usageHelpAutoWidth = true,
        separator = " ")
abstract class T2iCommand implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper().disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", order = 100, description = "Print one JSON object on standard output, and nothing else there.")
    private boolean json;

    @Option(names = "--verbose", order = 101, description = "Say more on standard error; show where an error came from.")
    private boolean verbose;

    @Option(names = {"-h", "--help"}, order = 102, usageHelp = true, description = "Show this help and end.")
    private boolean help;

    /** Does the work and returns the exit code. */
    @Override
    public abstract Integer call() throws Exception;

    final boolean json() {
        return json;
    }

    final boolean verbose() {
        return verbose;
    }

    final CommandSpec spec() {
        return spec;
    }

    /** Results. */
    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Progress and logs. */
    final PrintWriter log() {
        return spec.commandLine().getErr();
    }

    /** The backend itself, told of where more is to be said. */
    final Backend named(Backend backend) {
        if (verbose) {
            log().println("backend " + backend.name() + ", " + backend.description());
        }
        return backend;
    }

    /** Prints {@code result} (a record, map or tree) as the one JSON object of this run. */
    final void printJson(Object result) {
        try {
            out().println(JSON.writeValueAsString(result));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("can't write the result as JSON", e);
        }
    }

    /** Refuses to write over what is there already, unless told to. An empty folder is free. */
    static void requireFree(Path path, boolean force) throws java.io.IOException {
        if (force || !Files.exists(path)) {
            return;
        }
        if (Files.isDirectory(path)) {
            try (var children = Files.list(path)) {
                if (children.findAny().isEmpty()) {
                    return;
                }
            }
            throw new BadInputException(path + ": the folder is not empty; choose another, or pass --force to write into it");
        }
        throw new BadInputException(path + ": already exists; choose another name, or pass --force to overwrite it");
    }
}
