package dev.t2i.cli;

import dev.t2i.error.OneLine;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import dev.t2i.image.Png;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Prints what a picture says about itself: prompt, seed and model, if this program drew it. */
@Command(name = "info", description = "Prints a picture's metadata: prompt, seed and model, if t2i drew it.")
final class InfoCommand extends T2iCommand {

    @Parameters(paramLabel = "IMAGE.png", description = "The picture.")
    private Path file;

    /** The answer of {@code --json}. */
    record Info(String path, int width, int height, Map<String, String> metadata) {
    }

    @Override
    public Integer call() {
        Map<String, String> text = Png.readText(file);
        Picture picture = PictureFiles.read(file);
        if (json()) {
            printJson(new Info(file.toString(), picture.width(), picture.height(), text));
            return ExitCode.DONE;
        }
        out().printf("%s: %d x %d pixels%n", file, picture.width(), picture.height());
        if (text.isEmpty()) {
            out().println("no metadata");
        }
        text.forEach((key, value) -> out().println(OneLine.of(key) + ": "
                + value.lines().map(OneLine::of).collect(Collectors.joining(System.lineSeparator() + "  "))));
        return ExitCode.DONE;
    }
}
