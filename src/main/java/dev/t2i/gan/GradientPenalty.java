package dev.t2i.gan;

import dev.t2i.graph.Gradients;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;
import java.util.List;

/** Penalties on the slope of the discriminator's score, by true second-order gradients. */
public enum GradientPenalty {
    NONE {
        @Override
        public Value of(Value scores, Value pictures, Value text, double weight) {
            return scores.graph().scalar(0);
        }
    },
    /** R1 (Mescheder et al. 2018) on picture and matching text together: {@code weight / 2 * E ‖∇(x,e)‖²}. */
    MATCHING_AWARE_R1 {
        @Override
        public Value of(Value scores, Value pictures, Value text, double weight) {
            return mean(squaredSlope(scores, pictures, text)).mul(weight / 2);
        }
    },
    /** DF-GAN's matching-aware penalty (Tao et al. 2022): {@code weight * E ‖∇(x,e)‖⁶}; the paper's weight is 2. */
    MATCHING_AWARE {
        @Override
        public Value of(Value scores, Value pictures, Value text, double weight) {
            Value squared = squaredSlope(scores, pictures, text);
            return mean(squared.mul(squared).mul(squared)).mul(weight);
        }
    };

    /**
     * The penalty for {@code scores [n]} of real {@code pictures} with matching {@code text}; both must be values that the
     * scores were traced from.
     */
    public abstract Value of(Value scores, Value pictures, Value text, double weight);

    /** Squared norm of each picture's gradient with respect to picture and text, {@code [n]}. */
    static Value squaredSlope(Value scores, Value pictures, Value text) {
        List<Value> slopes = Gradients.of(scores.sum(), List.of(pictures, text));
        int n = pictures.dim(0);
        Value inPicture = slopes.get(0).reshape(n, (int) (pictures.shape().size() / n)).square().sum(1).reshape(n);
        Value inText = slopes.get(1).square().sum(1).reshape(n);
        return inPicture.add(inText);
    }

    private static Value mean(Value perPicture) {
        return perPicture.mean().reshape(Shape.SCALAR);
    }
}
