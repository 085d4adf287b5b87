package dev.t2i.data.scene;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Draws scenes at one size with Java2D's antialiasing. The picture is a pure function of the scene and the size; no fonts and
 * no platform drawing take part, so it is the same on every machine up to rounding.
 *
 * <p>An instance reuses its buffers and belongs to one thread.
 */
public final class SceneRenderer {
    public static final int MIN_SIZE = 16;
    public static final int MAX_SIZE = 4096;

    /** Stream of the backdrop's variation; the things' streams are numbered by kind. */
    private static final long BACKDROP = 1000;

    private final int size;
    private final double pixelsPerUnit;
    private final BufferedImage image;
    private final int[] pixels;
    private final Graphics2D graphics;
    private final Backdrop backdrop;
    private final Draws draws = new Draws(0);
    private final AffineTransform placement = new AffineTransform();

    /** @param size the side in pixels, {@value #MIN_SIZE} to {@value #MAX_SIZE} */
    public SceneRenderer(int size) {
        if (size < MIN_SIZE || size > MAX_SIZE) {
            throw new IllegalArgumentException("scenes are drawn at " + MIN_SIZE + " to " + MAX_SIZE + " pixels, not " + size);
        }
        this.size = size;
        this.pixelsPerUnit = size / Layout.SIDE;
        this.image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        this.pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        this.graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        this.backdrop = new Backdrop(size);
    }

    public int size() {
        return size;
    }

    /** Draws into {@code target}: {@code size * size * 3} floats in [-1, 1], rows from the top, red, green, blue. */
    public void render(Scene scene, MemorySegment target) {
        draw(scene);
        long at = 0;
        for (int pixel : pixels) {
            target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (pixel >> 16 & 255) * (2f / 255) - 1);
            target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4, (pixel >> 8 & 255) * (2f / 255) - 1);
            target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 8, (pixel & 255) * (2f / 255) - 1);
            at += 12;
        }
    }

    /** As {@link #render(Scene, MemorySegment)}, from {@code offset} of an array. */
    public void render(Scene scene, float[] target, int offset) {
        render(scene, scene.things(), target, offset);
    }

    /** Draws into {@code target}: {@code size * size * 3} bytes, rows from the top, red, green, blue. */
    public void render(Scene scene, byte[] target) {
        draw(scene);
        int at = 0;
        for (int pixel : pixels) {
            target[at] = (byte) (pixel >> 16);
            target[at + 1] = (byte) (pixel >> 8);
            target[at + 2] = (byte) pixel;
            at += 3;
        }
    }

    /**
     * The backdrop of {@code scene} with {@code things} in place of its own: any number of them, alike or not, for pictures that
     * no scene describes. A thing of the scene looks as it does there. Otherwise as {@link #render(Scene, float[], int)}.
     */
    public void render(Scene scene, List<Thing> things, float[] target, int offset) {
        draw(scene, things);
        int at = offset;
        for (int pixel : pixels) {
            target[at] = (pixel >> 16 & 255) * (2f / 255) - 1;
            target[at + 1] = (pixel >> 8 & 255) * (2f / 255) - 1;
            target[at + 2] = (pixel & 255) * (2f / 255) - 1;
            at += 3;
        }
    }

    private void draw(Scene scene) {
        draw(scene, scene.things());
    }

    private void draw(Scene scene, List<Thing> things) {
        draws.restart(Draws.key(scene.variation(), BACKDROP));
        backdrop.paint(scene, draws, pixels);
        // Mountains stand farther back than anything else.
        for (boolean far : new boolean[] {true, false}) {
            for (Thing thing : things) {
                if (far == (thing.kind() == Kind.MOUNTAIN)) {
                    draws.restart(Draws.key(scene.variation(), thing.kind().ordinal()));
                    draw(thing, scene);
                }
            }
        }
    }

    private void draw(Thing thing, Scene scene) {
        double scale = Layout.scale(thing.size()) * (1 + 0.045 * draws.signed());
        double x = Layout.centreX(thing.place(), thing.size()) + 1.3 * draws.signed();
        double y = Layout.anchorY(thing.kind(), thing.size()) + 0.9 * draws.signed();
        double shade = 1 + 0.05 * draws.signed();
        Art art = Art.of(thing.kind());
        if (thing.kind().shines()) {
            backdrop.halo(x, y, scale * 1.05, Palette.mix(Palette.plain(thing.colour()), 0xFFFFFF, 0.3), 0.5, pixels);
        } else if (thing.kind().level() == Kind.Level.GROUND && thing.kind() != Kind.MOUNTAIN) {
            backdrop.blot(x, y - 0.2, scale * art.width() * 0.56, scale * 0.12, 0x10141E, 0.42, pixels);
        }
        placement.setTransform(scale * pixelsPerUnit, 0, 0, scale * pixelsPerUnit, x * pixelsPerUnit, y * pixelsPerUnit);
        graphics.setTransform(placement);
        for (Art.Layer layer : art.layers()) {
            graphics.setColor(Palette.paint(layer.tone(), thing, scene.time(), shade));
            graphics.fill(layer.shape());
        }
    }
}
