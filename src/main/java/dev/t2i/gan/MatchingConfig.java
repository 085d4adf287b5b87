package dev.t2i.gan;

import com.fasterxml.jackson.databind.JsonNode;
import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.config.Settings;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.ModelJson;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@code config.json} of a matching model's folder, which holds {@code model.safetensors} with {@code adapter.*} and
 * {@code image.*} beside the encoder's folder {@code encoder/}.
 *
 * @param format version of this layout
 * @param size edge of the pictures in pixels
 * @param text how sentences become vectors
 * @param image channels of the {@link ImageEncoder}; none where an Inception-v3 is in its place
 * @param samples pairs that it was trained on
 * @param damsm how words and regions meet; empty where only wholes do
 */
public record MatchingConfig(
        @Range(min = 1, max = 1) @Default("1") int format,
        @Range(min = 8, max = 1024) int size,
        AdapterSettings text,
        @Default("[]") List<Integer> image,
        @Range(min = 0) @Default("0") long samples,
        Optional<DamsmSettings> damsm) {
    /** Prefix of the image encoder's tensors. */
    public static final String IMAGE = "image";
    private static final long LONGEST = 1 << 20;

    public MatchingConfig {
        image = checkImage(image, size, damsm);
    }

    /** Refuses a picture side that cannot be; gives its channels. */
    public static List<Integer> checkImage(List<Integer> image, int size, Optional<DamsmSettings> damsm) {
        if (damsm.isPresent() && damsm.get().inception().isPresent()) {
            if (!image.isEmpty()) {
                throw new IllegalArgumentException("image has channels, but damsm.inception is in the place of that encoder; leave one of them out");
            }
            return List.of();
        }
        List<Integer> channels = Channels.check("image", image);
        Channels.requireSize("image", channels, size);
        damsm.ifPresent(settings -> settings.requireSize("damsm.regions", size));
        return channels;
    }

    /** Whether the folder's configuration is a matching model's rather than a text-to-image model's. */
    public static boolean isIn(Path folder) {
        return ModelJson.readObject(folder.resolve(ModelConfig.FILE), 16 << 20).has(IMAGE);
    }

    /**
     * Reads a matching model's configuration.
     *
     * @throws BadModelException in one line naming the file, the setting and what it should be
     */
    public static MatchingConfig read(Path folder) {
        Path file = folder.resolve(ModelConfig.FILE);
        JsonNode tree = ModelJson.readObject(file, LONGEST);
        try {
            return Settings.fromTree(tree, file.toString(), MatchingConfig.class);
        } catch (BadInputException e) {
            throw new BadModelException(e.getMessage(), e);
        }
    }

    public void write(Path folder) {
        AtomicFile.write(folder.resolve(ModelConfig.FILE), Settings.toTree(this).toPrettyString() + "\n");
    }

    /** The picture side with its loss, in which cosines of whole sentences and pictures have the factor {@code sharpness}, or the DAMSM's own. */
    public Matcher buildMatcher(double sharpness) {
        return damsm.<Matcher>map(d -> new Damsm(d.build(buildImageEncoder()), text.kind() != AdapterSettings.Kind.DIRECT, d.against(),
                new DamsmLoss(d.gamma1(), d.gamma2(), d.gamma3()))).orElseGet(() -> new Matcher.OfSentences(buildImageEncoder(), sharpness));
    }

    public ImageEncoder buildImageEncoder() {
        return new ImageEncoder(text.width(), image);
    }
}
