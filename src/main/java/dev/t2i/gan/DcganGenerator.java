package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import java.util.List;

/**
 * The generator of DCGAN (Radford et al. 2016), told of a text as Reed et al. 2016 did ("Generative Adversarial Text to Image Synthesis"):
 * noise and sentence side by side are a picture of one pixel, which transposed 4x4 convolutions enlarge to 4x4 and then twice and twice
 * again. Batch normalisation and ReLU stand behind each but the last, which is followed by tanh.
 *
 * @param noise latent variables
 * @param channels from the 4x4 picture upward, the picture doubling with each further entry and once more to the result
 */
public record DcganGenerator(int noise, int textWidth, List<Integer> channels) implements Generator {
    private static final Initializer NORMAL = new Initializer.Normal(0.02);
    private static final Initializer SCALE = new Initializer.Normal(1, 0.02);
    private static final int KERNEL = 4;

    public DcganGenerator {
        channels = List.copyOf(channels);
    }

    @Override
    public int size() {
        return 2 * Channels.pixels(channels);
    }

    @Override
    public int latentWidth() {
        return noise;
    }

    @Override
    public Value paint(Parameters place, Value latent, TextCondition text) {
        return paintAll(place, latent, text, Mode.INFERENCE).result();
    }

    @Override
    public Painting paintAll(Parameters place, Value latent, TextCondition text, Mode mode) {
        Value x = Value.concat(1, latent, text.sentence()).reshape(latent.dim(0), 1, 1, noise + textWidth);
        for (int i = 0; i < channels.size(); i++) {
            Parameters block = place.at("up").at(i);
            Value input = x;
            int out = channels.get(i);
            int stride = i == 0 ? 1 : 2;
            x = block.scoped(() -> Layers.batchNorm(block.at("norm"),
                    Layers.convTranspose2dWithoutBias(block.at("conv"), input, out, KERNEL, stride, stride - 1, NORMAL), mode, SCALE).relu());
        }
        return Painting.of(Layers.convTranspose2dWithoutBias(place.at("out"), x, 3, KERNEL, 2, 1, NORMAL).tanh());
    }
}
