package dev.t2i.gan;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.Shape;

/**
 * Symmetric contrastive loss between pictures and sentences (the sentence terms of AttnGAN's DAMSM, Xu et al. 2018, which
 * CLIP uses alone): each picture must find its own sentence among all of the batch and among sentences that are wrong in
 * one attribute, and each sentence its own picture. All vectors have Euclidean length sqrt(width).
 */
public final class MatchingLoss {
    private MatchingLoss() {}

    /**
     * @param images {@code [n, width]}
     * @param texts {@code [n, width]}, row i fits image i
     * @param wrongTexts {@code [n, width]}, row i fits image i in all but one attribute
     * @param sharpness factor on the cosines (DAMSM's gamma3; the inverse of a temperature)
     */
    public static Value of(Value images, Value texts, Value wrongTexts, double sharpness) {
        Graph graph = images.graph();
        int n = images.dim(0);
        double scale = sharpness / images.dim(1);
        Value labels = graph.iota(0, Shape.of(n));
        Value candidates = Value.concat(0, texts, wrongTexts);
        Value imageToText = images.matMul(candidates, false, true).mul(scale);
        Value textToImage = texts.matMul(images, false, true).mul(scale);
        return Functions.crossEntropy(imageToText, labels).add(Functions.crossEntropy(textToImage, labels));
    }

    /** How often an image's best sentence among {@code n} right ones and its own wrong one is its own; a scalar. */
    public static Value accuracy(Value images, Value texts, Value wrongTexts) {
        int n = images.dim(0);
        Value candidates = Value.concat(0, texts, wrongTexts);
        Value scores = images.matMul(candidates, false, true);
        Value own = images.mul(texts).sum(1);
        Value best = scores.maximum(1);
        return own.greaterEqual(best.sub(1e-4)).sum().mul(1.0 / n).reshape(Shape.SCALAR);
    }
}
