package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;
import java.util.List;

/**
 * StackGAN-v2's colour consistency (Zhang et al. 2018): the pictures of one text at neighbouring sizes should agree in the mean and the
 * covariance of their colours. The larger one is held to the smaller one, not the other way about.
 */
public final class ColourConsistency {
    private static final double COVARIANCE = 5;

    private ColourConsistency() {}

    /** Sum over neighbouring sizes of {@code E ‖Δmean‖² + 5 E ‖Δcovariance‖²}, a scalar, for pictures {@code [n, size, size, 3]}. */
    public static Value of(List<Value> pictures) {
        Value sum = pictures.getFirst().graph().scalar(0);
        for (int i = 1; i < pictures.size(); i++) {
            Value small = flat(pictures.get(i - 1).stopGradient());
            Value large = flat(pictures.get(i));
            Value means = large.mean(1).sub(small.mean(1)).square();
            Value covariances = covariance(large).sub(covariance(small)).square();
            sum = sum.add(perPicture(means)).add(perPicture(covariances).mul(COVARIANCE));
        }
        return sum;
    }

    private static Value flat(Value pictures) {
        return pictures.reshape(pictures.dim(0), pictures.dim(1) * pictures.dim(2), pictures.dim(3));
    }

    /** {@code [n, 3, 3]}, over the pixels, without correction for their number. */
    private static Value covariance(Value pixels) {
        Value centred = pixels.sub(pixels.mean(1));
        return centred.matMul(centred, true, false).mul(1.0 / pixels.dim(1));
    }

    private static Value perPicture(Value squares) {
        return squares.sum().mul(1.0 / squares.dim(0)).reshape(Shape.SCALAR);
    }
}
