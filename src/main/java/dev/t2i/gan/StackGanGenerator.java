package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import java.util.List;
import java.util.Optional;

/**
 * The generators of StackGAN (Zhang et al. 2017). Stage I draws a small picture from noise and an augmented sentence; Stage II looks
 * at it, hears the sentence again, and draws one four times as large. Stage II learns by itself: Stage I stays as it was, and
 * keeps its names, so that Stage II starts from a model of Stage I.
 *
 * <p>The published widths are noise 100, augmentation 128, and channels 1536, 768, 384, 192, 96.
 *
 * <p>Latent variables are the noise, then the augmentation's part, then, in Stage II, the part of its own augmentation.
 *
 * @param channels of Stage I, from the 4x4 stem upward, the picture doubling with each further entry
 * @param residuals residual blocks of Stage II; none for Stage I alone
 */
public record StackGanGenerator(int noise, int augmentation, int textWidth, List<Integer> channels, Optional<Integer> residuals) implements Generator {
    /** How much larger Stage II's pictures are, as a power of two. */
    private static final int ENLARGED = 2;

    public StackGanGenerator {
        channels = List.copyOf(channels);
    }

    @Override
    public int size() {
        int first = StackBlocks.STEM << channels.size() - 1;
        return residuals.isPresent() ? first << ENLARGED : first;
    }

    @Override
    public int latentWidth() {
        return noise + (residuals.isPresent() ? 2 : 1) * augmentation;
    }

    @Override
    public int toldWidth() {
        return augmentation;
    }

    @Override
    public Value told(Parameters place, Value sentences) {
        return augmented(residuals.isEmpty() ? place : place.at("refine"), sentences).mean().stopGradient();
    }

    @Override
    public Value paint(Parameters place, Value latent, TextCondition text) {
        return paintAll(place, latent, text, Mode.INFERENCE).result();
    }

    @Override
    public Painting paintAll(Parameters place, Value latent, TextCondition text, Mode mode) {
        if (residuals.isEmpty()) {
            return first(place, latent, text.sentence(), mode);
        }
        Value small = first(place.frozen(), latent, text.sentence(), Mode.INFERENCE).result();
        Parameters own = place.at("refine");
        Posterior.Distribution augmented = augmented(own, text.sentence());
        Value heard = augmented.sample(latent.slice(1, noise + augmentation, latentWidth()));
        return new Painting(List.of(refine(own, small, heard, mode)), Optional.of(augmented));
    }

    private Posterior.Distribution augmented(Parameters place, Value sentence) {
        return new ConditioningAugmentation(augmentation, false).of(place.at("augment"), sentence, StackBlocks.NORMAL);
    }

    private Painting first(Parameters place, Value latent, Value sentence, Mode mode) {
        StackBlocks blocks = new StackBlocks(mode, false, StackBlocks.NORMAL);
        Posterior.Distribution augmented = augmented(place, sentence);
        Value heard = augmented.sample(latent.slice(1, noise, noise + augmentation));
        Value x = blocks.firstStage(place, Value.concat(1, heard, latent.slice(1, 0, noise)), channels);
        return new Painting(List.of(blocks.picture(place.at("out"), x)), Optional.of(augmented));
    }

    /** {@code small [n, s, s, 3]} and {@code heard [n, augmentation]} to {@code [n, 4s, 4s, 3]}. */
    private Value refine(Parameters place, Value small, Value heard, Mode mode) {
        StackBlocks blocks = new StackBlocks(mode, false, StackBlocks.NORMAL);
        int width = 2 * channels.getLast();
        Value x = place.at("look").scoped(() -> Layers.conv2dWithoutBias(place.at("look"), small, width, 3, Window.of(1, 1), StackBlocks.NORMAL).relu());
        x = blocks.down(place.at("down").at(0), x, 2 * width);
        x = blocks.down(place.at("down").at(1), x, 4 * width);
        x = blocks.joint(place.at("joint"), StackBlocks.beside(x, heard), 4 * width);
        x = blocks.residuals(place.at("residual"), x, residuals.orElseThrow());
        for (int i = 0; i < 2 + ENLARGED; i++) {
            x = blocks.up(place.at("up").at(i), x, 2 * width >> i);
        }
        return blocks.picture(place.at("out"), x);
    }
}
