package dev.t2i.data.scene;

import java.awt.BasicStroke;
import java.awt.Shape;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The drawing of a kind of thing: filled shapes from back to front in units of the thing's size, y downwards. What stands has
 * its foot at the origin, what flies or swims its middle. The first layer is an outline around everything, so that a thing
 * stands out from a ground or sky of its own colour.
 */
final class Art {
    /** What a layer is painted with: tones of the thing's own colour, or colours that belong to the part. */
    enum Tone { OUTLINE, MAIN, SHADE, TINT, WOOD, TYRE, METAL, GLASS, STEM, CANVAS, HEART, BEAK, EYE, WICKER }

    record Layer(Shape shape, Tone tone) {}

    private static final double OUTLINE_WIDTH = 0.05;
    private static final Map<Kind, Art> ALL = new EnumMap<>(Kind.class);

    static {
        for (Kind kind : Kind.values()) {
            ALL.put(kind, draw(kind));
        }
    }

    private final double width;
    private final double height;
    private final List<Layer> layers;

    private Art(double width, double height, List<Layer> layers) {
        this.width = width;
        this.height = height;
        this.layers = List.copyOf(layers);
    }

    static Art of(Kind kind) {
        return ALL.get(kind);
    }

    double width() {
        return width;
    }

    double height() {
        return height;
    }

    List<Layer> layers() {
        return layers;
    }

