package dev.t2i.bench;

import dev.t2i.error.BackendException;
import dev.t2i.image.Picture;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Figures as grouped bars, a panel for each suite and unit, a colour for each backend; machine and devices stand above. */
public final class Chart {
    private static final int WIDTH = 1100;
    private static final int MARGIN = 24;
    private static final int SQUARE = 12;
    private static final int GAP = 10;
    static final String FACE = Font.SANS_SERIF;
    private static final Font TITLE = new Font(FACE, Font.BOLD, 20);
    private static final Font TEXT = new Font(FACE, Font.PLAIN, 13);
    /** Told apart by people who see few colours, too (Okabe and Ito 2008). */
    private static final List<Color> COLOURS = List.of(new Color(0x0072B2), new Color(0xE69F00), new Color(0x009E73), new Color(0xCC79A7),
            new Color(0x56B4E9), new Color(0xD55E00), new Color(0xF0E442), new Color(0x555555));
    static final Color LIMIT_COLOUR = new Color(0xB8B8B8);
    private static final Color INK = new Color(0x222222);
    private static final Color ALARM = new Color(0xB00020);

    private final String machine;
    private final List<Contestant> contestants;
    private final Comparison.Outcome outcome;
    private final int threads;

    /** @param threads as the limits were measured with */
    public Chart(String machine, List<Contestant> contestants, Comparison.Outcome outcome, int threads) {
        this.machine = machine;
        this.contestants = contestants;
        this.outcome = outcome;
        this.threads = threads;
    }

    /**
     * Looks whether text can be drawn at all.
     *
     * @throws BackendException if Java finds no font, as in containers that have none
     */
    public static void requireFonts() {
        try {
            Graphics2D graphics = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
            graphics.getFontMetrics(TEXT).stringWidth("t2i");
            graphics.dispose();
        } catch (RuntimeException | LinkageError | InternalError e) {
            throw new BackendException("a chart needs a font and Java finds none here (%s): install fontconfig and a font such as DejaVu"
                    .formatted(e.getMessage()), e);
        }
    }

    /** The chart as a picture. */
    public Picture draw() {
        List<Panel> panels = panels();
        int head = head(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics());
        int height = head + panels.stream().mapToInt(Panel::height).sum() + MARGIN;
        BufferedImage image = new BufferedImage(WIDTH, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, WIDTH, height);
        int y = head(graphics);
        for (Panel panel : panels) {
            Graphics2D part = (Graphics2D) graphics.create(0, y, WIDTH, panel.height());
            panel.paint(part, WIDTH);
            part.dispose();
            y += panel.height();
        }
        graphics.dispose();
        return Picture.of(image);
    }

    private List<Panel> panels() {
        Map<String, List<Measurement>> groups = new LinkedHashMap<>();
        for (Measurement measurement : outcome.measurements()) {
            groups.computeIfAbsent(measurement.suite() + measurement.unit(), _ -> new ArrayList<>()).add(measurement);
        }
        List<String> labels = contestants.stream().map(Contestant::label).toList();
        // Bars of all panels begin at the same place.
        FontMetrics metrics = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics().getFontMetrics(Panel.NAMES);
        int widest = outcome.measurements().stream().mapToInt(measurement -> metrics.stringWidth(measurement.name())).max().orElse(0);
        return groups.values().stream().map(group -> new Panel(group, labels, COLOURS, widest)).toList();
    }

    /** Draws title, machine, agreement and legend, and returns where they end. */
    private int head(Graphics2D graphics) {
        graphics.setColor(INK);
        graphics.setFont(TITLE);
        int y = MARGIN + graphics.getFontMetrics().getAscent();
        graphics.drawString("t2i bench: " + String.join(", ", contestants.stream().map(Contestant::label).toList()), MARGIN, y);
        y += GAP / 2;
        graphics.setFont(TEXT);
        y = lines(graphics, machine, MARGIN, y);
        int disagreements = outcome.disagreements().size();
        if (disagreements > 0) {
            graphics.setColor(ALARM);
            y = lines(graphics, "%d figure%s: results disagree with those of %s".formatted(disagreements, disagreements == 1 ? "" : "s",
                    outcome.reference().orElseThrow()), MARGIN, y);
        } else if (outcome.reference().isPresent()) {
            y = lines(graphics, "All results agree with those of %s.".formatted(outcome.reference().get()), MARGIN, y);
        }
        y += GAP;
        for (int i = 0; i < contestants.size(); i++) {
            Contestant contestant = contestants.get(i);
            y = legend(graphics, COLOURS.get(i % COLOURS.size()), contestant.label() + ": " + contestant.backend().description(), y);
        }
        if (outcome.limits().isPresent()) {
            y = legend(graphics, LIMIT_COLOUR, "measured limits (dashed lines, grey bars): " + outcome.limits().get().toString(threads), y);
        }
        return y + GAP;
    }

    private static int legend(Graphics2D graphics, Color colour, String text, int y) {
        int line = graphics.getFontMetrics(TEXT).getHeight() + 1;
        graphics.setColor(colour);
        graphics.fillRect(MARGIN, y + (line - SQUARE) / 2 + 2, SQUARE, SQUARE);
        graphics.setColor(INK);
        return lines(graphics, text, MARGIN + SQUARE + GAP, y);
    }

    /** Draws text over as many lines as it needs, below {@code y}, and returns where it ends. */
    private static int lines(Graphics2D graphics, String text, int x, int y) {
        FontMetrics metrics = graphics.getFontMetrics(TEXT);
        int below = y;
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (!line.isEmpty() && metrics.stringWidth(line + " " + word) > WIDTH - MARGIN - x) {
                below += metrics.getHeight() + 1;
                graphics.drawString(line.toString(), x, below);
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        below += metrics.getHeight() + 1;
        graphics.drawString(line.toString(), x, below);
        return below;
    }
}
