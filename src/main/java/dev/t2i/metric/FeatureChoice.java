package dev.t2i.metric;

import dev.t2i.backend.Backend;
import dev.t2i.error.BadInputException;
import dev.t2i.gan.InceptionV3.Variant;
import dev.t2i.image.MetricResize;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * A feature network by its name on the command line: {@code recogniser} or {@code recogniser:DIR}, {@code inception:FILE} (the FID
 * network of 2015) or {@code torchvision:FILE}, the files being safetensors.
 *
 * @param path where its weights are; empty for the recogniser that ships
 * @param resize how pictures come to its size; the recogniser has a way of its own
 */
public record FeatureChoice(Kind kind, Optional<Path> path, MetricResize resize) {
    /** The networks. */
    public enum Kind {
        RECOGNISER, INCEPTION, TORCHVISION
    }

    private static final String KINDS = "recogniser, recogniser:DIR, inception:FILE.safetensors or torchvision:FILE.safetensors";

    /** @throws BadInputException in one line that names the value and the remedy */
    public static FeatureChoice parse(String text, Optional<MetricResize> resize) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        Kind kind;
        Optional<Path> path;
        try {
            kind = Kind.valueOf(name.toUpperCase(Locale.ROOT));
            path = colon < 0 || colon + 1 == text.length() ? Optional.empty() : Optional.of(Path.of(text.substring(colon + 1)));
        } catch (InvalidPathException e) {
            throw new BadInputException("features '" + text + "': not a path, " + e.getReason(), e);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("features '" + text + "': no feature network, write " + KINDS, e);
        }
        if (kind != Kind.RECOGNISER && path.isEmpty()) {
            throw new BadInputException("features '" + text + "': name the file with its weights, as in " + name
                    + ":FILE.safetensors; 't2i model convert' makes it of a published checkpoint");
        }
        if (kind == Kind.RECOGNISER && resize.isPresent()) {
            throw new BadInputException("resize: the recogniser has a way of its own; --resize is for inception: and torchvision:");
        }
        return new FeatureChoice(kind, path, resize.orElse(MetricResize.CLEAN));
    }

    /** The name that {@link FeatureNetwork#name} will give, without opening an Inception's weights. */
    public Optional<String> knownName() {
        return kind == Kind.RECOGNISER ? Optional.empty() : Optional.of(InceptionFeatures.name(variant(), resize));
    }

    private Variant variant() {
        return kind == Kind.INCEPTION ? Variant.FID : Variant.TORCHVISION;
    }

    /** @throws dev.t2i.error.BadModelException in one line if the weights are missing, or of another network */
    public FeatureNetwork open(Backend backend) {
        return kind == Kind.RECOGNISER
                ? new RecogniserFeatures(path.isEmpty() ? Recogniser.shipped(backend) : Recogniser.open(path.get(), backend))
                : InceptionFeatures.open(variant(), path.orElseThrow(), resize, backend);
    }
}
