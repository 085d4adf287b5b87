package dev.t2i.data;

import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.CaptionGrammar;
import dev.t2i.data.scene.Scene;
import dev.t2i.data.scene.SceneRenderer;
import dev.t2i.data.scene.SceneSampler;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Scenes rendered on the fly, each thread with a renderer of its own. The captions of the held-out split name the held-out
 * composition of their scene.
 */
public final class SceneImages implements CaptionedImages {
    private static final int CAPTION_ATTEMPTS = 100;

    private final SceneSampler sampler;
    private final boolean heldOut;
    private final double sides;
    private final long size;
    private final ThreadLocal<SceneRenderer> renderers = new ThreadLocal<>();

    /** @param size how many scenes, or {@link #ENDLESS} */
    public SceneImages(long seed, SceneSampler.Split split, long size) {
        this(seed, split, size, 0);
    }

    /** @param sides see {@link CaptionGrammar#caption(Scene, long, double)} */
    SceneImages(long seed, SceneSampler.Split split, long size, double sides) {
        if (size < 1) {
            throw new DataException("a data set of scenes has at least 1 picture, not " + size);
        }
        this.heldOut = split == SceneSampler.Split.HELDOUT;
        this.sampler = new SceneSampler(seed, split);
        this.size = size;
        this.sides = sides;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void requireSize(int imageSize) {
        if (imageSize < SceneRenderer.MIN_SIZE || imageSize > SceneRenderer.MAX_SIZE) {
            throw new DataException("scenes are rendered at %d to %d pixels, not %d".formatted(SceneRenderer.MIN_SIZE, SceneRenderer.MAX_SIZE, imageSize));
        }
    }

    public Scene scene(long index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException("picture " + index + " of " + size);
        }
        return sampler.scene(index);
    }

    @Override
    public Example load(long index, long captionSeed, int imageSize, MemorySegment pixels) {
        Scene scene = scene(index);
        renderer(imageSize).render(scene, pixels);
        return example(scene, heldOut, sides, captionSeed);
    }

    /** Draws a scene into {@code imageSize * imageSize * 3} bytes. */
    void render(Scene scene, int imageSize, byte[] rgb) {
        renderer(imageSize).render(scene, rgb);
    }

    @Override
    public Example describe(long index, long captionSeed) {
        return example(scene(index), heldOut, sides, captionSeed);
    }

    /** @param heldOut whether the scene is one of those whose captions name a held-out composition */
    static Example example(Scene scene, boolean heldOut, double sides, long captionSeed) {
        Caption caption = CaptionGrammar.caption(scene, captionSeed, sides);
        // A held-out scene tests nothing unless its caption asks for what is held out.
        for (int i = 1; heldOut && i < CAPTION_ATTEMPTS && !CaptionGrammar.namesHeldOut(caption); i++) {
            caption = CaptionGrammar.caption(scene, captionSeed + i * 0x9E3779B97F4A7C15L, sides);
        }
        Caption wrong = CaptionGrammar.wrong(scene, caption, captionSeed);
        return new Example(caption.text(), Optional.of(wrong.text()), Optional.of(new Example.Attributes(scene, caption, wrong)));
    }

    private SceneRenderer renderer(int imageSize) {
        SceneRenderer renderer = renderers.get();
        if (renderer == null || renderer.size() != imageSize) {
            renderer = new SceneRenderer(imageSize);
            renderers.set(renderer);
        }
        return renderer;
    }
}
