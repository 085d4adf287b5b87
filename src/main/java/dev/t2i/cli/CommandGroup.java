package dev.t2i.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A command that only holds others, as {@code model} holds {@code model info}. */
@Command(
        synopsisSubcommandLabel = "COMMAND",
        descriptionHeading = "%n",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        usageHelpAutoWidth = true)
abstract class CommandGroup {

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and end.")
    private boolean help;
}
