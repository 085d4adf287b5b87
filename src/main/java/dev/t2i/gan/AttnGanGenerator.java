package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The generator of AttnGAN (Xu et al. 2018). A first stage draws from noise and an augmented sentence; every further one takes up
 * features of the one before, lets each place look at the words, and draws twice as large. All stages' pictures are judged.
 *
 * <p>The published widths for birds are noise 100, augmentation 100, channels 512, 256, 128, 64, 32, 3 stages and 2 residual blocks; for
 * COCO channels 768, 384, 192, 96, 48 and 3 residual blocks.
 *
 * <p>Latent variables are the noise, then the augmentation's part.
 *
 * @param textWidth of the sentence
 * @param channels of the first stage, from the 4x4 stem upward, the picture doubling with each further entry
 * @param stages of twice the size of the one before
 * @param residuals residual blocks of each further stage
 */
public record AttnGanGenerator(int noise, int augmentation, int textWidth, List<Integer> channels, int stages, int residuals) implements Generator {
    private static final double UNSEEN = -1e9;

    public AttnGanGenerator {
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
    public boolean usesWords() {
        return stages > 1;
    }

    @Override
    public Value paint(Parameters place, Value latent, TextCondition text) {
        return paintAll(place, latent, text, Mode.INFERENCE).result();
    }

    @Override
    public Painting paintAll(Parameters place, Value latent, TextCondition text, Mode mode) {
        StackBlocks blocks = new StackBlocks(mode, true, Initializer.ORTHOGONAL);
        Posterior.Distribution augmented = new ConditioningAugmentation(augmentation, true).of(place.at("augment"), text.sentence(), Initializer.ORTHOGONAL);
        Value heard = augmented.sample(latent.slice(1, noise, latentWidth()));
        Value x = blocks.firstStage(place, Value.concat(1, heard, latent.slice(1, 0, noise)), channels);
        List<Value> pictures = new ArrayList<>(List.of(blocks.picture(place.at("picture").at(0), x)));
        for (int stage = 1; stage < stages; stage++) {
            Parameters own = place.at("stage").at(stage - 1);
            x = Value.concat(3, x, attend(own.at("words"), x, text.words().orElseThrow()));
            x = blocks.residuals(own.at("residual"), x, residuals);
            x = blocks.up(own.at("up"), x, channels.getLast());
            pictures.add(blocks.picture(place.at("picture").at(stage), x));
        }
        return new Painting(pictures, Optional.of(augmented));
    }

    /** For each place of {@code x [n, h, w, c]} the mean of the words, brought to {@code c} channels, by how they fit the place. */
    static Value attend(Parameters place, Value x, TextCondition.Words words) {
        return place.scoped(() -> {
            int n = x.dim(0);
            int channels = x.dim(3);
            int tokens = words.states().dim(1);
            Value places = x.reshape(n, x.dim(1) * x.dim(2), channels);
            Value flat = words.states().reshape(n * tokens, words.states().dim(2));
            Value said = Layers.linearWithoutBias(place, flat, channels, Initializer.ORTHOGONAL).reshape(n, tokens, channels);
            Value unseen = words.mask().reshape(n, 1, tokens).select(x.graph().scalar(0), x.graph().scalar(UNSEEN));
            Value shares = Functions.softmax(places.matMul(said, false, true).add(unseen), -1);
            return shares.matMul(said).reshape(x.shape());
        });
    }
}
