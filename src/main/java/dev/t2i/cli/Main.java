package dev.t2i.cli;

import dev.t2i.Provenance;
import dev.t2i.backend.tornado.DriverOutput;
import dev.t2i.error.OneLine;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code t2i}. Run it through the launcher, which starts a JVM with the flags that the backends need. */
@Command(
        name = "t2i",
        header = "Pictures from text.",
        synopsisHeading = "%nUsage: ",
        customSynopsis = "t2i COMMAND [OPTIONS]",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        usageHelpAutoWidth = true,
        versionProvider = Main.Version.class,
        footerHeading = "%n",
        footer = {
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad input or data, 4 bad model,",
            "5 backend, device or memory, 130 interrupted.",
            "",
            "Environment: T2I_JAVA_HOME names the JDK (25 or later) to run on,",
            "T2I_JAVA_OPTIONS holds further JVM options, such as \"-Xmx4g\".",
            "",
            "'t2i COMMAND --help' tells what a command takes."
        })
public final class Main {

    private static final Pattern CHOICES = Pattern.compile("expected one of \\[([A-Z0-9_, ]+)] \\(case-insensitive\\)");

    @CommandLine.Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and end.")
    private boolean help;

    @CommandLine.Option(names = {"-V", "--version"}, versionHelp = true, description = "Print the version and end.")
    private boolean version;

    private Main() {
    }

    public static void main(String[] args) {
        // Figures, and names that hold them, are for other programs as well.
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
        // Scenes are drawn with Java2D, which must not look for a screen.
        System.setProperty("java.awt.headless", "true");
        Interruption.listen();
        Interruption.followLauncher();
        DriverOutput.begin();
        int exitCode = run(args, writer(FileDescriptor.out), writer(FileDescriptor.err));
        Interruption.finished();
        System.exit(exitCode);
    }

    /** Runs a command line and returns its exit code; never throws. */
    static int run(String[] args, PrintWriter out, PrintWriter err) {
        int exitCode;
        try {
            exitCode = commandLine(out, err).execute(args);
        } catch (Throwable e) {
            // picocli hands exceptions to the handler, but lets errors (out of memory) through.
            exitCode = report(e, "t2i", List.of(args).contains("--verbose"), err);
        }
        // Writers keep silent about a full disk or a closed pipe; a script must not take half a result for a whole one.
        if (out.checkError() && exitCode == ExitCode.DONE) {
            err.println("t2i: the result could not be written to standard output; is its disk full, or its reader gone?");
            exitCode = ExitCode.FAILED;
        }
        err.flush();
        return exitCode;
    }

    private static CommandLine commandLine(PrintWriter out, PrintWriter err) {
        CommandLine commandLine = new CommandLine(new Main());
        for (Object command : commands()) {
            commandLine.addSubcommand(command);
        }
        return commandLine
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setSeparator("=")
                // Help shows a blank where a person types one; "=" is understood as well.
                .setHelpFactory((spec, scheme) -> {
                    spec.parser().separator(" ");
                    return new CommandLine.Help(spec, scheme);
                })
                // A prompt may begin with @, and must not read files then.
                .setExpandAtFiles(false)
                .registerConverter(Path.class, new PathConverter())
                .setExecutionStrategy(Main::execute)
                .setParameterExceptionHandler((e, _) -> reportUsage(e))
                .setExecutionExceptionHandler((e, command, _) ->
                        report(e, command.getCommandSpec().qualifiedName(), command.getParseResult().hasMatchedOption("--verbose"), err));
    }

    /** In the order in which the help lists them. */
    private static List<Object> commands() {
        return List.of(new SampleCommand(), new EncodeCommand(), new CompleteCommand(), new PretrainCommand(), new TrainCommand(),
                new EvalCommand(), new FidCommand(), new DataCommands(),
                new ModelCommands(), new BenchCommand(), new DevicesCommand(), new InfoCommand());
    }

    /** The names of all commands. */
    static List<String> commandNames() {
        return commands().stream().map(command -> new CommandLine(command).getCommandName()).toList();
    }

    private static int execute(CommandLine.ParseResult parsed) {
        CommandLine last = parsed.asCommandLineList().getLast();
        boolean helpAsked = last.isUsageHelpRequested() || last.isVersionHelpRequested();
        if (!helpAsked && !last.getSubcommands().isEmpty()) {
            throw new ParameterException(last, "no command given");
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private static int reportUsage(ParameterException e) {
        String name = e.getCommandLine().getCommandSpec().qualifiedName();
        e.getCommandLine().getErr().println(name + ": " + usageLine(e) + "; see '" + name + " --help'");
        return ExitCode.USAGE;
    }

    /** picocli's message on one line, in the words of people who don't know Java. */
    private static String usageLine(ParameterException e) {
        String message = OneLine.of(e.getMessage(), Failure.LONGEST).replaceFirst("^Error: ", "")
                .replaceAll("(--[a-z-]+)=(?=[A-Z])", "$1 ")
                .replaceAll("is not an? (int|long|short|byte)\\b", "is not a whole number")
                .replaceAll("is not an? (float|double)\\b", "is not a number");
        Matcher choices = CHOICES.matcher(message);
        message = lowerFirst(choices.replaceAll(found -> "expected one of " + found.group(1).toLowerCase(Locale.ROOT)));
        if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()) {
            String nearest = unmatched.getSuggestions().getFirst().replaceFirst("=?<.*", "");
            return message + ", did you mean '" + nearest + "'?";
        }
        return message;
    }

    private static String lowerFirst(String text) {
        return Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }

    private static int report(Throwable thrown, String name, boolean verbose, PrintWriter err) {
        Failure failure = Failure.of(thrown);
        err.println(name + ": " + failure.line());
        if (verbose) {
            thrown.printStackTrace(err);
        }
        return failure.exitCode();
    }

    /** UTF-8, as scripts and JSON expect, except for a terminal that wants something else. */
    private static PrintWriter writer(FileDescriptor descriptor) {
        Console console = System.console();
        Charset charset = console != null && console.isTerminal() ? console.charset() : StandardCharsets.UTF_8;
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), charset), true);
    }

    /** The version that the build wrote beside the classes. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            return new String[] {Provenance.program() + ", Java " + Runtime.version()};
        }
    }
}
