package dev.t2i.metric;

import dev.t2i.image.Picture;
import java.util.List;

/**
 * The recogniser's features. Its classes are backdrops, each time of day with each ground: it names several things in a picture and so
 * has no single class for one.
 */
public record RecogniserFeatures(Recogniser recogniser) implements FeatureNetwork {

    @Override
    public String name() {
        return recogniser.name();
    }

    @Override
    public String fingerprint() {
        return recogniser.fingerprint();
    }

    @Override
    public int featureCount() {
        return recogniser.featureCount();
    }

    @Override
    public View look(List<Picture> pictures) {
        float[] pixels = recogniser.pixels(pictures);
        return new View(recogniser.features(pixels, pictures.size()), recogniser.backdrops(pixels, pictures.size()));
    }

    @Override
    public void close() {
        recogniser.close();
    }
}
