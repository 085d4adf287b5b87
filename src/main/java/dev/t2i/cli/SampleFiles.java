package dev.t2i.cli;

import dev.t2i.TextToImage.Request;
import dev.t2i.error.BadInputException;
import dev.t2i.error.FileTrouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Where the pictures of a run go: decided, and checked, before any is drawn. */
final class SampleFiles {

    private static final String PNG = ".png";
    private static final String SHEET = "grid.png";
    private static final int LONGEST_NAME = 60;

    private final List<Path> pictures;
    private final Path sheet;
    private final boolean single;

    private SampleFiles(List<Path> pictures, Path sheet, boolean single) {
        this.pictures = pictures;
        this.sheet = sheet;
        this.single = single;
    }

    /**
     * Names the files, and refuses those that can't be written.
     *
     * @param out what {@code --out} says, or null
     */
    static SampleFiles plan(Path out, List<Request> requests, boolean grid, boolean force, CommandLine command) {
        boolean oneFile = out != null && !Files.isDirectory(out) && out.toString().toLowerCase(Locale.ROOT).endsWith(PNG);
        if (oneFile && requests.size() > 1 && !grid) {
            throw new ParameterException(command, "--out " + out + " holds one picture, these are " + requests.size()
                    + "; name a folder, or add --grid for one sheet");
        }
        Path folder = out == null ? Path.of("") : out;
        List<Path> pictures = new ArrayList<>();
        for (Request request : requests) {
            pictures.add(oneFile ? out : folder.resolve(slug(request.prompt()) + "-" + request.seed() + PNG));
        }
        Path sheet = oneFile ? out : folder.resolve(SHEET);
        SampleFiles files = new SampleFiles(pictures, sheet, !(oneFile && grid));
        files.requireRoom(force, grid);
        return files;
    }

    private void requireRoom(boolean force, boolean grid) {
        List<Path> written = new ArrayList<>(single ? pictures : List.of());
        if (grid) {
            written.add(sheet);
        }
        Places.requireFolder(written.getFirst().toAbsolutePath().normalize().getParent());
        for (Path file : written) {
            if (Files.isDirectory(file)) {
                throw new BadInputException(file + ": there is a folder of that name; choose another");
            }
            if (!force && Files.exists(file)) {
                throw new BadInputException(file + ": already exists; choose another name, or pass --force to overwrite it");
            }
        }
    }

    /** Where picture {@code i} is found: in a file of its own, or on the sheet where that is all there is. */
    Path picture(int i) {
        return pictures.get(i);
    }

    Path sheet() {
        return sheet;
    }

    /** Whether each picture has a file of its own. */
    boolean single() {
        return single;
    }

    /** The file, whose folder exists now. */
    Path ready(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BadInputException(folder + ": cannot be created, " + FileTrouble.reason(e), e);
        }
        return file;
    }

    /** A prompt as part of a file name: letters and digits that every file system takes, dashes between. */
    static String slug(String prompt) {
        String plain = Normalizer.normalize(prompt, Normalizer.Form.NFD).replaceAll("\\p{M}+", "").toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        if (plain.length() > LONGEST_NAME) {
            int end = plain.lastIndexOf('-', LONGEST_NAME);
            plain = plain.substring(0, end > 0 ? end : LONGEST_NAME);
        }
        return plain.isEmpty() ? "picture" : plain;
    }
}