    private static Art draw(Kind kind) {
        Sketch s = new Sketch();
        switch (kind) {
            case HOUSE -> s
                    .add(Tone.SHADE, box(0.17, -0.97, 0.34, -0.6))
                    .add(Tone.MAIN, box(-0.4, -0.56, 0.4, 0))
                    .add(Tone.SHADE, polygon(-0.52, -0.5, 0, -1.0, 0.52, -0.5))
                    .add(Tone.WOOD, box(-0.27, -0.34, -0.06, 0))
                    .add(Tone.GLASS, box(0.06, -0.4, 0.28, -0.17));
            case TREE -> s
                    .add(Tone.WOOD, polygon(-0.08, -0.45, 0.08, -0.45, 0.12, 0, -0.12, 0))
                    .add(Tone.MAIN, disc(-0.26, -0.52, 0.2), disc(0.26, -0.52, 0.2), disc(-0.22, -0.77, 0.21),
                            disc(0.22, -0.77, 0.21), disc(0, -0.9, 0.22), disc(0, -0.62, 0.26))
                    .add(Tone.TINT, disc(-0.12, -0.86, 0.12));
            case PINE -> s
                    .add(Tone.WOOD, box(-0.08, -0.2, 0.08, 0))
                    .add(Tone.MAIN, polygon(-0.42, -0.14, 0, -0.66, 0.42, -0.14))
                    .add(Tone.SHADE, polygon(-0.36, -0.38, 0, -0.3, 0.36, -0.38, 0, -0.66))
                    .add(Tone.MAIN, polygon(-0.34, -0.42, 0, -0.9, 0.34, -0.42))
                    .add(Tone.SHADE, polygon(-0.26, -0.66, 0, -0.58, 0.26, -0.66, 0, -0.9))
                    .add(Tone.MAIN, polygon(-0.25, -0.7, 0, -1.12, 0.25, -0.7));
            case CAR -> s
                    .add(Tone.MAIN, polygon(-0.36, -0.34, -0.22, -0.62, 0.18, -0.62, 0.38, -0.34))
                    .add(Tone.MAIN, round(-0.57, -0.38, 0.57, -0.1, 0.16))
                    .add(Tone.GLASS, polygon(-0.25, -0.36, -0.16, -0.54, -0.03, -0.54, -0.03, -0.36),
                            polygon(0.04, -0.36, 0.04, -0.54, 0.15, -0.54, 0.27, -0.36))
                    .add(Tone.TYRE, disc(-0.3, -0.12, 0.13), disc(0.3, -0.12, 0.13))
                    .add(Tone.METAL, disc(-0.3, -0.12, 0.055), disc(0.3, -0.12, 0.055));
            case FLOWER -> s
                    .add(Tone.STEM, box(-0.035, -0.7, 0.035, 0), leaf(-0.16), leaf(0.16))
                    .add(Tone.MAIN, petals())
                    .add(Tone.HEART, disc(0, -0.74, 0.13));
            case MOUNTAIN -> s
                    .add(Tone.SHADE, polygon(-0.1, 0, 0.3, -0.6, 0.66, 0))
                    .add(Tone.MAIN, polygon(-0.66, 0, -0.12, -0.86, 0.36, 0))
                    .add(Tone.CANVAS, polygon(-0.27, -0.62, -0.12, -0.86, 0.015, -0.62, -0.06, -0.53, -0.13, -0.61, -0.2, -0.53))
                    .add(Tone.CANVAS, polygon(0.19, -0.435, 0.3, -0.6, 0.4, -0.435, 0.3, -0.39));
            case BOAT -> s
                    .add(Tone.WOOD, box(-0.03, -1.02, 0.03, -0.28))
                    .add(Tone.MAIN, polygon(0.07, -0.98, 0.07, -0.36, 0.47, -0.36))
                    .add(Tone.CANVAS, polygon(-0.07, -0.88, -0.07, -0.36, -0.4, -0.36))
                    .add(Tone.MAIN, polygon(-0.52, -0.28, 0.52, -0.28, 0.34, 0, -0.34, 0));
            case FISH -> s
                    .add(Tone.SHADE, polygon(-0.24, 0, -0.56, -0.27, -0.48, 0, -0.56, 0.27))
                    .add(Tone.SHADE, polygon(-0.12, -0.18, 0.06, -0.38, 0.2, -0.18))
                    .add(Tone.MAIN, ellipse(0.1, 0, 0.42, 0.26))
                    .add(Tone.TINT, ellipse(0.1, 0.12, 0.24, 0.08))
                    .add(Tone.CANVAS, disc(0.31, -0.06, 0.085))
                    .add(Tone.EYE, disc(0.33, -0.06, 0.05));
            case SUN -> s
                    .add(Tone.MAIN, rays())
                    .add(Tone.MAIN, disc(0, 0, 0.34))
                    .add(Tone.TINT, disc(0, 0, 0.21));
            case MOON -> s.add(Tone.MAIN, crescent());
            case STAR -> s.add(Tone.MAIN, star());
            case CLOUD -> s.add(Tone.MAIN, disc(-0.36, 0.1, 0.24), disc(-0.06, -0.1, 0.29), disc(0.3, 0.06, 0.26),
                    box(-0.36, 0.0, 0.36, 0.34), disc(0.39, 0.14, 0.2), disc(-0.42, 0.14, 0.2))
                    .add(Tone.TINT, disc(-0.1, -0.16, 0.15), disc(-0.38, 0.04, 0.1));
            case BIRD -> s
                    .add(Tone.BEAK, polygon(0.42, -0.06, 0.62, 0.02, 0.42, 0.08))
                    .add(Tone.MAIN, polygon(-0.2, 0.02, -0.58, -0.1, -0.6, 0.2))
                    .add(Tone.MAIN, ellipse(0.02, 0.12, 0.34, 0.19), disc(0.34, 0, 0.15))
                    .add(Tone.SHADE, curve(-0.2, 0.1, -0.3, -0.3, -0.14, -0.5, 0.1, -0.3, 0.2, 0.08))
                    .add(Tone.EYE, disc(0.37, -0.03, 0.04));
            case BALLOON -> s
                    .add(Tone.WICKER, box(-0.11, 0.36, 0.11, 0.56))
                    .add(Tone.SHADE, polygon(-0.2, 0.05, 0.2, 0.05, 0.1, 0.4, -0.1, 0.4))
                    .add(Tone.MAIN, disc(0, -0.15, 0.4), polygon(-0.37, 0, 0.37, 0, 0.12, 0.28, -0.12, 0.28))
                    .add(Tone.TINT, stripe());
        }
        return s.finish(kind.level() == Kind.Level.GROUND);
    }

    /** Collects layers; the outline comes last, when the whole silhouette is known. */
    private static final class Sketch {
        private final List<Layer> layers = new ArrayList<>();
        private final Area silhouette = new Area();

        Sketch add(Tone tone, Shape... parts) {
            Area all = new Area();
            for (Shape part : parts) {
                all.add(new Area(part));
            }
            silhouette.add(all);
            layers.add(new Layer(new Path2D.Float(all), tone));
            return this;
        }

