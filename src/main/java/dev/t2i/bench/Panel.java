package dev.t2i.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.HorizontalBarStyler;

/**
 * The bars of a suite's figures in one unit: a group for each figure, a bar for each backend, and for the limit a grey line where it is the
 * same for all of them, else a grey bar in each group.
 */
final class Panel {
    /** Between the least and the largest value, from which on a linear scale would hide the least. */
    private static final double DECADES = 20;
    private static final int BAR = 11;
    private static final int BETWEEN = 9;
    private static final int FRAME = 90;
    private static final int LEAST_HEIGHT = 150;
    /** The part of the plot between the first and the last mark of an axis; with all of it the first would have no number. */
    private static final double CONTENT = 0.98;
    /** Between the names and the bars. */
    private static final int AXIS = 26;
    /** Room on the right for the largest value's label, as a part of the axis. */
    private static final double LABEL_ROOM = 0.08;
    private static final double OUTSIDE = 1.1;
    private static final Color GRID = new Color(0xE8E8E8);
    private static final BasicStroke LINE = new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {6, 4}, 0);
    private static final Font TITLE = new Font(Chart.FACE, Font.BOLD, 15);
    private static final Font SMALL = new Font(Chart.FACE, Font.PLAIN, 10);
    static final Font NAMES = new Font(Chart.FACE, Font.PLAIN, 12);

    private final List<Measurement> measurements;
    private final List<String> names;
    private final List<String> labels;
    private final List<Color> colours;
    private final List<Double> limits;
    private final int widest;

    /**
     * @param measurements of one suite and one unit
     * @param labels of the backends, in their order
     * @param colours of the backends, taken in turn
     * @param widest pixels that names take in {@link #NAMES}, in any panel
     */
    Panel(List<Measurement> measurements, List<String> labels, List<Color> colours, int widest) {
        this.measurements = measurements;
        this.names = measurements.stream().map(Measurement::name).distinct().toList();
        this.labels = labels;
        this.colours = colours;
        this.widest = widest;
        this.limits = measurements.stream().map(Measurement::limit).flatMap(Optional::stream).distinct().toList();
    }

    int height() {
        return Math.max(LEAST_HEIGHT, FRAME + names.size() * group());
    }

    private int group() {
        return BAR * (labels.size() + (limits.size() > 1 ? 1 : 0)) + BETWEEN;
    }

    void paint(Graphics2D graphics, int width) {
        Measurement any = measurements.getFirst();
        boolean duration = any.unit().equals(Work.MILLISECONDS);
        double largest = measurements.stream().mapToDouble(m -> Math.max(m.value(), m.limit().orElse(0.0))).max().orElseThrow();
        double least = measurements.stream().mapToDouble(m -> Math.min(m.value(), m.limit().orElse(m.value()))).min().orElseThrow();
        boolean logarithmic = isLogarithmic(least, largest);
        HorizontalBarChart chart = new HorizontalBarChartBuilder().width(width).height(height())
                .title("%s, %s: %s is faster%s".formatted(any.suite().key(), any.unit(), duration ? "shorter" : "longer",
                        logarithmic ? " (logarithmic)" : "")).build();
        style(chart.getStyler());
        if (logarithmic) {
            // Not at the least value itself, whose bar would have no length.
            double from = Math.pow(10, Math.floor(Math.log10(least / 1.3)));
            chart.getStyler().setXAxisLogarithmic(true).setXAxisMin(from).setXAxisMax(largest * Math.pow(largest / from, LABEL_ROOM));
        } else {
            chart.getStyler().setXAxisMin(0.0).setXAxisMax(largest * (1 + LABEL_ROOM));
        }
        for (int i = 0; i < labels.size(); i++) {
            String label = labels.get(i);
            series(chart, label, colours.get(i % colours.size()), m -> m.backend().equals(label) ? Optional.of(m.value()) : Optional.empty());
        }
        if (limits.size() > 1) {
            series(chart, "limit", Chart.LIMIT_COLOUR, Measurement::limit);
        }
        limits.stream().limit(limits.size() == 1 ? 1 : 0).forEach(limit -> chart.addAnnotation(new AnnotationLine(limit, true, false)));
        chart.paint(graphics, width, height());
    }

    static boolean isLogarithmic(double least, double largest) {
        return least > 0 && largest / least >= DECADES;
    }

    private void series(HorizontalBarChart chart, String label, Color colour, Function<Measurement, Optional<Double>> value) {
        List<Double> values = new ArrayList<>();
        for (String name : names) {
            values.add(measurements.stream().filter(m -> m.name().equals(name)).map(value).flatMap(Optional::stream).findFirst().orElse(null));
        }
        chart.addSeries(label, values, names).setFillColor(colour);
    }

    private void style(HorizontalBarStyler styler) {
        styler.setAvailableSpaceFill(1 - (double) BETWEEN / group());
        styler.setLabelsVisible(true).setLabelsFont(SMALL).setLabelsPosition(OUTSIDE);
        styler.setXAxisTickLabelsFormattingFunction(Panel::digits);
        styler.setAxisTickLabelsFont(NAMES).setAxisTitlesVisible(false).setPlotGridHorizontalLinesVisible(false);
        styler.setAnnotationLineColor(Chart.LIMIT_COLOUR).setAnnotationLineStroke(LINE);
        // Else names are left out where groups are lower than numbers on the other axis are wide; one is a number that it refuses.
        styler.setXAxisMaxLabelCount(Math.max(2, names.size())).setYAxisLabelAlignment(AxesChartStyler.TextAlignment.Right);
        styler.setPlotGridLinesColor(GRID).setPlotContentSize(CONTENT).setYAxisLeftWidthHint(widest + AXIS);
        styler.setChartTitleFont(TITLE).setLegendVisible(false).setChartBackgroundColor(Color.WHITE)
                .setPlotBackgroundColor(Color.WHITE).setPlotBorderVisible(false);
    }

    /** Three digits, which is what a timing is good for. */
    static String digits(double value) {
        if (value == 0) {
            return "0";
        }
        int decimals = Math.clamp(2 - (int) Math.floor(Math.log10(Math.abs(value))), 0, 4);
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }
}
