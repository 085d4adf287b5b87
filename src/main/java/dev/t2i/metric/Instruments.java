package dev.t2i.metric;

import java.util.Optional;

/**
 * What pictures are looked at with. Each instrument is needed by some measures alone.
 *
 * @param recogniser for {@link Metric#ATTRIBUTES}
 * @param features for distances, {@link Metric#IS}, {@link Metric#PR} and {@link Metric#DIVERSITY}
 * @param matching for {@link Metric#RPRECISION}
 * @param pictureSize side at which real pictures are loaded: the model's, so that what an instrument's resizing does to them it does to drawn ones, too;
 *                    not less than a recogniser's own
 * @param featureSize the same for features, which do not depend on what else is measured
 * @param cache where real pictures' features are kept
 */
public record Instruments(Optional<Recogniser> recogniser, Optional<FeatureNetwork> features, Optional<MatchingModel> matching, int pictureSize, int featureSize,
        Optional<FeatureCache> cache) {}
