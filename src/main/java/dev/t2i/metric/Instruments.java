package dev.t2i.metric;

import java.util.Optional;

/**
 * What pictures are looked at with. Each instrument is needed by some measures alone.
 *
 * @param recogniser for {@link Metric#ATTRIBUTES}
 * @param features for distances, {@link Metric#IS}, {@link Metric#PR} and {@link Metric#DIVERSITY}
 * @param matching for {@link Metric#RPRECISION}
 * @param modelSize side of drawn pictures. Real ones are loaded so, too, that what an instrument's resizing does to the ones it does to the others; but
 *                  a recogniser is not made to see less in real pictures than its own size
 * @param cache where real pictures' features are kept
 */
public record Instruments(Optional<Recogniser> recogniser, Optional<FeatureNetwork> features, Optional<MatchingModel> matching, int modelSize,
        Optional<FeatureCache> cache) {
    /** Side at which real pictures are loaded for the recogniser. */
    int factSize() {
        return recogniser.map(eye -> Math.max(modelSize, eye.size())).orElse(modelSize);
    }

    /** Side at which real pictures are loaded for features; it does not depend on what else is measured. */
    int featureSize() {
        return features.orElse(null) instanceof RecogniserFeatures own ? Math.max(modelSize, own.recogniser().size()) : modelSize;
    }
}
