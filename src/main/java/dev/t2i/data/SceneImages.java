package dev.t2i.data;

import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.CaptionGrammar;
import dev.t2i.data.scene.Scene;
import dev.t2i.data.scene.SceneRenderer;
import dev.t2i.data.scene.SceneSampler;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Scenes rendered on the fly, each thread with a renderer of its own. */
public final class SceneImages implements CaptionedImages {
    private final SceneSampler sampler;
    private final long size;
    private final ThreadLocal<SceneRenderer> renderers = new ThreadLocal<>();

    /** @param size how many scenes, or {@link #ENDLESS} */
    public SceneImages(long seed, SceneSampler.Split split, long size) {
        if (size < 1) {
            throw new DataException("a data set of scenes has at least 1 picture, not " + size);
        }
        this.sampler = new SceneSampler(seed, split);
        this.size = size;
    }

    @Override
    public long size() {
        return size;
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
        return example(scene, captionSeed);
    }

    @Override
    public Example describe(long index, long captionSeed) {
        return example(scene(index), captionSeed);
    }

    private static Example example(Scene scene, long captionSeed) {
        Caption caption = CaptionGrammar.caption(scene, captionSeed);
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
