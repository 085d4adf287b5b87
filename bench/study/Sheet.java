import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * The study's pictures side by side, of those that bench/study/run.sh left: for a seed a row for each system, for a system a row for each seed;
 * a column for each prompt.
 *
 * <p>{@code java bench/study/Sheet.java FOLDER SEED|SYSTEM SHEET.png}
 */
final class Sheet {
    private static final int CELL = 96;
    private static final int GAP = 4;
    private static final int NAMES = 170;

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        if (!Files.isDirectory(folder)) {
            System.err.println("Sheet: " + folder + ": there is no such folder; bench/study/run.sh makes one");
            System.exit(4);
        }
        boolean ofSeed = arguments[1].matches("\\d+");
        Pattern wanted = Pattern.compile(ofSeed ? "(.+)-" + arguments[1] + "-pictures" : Pattern.quote(arguments[1]) + "-(\\d+)-pictures");
        List<Path> rows = listed(folder, f -> wanted.matcher(f.getFileName().toString()).matches(), Comparator.naturalOrder());
        if (rows.isEmpty()) {
            System.err.println("Sheet: " + folder + " has no pictures of seed or system '" + arguments[1] + "'; bench/study/run.sh makes them");
            System.exit(3);
        }
        int columns = pictures(rows.getFirst()).size();
        BufferedImage sheet = new BufferedImage(NAMES + columns * (CELL + GAP), rows.size() * (CELL + GAP), BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = sheet.createGraphics();
        canvas.setColor(Color.WHITE);
        canvas.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        canvas.setColor(Color.BLACK);
        canvas.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        for (int row = 0; row < rows.size(); row++) {
            int top = row * (CELL + GAP);
            Matcher name = wanted.matcher(rows.get(row).getFileName().toString());
            name.matches();
            canvas.drawString(ofSeed ? name.group(1) : "seed " + name.group(1), GAP, top + CELL / 2);
            List<Path> pictures = pictures(rows.get(row));
            for (int column = 0; column < pictures.size(); column++) {
                canvas.drawImage(ImageIO.read(pictures.get(column).toFile()), NAMES + column * (CELL + GAP), top, CELL, CELL, null);
            }
        }
        canvas.dispose();
        ImageIO.write(sheet, "png", Path.of(arguments[2]).toFile());
    }

    /** In the order of their seeds, which follow the prompts and end their names. */
    private static List<Path> pictures(Path folder) throws IOException {
        return listed(folder, f -> f.toString().endsWith(".png"),
                Comparator.comparingLong(f -> Long.parseLong(f.getFileName().toString().replaceFirst("^.*-(\\d+)\\.png$", "$1"))));
    }

    private static List<Path> listed(Path folder, Predicate<Path> wanted, Comparator<Path> order) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(wanted).sorted(order).toList();
        }
    }
}
