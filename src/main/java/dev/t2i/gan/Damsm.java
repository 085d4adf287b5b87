package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.Optional;

/**
 * AttnGAN's deep attentional multimodal similarity model (Xu et al. 2018): regions of a picture and words of its text, and both as
 * wholes, meet in one space.
 *
 * <p>Words of an encoder that was not made for it, such as GPT-2's, are brought into that space by a linear layer; those of a recurrent
 * encoder are in it as they are.
 *
 * @param image   the paper's frozen Inception, or an encoder of our own
 * @param adapts  whether words are brought into the space
 * @param against whether texts that are wrong in one attribute stand among those that a picture has to find its own among; the paper
 *                has none
 */
public record Damsm(RegionEncoder image, boolean adapts, boolean against, DamsmLoss loss) implements Matcher {
    @Override
    public boolean usesWords() {
        return true;
    }

    @Override
    public Seen look(Parameters place, Value pictures) {
        RegionEncoder.Seen seen = image.look(place, pictures);
        return new Seen(seen.wholes(), Optional.of(seen.regions()));
    }

    @Override
    public Match match(Parameters place, Seen seen, Texts texts) {
        int n = seen.wholes().dim(0);
        TextCondition all = against ? joined(texts.right(), texts.wrong()) : texts.right();
        Value same = against ? texts.same().get() : texts.same().get().slice(1, 0, n);
        Value words = loss.wordSimilarity(seen.regions().orElseThrow(), words(place, all));
        Value sentences = DamsmLoss.sentenceSimilarity(seen.wholes(), all.sentence());
        Value sum = words.add(sentences);
        Value own = DamsmLoss.sentenceSimilarity(seen.wholes(), texts.wrong().sentence());
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
