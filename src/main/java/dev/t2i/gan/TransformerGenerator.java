package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * A generator without convolutions until the last layer: a transformer over the patches of a picture, as TransGAN (Jiang et al. 2021) and
 * GANformer (Hudson and Zitnick 2021) showed that it can be. Every patch is a token with a learned place; tokens look at each other
 * and at the words of the text; what tokens become is laid out as patches again.
 *
 * <p>Noise and sentence make a style, which scales and shifts the normalised tokens before each layer (DiT, Peebles and Xie 2023). With
 * it each token has noise of its own, so that patches need not agree on one vector about what stands where. Branches start at
 * zero, so that a deep one learns from the first step. Patches would meet in hard edges; a convolution over whole pixels, the only one,
 * lets neighbours see across.
 *
 * @param global latent variables of the whole picture; the others, {@code depth} a token, are laid out over the patches
 * @param depth latent variables of each token
 * @param width of tokens and style, a multiple of 4
 * @param blocks layers of attention and of perception, one after the other
 * @param patch edge of a patch in pixels
 * @param detail channels of each pixel before the last convolution
 */
public record TransformerGenerator(int size, int global, int depth, int textWidth, int width, int blocks, int patch, int detail) implements Generator {
    private static final double SLOPE = 0.2;
    private static final double EPSILON = 1e-5;
    /** How many times as wide as the tokens their perceptrons are inside. */
    private static final int HIDDEN = 4;

    private int side() {
        return size / patch;
    }

    private int tokens() {
        return side() * side();
    }

    @Override
    public int latentWidth() {
        return global + depth * tokens();
    }

    @Override
    public boolean usesWords() {
        return true;
    }

    @Override
    public Value paint(Parameters place, Value latent, TextCondition text) {
        int n = latent.dim(0);
        TextCondition.Words words = text.words().orElseThrow();
        Value style = style(place, latent.slice(1, 0, global), text.sentence());
        Value own = latent.slice(1, global, latentWidth()).reshape(n, tokens(), depth);
        // Hardly any noise and smooth places at first: neighbouring patches begin alike, and differ where that is learnt.
        Value x = Layers.linear(place.at("noise"), own, width, new Initializer.Normal(0.05), Initializer.ZEROS)
                .add(place.get("places", Shape.of(1, tokens(), width), new Initializer.Waves(side(), side())))
                .add(linear(place.at("style.token"), style, width).reshape(n, 1, width));
        Value everywhere = latent.graph().fill(1, Shape.of(1, 1, 1, 1));
        Value wordMask = words.mask().reshape(n, 1, 1, words.mask().dim(1));
        for (int i = 0; i < blocks; i++) {
            Parameters block = place.at("blocks").at(i);
            Value seen = modulated(block.at("norm0"), x, style);
            x = x.add(new Attention(width).gather(block.at("patches"), seen, seen, everywhere));
            x = x.add(new Attention(width).gather(block.at("words"), modulated(block.at("norm1"), x, style), words.states(), wordMask));
            x = x.add(perceive(block.at("layer"), modulated(block.at("norm2"), x, style)));
        }
        Initializer alike = new Initializer.Repeated(detail, Initializer.kaiming(Shape.of(patch * patch * detail, width), 1));
        Value out = Layers.linear(place.at("patch"), modulated(place.at("norm"), x, style), patch * patch * detail, alike, Initializer.ZEROS);
        Value pixels = out.reshape(n, side(), side(), patch, patch, detail).transpose(0, 1, 3, 2, 4, 5).reshape(n, size, size, detail);
        return Layers.conv2d(place.at("out"), pixels.leakyRelu(SLOPE), 3, 3, Window.of(1, 1), Initializer.kaiming(Shape.of(3, detail, 3, 3), 1)).tanh();
    }

    /** {@code [n, width]} from noise and sentence. */
    private Value style(Parameters place, Value noise, Value sentence) {
        Value hidden = linear(place.at("style").at(0), Value.concat(1, noise, sentence), 2 * width).leakyRelu(SLOPE);
        return linear(place.at("style").at(1), hidden, width).leakyRelu(SLOPE);
    }

    /** Tokens of mean zero and variance one, then {@code * (1 + scale) + shift}, by the style. */
    private Value modulated(Parameters place, Value x, Value style) {
        return place.scoped(() -> {
            Value both = Layers.linear(place, style, 2 * width, new Initializer.Normal(0.02), Initializer.ZEROS).reshape(x.dim(0), 1, 2 * width);
            return Functions.standardize(x, EPSILON, -1).mul(both.slice(2, 0, width).add(1)).add(both.slice(2, width, 2 * width));
        });
    }

    private Value perceive(Parameters place, Value x) {
        return place.scoped(() -> {
            Value hidden = Functions.gelu(linear(place.at(0), x, HIDDEN * width));
            return Layers.linear(place.at(1), hidden, width, Initializer.ZEROS, Initializer.ZEROS);
        });
    }

    private static Value linear(Parameters place, Value x, int out) {
        return Layers.linear(place, x, out, Initializer.kaiming(Shape.of(out, x.dim(-1)), 1), Initializer.ZEROS);
    }
}
