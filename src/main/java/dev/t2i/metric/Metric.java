package dev.t2i.metric;

/** What can be measured of a model. */
public enum Metric {
    /** How many of the stated facts the pictures show ({@link Obedience}). */
    ATTRIBUTES,
    /** {@link FrechetDistance} to real pictures. */
    FID,
    /** {@link KernelDistance} to real pictures. */
    KID,
    /** {@link InceptionScore}. */
    IS,
    /** {@link PrecisionRecall}, with density and coverage. */
    PR,
    /** {@link Retrieval} of the caption that a picture was drawn for. */
    RPRECISION,
    /** {@link Diversity} of pictures of one caption. */
    DIVERSITY;

    /** Whether it is measured on the pictures that are drawn one for a caption, by a feature network. */
    boolean readsFeatures() {
        return this == FID || this == KID || this == IS || this == PR;
    }

    /** Whether a feature network is needed at all. */
    public boolean needsFeatures() {
        return readsFeatures() || this == DIVERSITY;
    }
}
