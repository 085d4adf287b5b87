package dev.t2i.cli;

import picocli.CommandLine.Command;

/** {@code data …}: data sets of pictures with captions. */
@Command(name = "data", description = "Makes and checks data sets of pictures with captions.",
        subcommands = {DataScenesCommand.class, DataCheckCommand.class})
final class DataCommands extends CommandGroup {
}
