package dev.t2i.cli;

import picocli.CommandLine.Command;

/** {@code model …}: what can be asked of a model folder. */
@Command(name = "model", description = "Tells about model folders, and converts them.", subcommands = {ModelInfoCommand.class, ModelExportCommand.class,
    ModelConvertCommand.class})
final class ModelCommands extends CommandGroup {
}
