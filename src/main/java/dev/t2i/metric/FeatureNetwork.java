package dev.t2i.metric;

import dev.t2i.image.Picture;
import java.util.List;

/** A network whose view of pictures is what distances are measured in. An instance belongs to one thread; closing it frees its memory. */
public interface FeatureNetwork extends AutoCloseable {
    /**
     * What a batch of pictures is to the network.
     *
     * @param features {@code [pictures][featureCount]}
     * @param probabilities {@code [pictures][classes]}, each row summing to 1, for the Inception score
     */
    record View(float[][] features, float[][] probabilities) {}

    /** Its name with the way of resizing, which belongs beside every number measured with it. */
    String name();

    /** A string that changes with its weights: what kept features are told apart by. */
    String fingerprint();

    int featureCount();

    /** Looks at pictures of any size. */
    View look(List<Picture> pictures);

    @Override
    void close();
}
