package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.Optional;

/**
 * AttnGAN's deep attentional multimodal similarity model (Xu et al. 2018) with an image encoder of our own, which learns along, where
 * the paper has a frozen Inception: regions of a picture and words of its text, and both as wholes, meet in one space.
 *
 * <p>Words of an encoder that was not made for it, such as GPT-2's, are brought into that space by a linear layer; those of a recurrent
 * encoder are in it as they are.
 *
 * @param image   whose width is the space's
 * @param edge    of the map of activations whose places are the regions
 * @param adapts  whether words are brought into the space
 * @param against whether texts that are wrong in one attribute stand among those that a picture has to find its own among; the paper
 *                has none
 */
public record Damsm(ImageEncoder image, int edge, boolean adapts, boolean against, DamsmLoss loss) implements Matcher {
    @Override
    public boolean usesWords() {
        return true;
    }

    @Override
    public Match match(Parameters place, Value pictures, Texts texts) {
        int n = pictures.dim(0);
        ImageEncoder.Seen seen = image.look(place, pictures, edge);
        int depth = seen.regions().dim(3);
        Value regions = Layers.conv2d(place.at("regions"), seen.regions(), image.width(), 1, Window.of(1, 0),
                Initializer.kaiming(Shape.of(image.width(), depth, 1, 1), 1)).reshape(n, edge * edge, image.width());
        TextCondition all = against ? joined(texts.right(), texts.wrong()) : texts.right();
        Value same = against ? texts.same().get() : texts.same().get().slice(1, 0, n);
        Value words = loss.wordSimilarity(regions, words(place, all));
        Value sentences = DamsmLoss.sentenceSimilarity(seen.whole(), all.sentence());
        Value sum = words.add(sentences);
        Value own = DamsmLoss.sentenceSimilarity(seen.whole(), texts.wrong().sentence());
        return new Match(loss.contrast(words, same).add(loss.contrast(sentences, same)), Matcher.onDiagonal(sum),
                above(sentences.slice(1, 0, n), own));
    }

    private TextCondition.Words words(Parameters place, TextCondition text) {
        TextCondition.Words words = text.words().orElseThrow();
        return adapts ? new TextCondition.Words(Layers.linear(place.at("words"), words.states(), image.width()), words.embeddings(), words.mask()) : words;
    }

    /** How often the diagonal of the one is above that of the other. */
    private static Value above(Value right, Value wrong) {
        int n = right.dim(0);
        Value diagonal = Functions.oneHot(right.graph().iota(0, Shape.of(n)), n);
        return right.mul(diagonal).sum(1).greater(wrong.mul(diagonal).sum(1)).mean().reshape(Shape.SCALAR);
    }

    private static TextCondition joined(TextCondition a, TextCondition b) {
        TextCondition.Words left = a.words().orElseThrow();
        TextCondition.Words right = b.words().orElseThrow();
        return new TextCondition(Value.concat(0, a.sentence(), b.sentence()), Optional.of(new TextCondition.Words(
                Value.concat(0, left.states(), right.states()), left.embeddings(), Value.concat(0, left.mask(), right.mask()))));
    }
}
