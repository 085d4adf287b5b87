package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/** The picture side of {@link Damsm}: regions of pictures, and pictures as wholes, in the space of the texts. */
public sealed interface RegionEncoder {
    /** Where the parameters of a frozen Inception-v3 are among the picture side's. */
    String INCEPTION = "inception";

    /**
     * What it sees in pictures.
     *
     * @param regions {@code [n, regions, width]}
     * @param wholes  {@code [n, width]}
     */
    record Seen(Value regions, Value wholes) {}

    /** Width of the space. */
    int width();

    /** {@code pictures [n, size, size, 3]} in [-1, 1]. */
    Seen look(Parameters place, Value pictures);

    /**
     * An image encoder of our own, which learns along.
     *
     * @param edge of the map of activations whose places are the regions
     */
    record Own(ImageEncoder image, int edge) implements RegionEncoder {
        @Override
        public int width() {
            return image.width();
        }

        @Override
        public Seen look(Parameters place, Value pictures) {
            ImageEncoder.Seen seen = image.look(place, pictures, edge);
            Initializer start = Initializer.kaiming(Shape.of(width(), seen.regions().dim(3), 1, 1), 1);
            Value regions = Layers.conv2d(place.at("regions"), seen.regions(), width(), 1, Window.of(1, 0), start);
            return new Seen(regions.reshape(pictures.dim(0), edge * edge, width()), seen.whole());
        }
    }

    /**
     * The paper's: torchvision's Inception-v3, which stays as it is, sees pictures enlarged to 299 pixels; its 17x17 places are the
     * regions. Two linear layers behind it learn.
     */
    record Inception(int width) implements RegionEncoder {
        private static final Initializer START = new Initializer.Uniform(0.1);

        @Override
        public Seen look(Parameters place, Value pictures) {
            Value large = Functions.resizeBilinear(pictures, InceptionV3.SIZE, InceptionV3.SIZE);
            InceptionV3.Features features = new InceptionV3(InceptionV3.Variant.TORCHVISION).read(place.at(INCEPTION).frozen(), large);
            int places = features.local().dim(1) * features.local().dim(2);
            Value regions = Layers.conv2dWithoutBias(place.at("regions"), features.local(), width, 1, Window.of(1, 0), START);
            return new Seen(regions.reshape(pictures.dim(0), places, width),
                    Layers.linear(place.at("whole"), features.pooled(), width, START, Initializer.ZEROS));
        }
    }
}