        Art finish(boolean stands) {
            Rectangle2D bounds = silhouette.getBounds2D();
            Area around = new Area(silhouette);
            around.add(new Area(new BasicStroke((float) (2 * OUTLINE_WIDTH), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
                    .createStrokedShape(silhouette)));
            List<Layer> all = new ArrayList<>();
            all.add(new Layer(new Path2D.Float(around), Tone.OUTLINE));
            all.addAll(layers);
            double height = stands ? -bounds.getMinY() : 2 * Math.max(-bounds.getMinY(), bounds.getMaxY());
            return new Art(2 * Math.max(-bounds.getMinX(), bounds.getMaxX()), height, all);
        }
    }

    private static Shape box(double left, double top, double right, double bottom) {
        return new Rectangle2D.Double(left, top, right - left, bottom - top);
    }

    private static Shape round(double left, double top, double right, double bottom, double arc) {
        return new RoundRectangle2D.Double(left, top, right - left, bottom - top, arc, arc);
    }

    private static Shape disc(double x, double y, double radius) {
        return ellipse(x, y, radius, radius);
    }

    private static Shape ellipse(double x, double y, double radiusX, double radiusY) {
        return new Ellipse2D.Double(x - radiusX, y - radiusY, 2 * radiusX, 2 * radiusY);
    }

    private static Shape polygon(double... xy) {
        Path2D path = new Path2D.Double();
        path.moveTo(xy[0], xy[1]);
        for (int i = 2; i < xy.length; i += 2) {
            path.lineTo(xy[i], xy[i + 1]);
        }
        path.closePath();
        return path;
    }

    /** Two quadratic arcs through a tip, closed along the base. */
    private static Shape curve(double x0, double y0, double c0x, double c0y, double tipX, double tipY,
            double c1x, double c1y, double x1, double y1) {
        Path2D path = new Path2D.Double();
        path.moveTo(x0, y0);
        path.quadTo(c0x, c0y, tipX, tipY);
        path.quadTo(c1x, c1y, x1, y1);
        path.closePath();
        return path;
    }

    private static Shape leaf(double x) {
        Path2D path = new Path2D.Double();
        path.moveTo(0, -0.08);
        path.quadTo(x * 0.3, -0.3, x * 1.6, -0.34);
        path.quadTo(x * 1.4, -0.1, 0, -0.08);
        path.closePath();
        return path;
    }

    private static Shape petals() {
        Area all = new Area();
        for (int i = 0; i < 6; i++) {
            double angle = Math.PI * (i / 3.0 + 0.5);
            all.add(new Area(disc(0.22 * Math.cos(angle), -0.74 + 0.22 * Math.sin(angle), 0.165)));
        }
        return all;
    }

    private static Shape rays() {
        Area all = new Area();
        for (int i = 0; i < 8; i++) {
            double angle = Math.PI * i / 4;
            double half = 0.3;
            all.add(new Area(polygon(
                    0.33 * Math.cos(angle - half), 0.33 * Math.sin(angle - half),
                    0.57 * Math.cos(angle), 0.57 * Math.sin(angle),
                    0.33 * Math.cos(angle + half), 0.33 * Math.sin(angle + half))));
        }
        return all;
    }

    private static Shape crescent() {
        Area moon = new Area(disc(0, 0, 0.47));
        moon.subtract(new Area(disc(0.27, -0.1, 0.37)));
        return moon;
    }

    private static Shape star() {
        double[] xy = new double[20];
        for (int i = 0; i < 10; i++) {
            double angle = Math.PI * (i / 5.0 - 0.5);
            double radius = i % 2 == 0 ? 0.56 : 0.25;
            xy[2 * i] = radius * Math.cos(angle);
            xy[2 * i + 1] = 0.04 + radius * Math.sin(angle);
        }
        return polygon(xy);
    }

    private static Shape stripe() {
        Area middle = new Area(ellipse(0, -0.14, 0.14, 0.42));
        Area envelope = new Area(disc(0, -0.15, 0.4));
        envelope.add(new Area(polygon(-0.37, 0, 0.37, 0, 0.12, 0.28, -0.12, 0.28)));
        middle.intersect(envelope);
        return middle;
    }
}
