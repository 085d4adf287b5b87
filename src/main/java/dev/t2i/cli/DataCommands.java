package dev.t2i.cli;

import picocli.CommandLine.Command;

/** {@code data …}: data sets of pictures with captions. */
@Command(name = "data", description = "Makes, checks and packs data sets of pictures with captions.",
        subcommands = {DataScenesCommand.class, DataCheckCommand.class, DataPackCommand.class})
final class DataCommands extends CommandGroup {
}
