package dev.t2i.gan;

import dev.t2i.graph.Constant;
import dev.t2i.graph.Value;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * A normalising flow between plain noise and a generator's latent variables, for a given text: affine coupling layers
 * (RealNVP, Dinh et al. 2017), used as the prior of a conditional autoencoder whose decoder is then trained in a game, as
 * VITS (Kim et al. 2021) does for speech. What a sentence leaves open, such as left or right, has several separate answers; the
 * flow folds a single normal distribution into them, so that no noise lands between two.
 *
 * <p>The latent variables lie over {@code side * side} cells, {@code depth} in each. A layer keeps some of them and, from
 * those and the text, scales and shifts the others: halves of every cell's variables in turn, then cells like the squares of a
 * chessboard. A fresh flow changes nothing.
 *
 * @param side cells along an edge
 * @param depth variables in a cell, an even number
 * @param layers coupling layers
 * @param blocks of a small transformer within each layer, whose tokens are the cells
 * @param width of each token
 */
public record NoiseFlow(int side, int depth, int layers, int blocks, int width) {
    /** Scales stay between exp of plus and minus this, so that neither direction overflows. */
    private static final double LARGEST_LOG_SCALE = 1.5;

    /**
     * What a flow makes of latent variables.
     *
     * @param noise {@code [n, side * side * depth]}
     * @param logDeterminant of the Jacobian matrix of the noise by the latent variables, {@code [n]}
     */
    public record Whitened(Value noise, Value logDeterminant) {}

    /** {@code noise [n, side * side * depth]} to latent variables of the same shape. */
    Value latent(Parameters place, Value noise, TextCondition text) {
        return place.scoped(() -> {
            Value x = noise.reshape(noise.dim(0), side, side, depth);
            for (int layer = layers - 1; layer >= 0; layer--) {
                Coupling coupling = coupling(place.at("couplings").at(layer), layer, x, text);
                x = x.mul(coupling.logScale.exp()).add(coupling.shift);
            }
            return x.reshape(noise.shape());
        });
    }

    /** The inverse of {@link #latent}. */
    Whitened whiten(Parameters place, Value latent, TextCondition text) {
        return place.scoped(() -> {
            int n = latent.dim(0);
            Value x = latent.reshape(n, side, side, depth);
            Value logDeterminant = x.graph().fill(0, Shape.of(n));
            for (int layer = 0; layer < layers; layer++) {
                Coupling coupling = coupling(place.at("couplings").at(layer), layer, x, text);
                x = x.sub(coupling.shift).mul(coupling.logScale.neg().exp());
                logDeterminant = logDeterminant.sub(coupling.logScale.sum(1, 2, 3).reshape(n));
            }
            return new Whitened(x.reshape(latent.shape()), logDeterminant);
        });
    }

    /** Both {@code [n, side, side, depth]} and zero for the variables that the layer keeps. */
    private record Coupling(Value logScale, Value shift) {}

    private Coupling coupling(Parameters place, int layer, Value x, TextCondition text) {
        Value kept = x.graph().literal(mask(layer, true));
        Value changed = x.graph().literal(mask(layer, false));
        Value tokens = new CellTransformer(side, blocks, width).read(place, x.mul(kept), text);
        Value out = Layers.linear(place.at("out"), tokens, 2 * depth, Initializer.ZEROS, Initializer.ZEROS);
        Value logScale = out.slice(3, 0, depth).mul(1 / LARGEST_LOG_SCALE).tanh().mul(LARGEST_LOG_SCALE);
        return new Coupling(logScale.mul(changed), out.slice(3, depth, 2 * depth).mul(changed));
    }

    /** {@code [1, side, side, depth]}: 1 for what {@code layer} keeps, 0 for what it changes, or the other way round. */
    private Constant mask(int layer, boolean kept) {
        float[] mask = new float[side * side * depth];
        for (int i = 0; i < mask.length; i++) {
            int cell = i / depth;
            boolean first = layer % 4 < 2 ? i % depth < depth / 2 : (cell / side + cell % side) % 2 == 0;
            mask[i] = first == (layer % 2 == 0) == kept ? 1 : 0;
        }
        return Constant.of(Shape.of(1, side, side, depth), mask);
    }
}
