package dev.t2i.image;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Many pictures on one sheet, row by row, each with its caption beneath if there are any. */
public final class ContactSheet {
    private static final Color PAPER = new Color(0xFCFCFA);
    private static final Color INK = new Color(0x2A2A2E);
    private static final int MAX_LINES = 8;

    private final int columns;
    private final int cell;

    /**
     * @param columns pictures in a row, or 0 for about as many as there are rows
     * @param cell side of a picture on the sheet in pixels, or 0 for the size of the first one
     */
    public ContactSheet(int columns, int cell) {
        if (columns < 0 || cell < 0) {
            throw new IllegalArgumentException("columns and cell are at least 0, not " + columns + " and " + cell);
        }
        this.columns = columns;
        this.cell = cell;
    }

    /** Whether this machine can draw captions; a bare Linux without fontconfig cannot. */
    public static boolean hasFonts() {
        return Fonts.AVAILABLE;
    }

    /**
     * @param captions one for each picture, or empty
     * @throws ImageException where captions are asked for and this machine has no font
     */
    public Picture draw(List<Picture> pictures, List<String> captions) {
        if (pictures.isEmpty()) {
            throw new IllegalArgumentException("a sheet needs pictures");
        }
        if (!captions.isEmpty() && captions.size() != pictures.size()) {
            throw new IllegalArgumentException(pictures.size() + " pictures and " + captions.size() + " captions");
        }
        if (!captions.isEmpty() && !hasFonts()) {
            throw new ImageException("captions need a font: install fontconfig and a font such as DejaVu, or leave captions out");
        }
        int side = cell > 0 ? cell : Math.max(pictures.getFirst().width(), pictures.getFirst().height());
        int across = columns > 0 ? Math.min(columns, pictures.size()) : (int) Math.ceil(Math.sqrt(pictures.size()));
        int down = (pictures.size() + across - 1) / across;
        int gap = Math.max(2, side / 16);
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, Math.clamp(side / 10, 10, 18));
        List<List<String>> lines = captions.isEmpty() ? List.of() : wrap(captions, font, side);
        int lineHeight = captions.isEmpty() ? 0 : font.getSize() * 5 / 4;
        int[] tops = new int[down + 1];
        tops[0] = gap;
        for (int row = 0; row < down; row++) {
            int most = 0;
            for (int i = row * across; i < Math.min(lines.size(), (row + 1) * across); i++) {
                most = Math.max(most, lines.get(i).size());
            }
            tops[row + 1] = tops[row] + side + gap + (most == 0 ? 0 : most * lineHeight + gap);
        }
        BufferedImage sheet = new BufferedImage(gap + across * (side + gap), tops[down], BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = sheet.createGraphics();
        graphics.setColor(PAPER);
        graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        for (int i = 0; i < pictures.size(); i++) {
            int left = gap + i % across * (side + gap);
            int top = tops[i / across];
            place(graphics, pictures.get(i), left, top, side);
            if (!lines.isEmpty()) {
                graphics.setColor(INK);
                graphics.setFont(font);
                int baseline = top + side + gap / 2 + font.getSize();
                for (String line : lines.get(i)) {
                    graphics.drawString(line, left, baseline);
                    baseline += lineHeight;
                }
            }
        }
        graphics.dispose();
        return Picture.of(sheet);
    }

    /** Fits a picture into its cell, centred, keeping its shape. */
    private static void place(Graphics2D graphics, Picture picture, int left, int top, int side) {
        double scale = (double) side / Math.max(picture.width(), picture.height());
        int width = Math.max(1, (int) Math.round(picture.width() * scale));
        int height = Math.max(1, (int) Math.round(picture.height() * scale));
        Picture fitted = Resize.to(picture, width, height, Resize.Filter.CUBIC);
        graphics.drawImage(fitted.toBufferedImage(), left + (side - width) / 2, top + (side - height) / 2, null);
    }

    private static List<List<String>> wrap(List<String> captions, Font font, int width) {
        Graphics2D scratch = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        scratch.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        FontMetrics metrics = scratch.getFontMetrics(font);
        List<List<String>> all = new ArrayList<>();
        for (String caption : captions) {
            all.add(wrap(caption, metrics, width));
        }
        scratch.dispose();
        return all;
    }

    private static List<String> wrap(String caption, FontMetrics metrics, int width) {
        List<String> lines = new ArrayList<>();
        String line = "";
        for (String word : caption.strip().split("\\s+")) {
            String longer = line.isEmpty() ? word : line + " " + word;
            if (!line.isEmpty() && metrics.stringWidth(longer) > width) {
                lines.add(line);
                longer = word;
            }
            line = longer;
        }
        lines.add(line);
        boolean cut = lines.size() > MAX_LINES;
        List<String> kept = new ArrayList<>(lines.subList(0, Math.min(lines.size(), MAX_LINES)));
        for (int i = 0; i < kept.size(); i++) {
            kept.set(i, shorten(kept.get(i), metrics, width, cut && i == MAX_LINES - 1));
        }
        return kept;
    }

    /** Cuts what is too wide, and says with an ellipsis that something is missing. */
    private static String shorten(String line, FontMetrics metrics, int width, boolean more) {
        if (!more && metrics.stringWidth(line) <= width) {
            return line;
        }
        int end = line.length();
        while (end > 0 && metrics.stringWidth(line.substring(0, end).stripTrailing() + "…") > width) {
            end = line.offsetByCodePoints(end, -1);
        }
        return line.substring(0, end).stripTrailing() + "…";
    }

    /** Asked once: without fontconfig Java fails with errors of many kinds on the first text. */
    private static final class Fonts {
        static final boolean AVAILABLE = probe();

        private static boolean probe() {
            try {
                Graphics2D graphics = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
                int width = graphics.getFontMetrics(new Font(Font.SANS_SERIF, Font.PLAIN, 12)).stringWidth("x");
                graphics.dispose();
                return width > 0;
            } catch (RuntimeException | LinkageError | InternalError e) {
                return false;
            }
        }
    }
}
