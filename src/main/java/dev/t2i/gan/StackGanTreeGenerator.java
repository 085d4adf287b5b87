package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The generator of StackGAN-v2 (Zhang et al. 2018, "StackGAN++"): one tree of stages that learn together. The first draws from noise
 * and an augmented sentence; every further one joins the sentence to the features of the one before and draws twice as large with half
 * as many channels. All stages' pictures are judged.
 *
 * <p>The published widths are noise 100, augmentation 128, channels 1024, 512, 256, 128, 64, 3 stages and 2 residual blocks.
 *
 * <p>Latent variables are the noise, then the augmentation's part.
 *
 * @param channels of the first stage, from the 4x4 stem upward, the picture doubling with each further entry
 * @param stages of twice the size of the one before
 * @param residuals residual blocks of each further stage
 */
public record StackGanTreeGenerator(int noise, int augmentation, int textWidth, List<Integer> channels, int stages, int residuals) implements Generator {
    public StackGanTreeGenerator {
        channels = List.copyOf(channels);
    }

    @Override
    public int size() {
        return sizes().getLast();
    }

    @Override
    public List<Integer> sizes() {
        return StackBlocks.sizes(channels, stages);
    }

    @Override
    public int latentWidth() {
        return noise + augmentation;
    }

    @Override
    public int toldWidth() {
        return augmentation;
    }

    @Override
    public Value told(Parameters place, Value sentences) {
        return augmented(place, sentences).mean().stopGradient();
    }

    private Posterior.Distribution augmented(Parameters place, Value sentences) {
        return new ConditioningAugmentation(augmentation, true).of(place.at("augment"), sentences, StackBlocks.NORMAL);
    }

    @Override
    public Value paint(Parameters place, Value latent, TextCondition text) {
        return paintAll(place, latent, text, Mode.INFERENCE).result();
    }

    @Override
    public Painting paintAll(Parameters place, Value latent, TextCondition text, Mode mode) {
        StackBlocks blocks = new StackBlocks(mode, true, StackBlocks.NORMAL);
        Posterior.Distribution augmented = augmented(place, text.sentence());
        Value heard = augmented.sample(latent.slice(1, noise, latentWidth()));
        Value x = blocks.firstStage(place, Value.concat(1, heard, latent.slice(1, 0, noise)), channels);
        List<Value> pictures = new ArrayList<>(List.of(blocks.picture(place.at("picture").at(0), x)));
        int width = channels.getLast();
        for (int stage = 1; stage < stages; stage++) {
            Parameters own = place.at("stage").at(stage - 1);
            x = blocks.joint(own.at("joint"), StackBlocks.beside(x, heard), width);
            x = blocks.residuals(own.at("residual"), x, residuals);
            width = Math.max(1, width / 2);
            x = blocks.up(own.at("up"), x, width);
            pictures.add(blocks.picture(place.at("picture").at(stage), x));
        }
        return new Painting(pictures, Optional.of(augmented));
    }
}
