package dev.t2i.train;

import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.GeneratorSettings;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gan.OneWayDiscriminator;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A text-to-image model whose networks a training starts from, rather than from random weights. The generator may have
 * grown since: parameters that the folder lacks begin as they would in a new network. What both have must agree in shape.
 * A generator grows to larger pictures by channels appended to the start's, see {@link GeneratorSettings#grown}. Discriminators go on where the
 * folder has the same ones, or what they grew from ({@link OneWayDiscriminator}).
 */
public final class ModelStart {
    private final Path folder;

    private ModelStart(Path folder) {
        this.folder = folder;
    }

    /** @throws BadModelException when the folder is no text-to-image model */
    public static ModelStart open(Path folder) {
        ModelFolder.requireModel(folder);
        return new ModelStart(folder);
    }

    /** Refuses a model whose generator paints other pictures than {@code wanted} does and is not the beginning of it. */
    void requireGrowth(GeneratorSettings wanted) {
        GeneratorSettings own = ModelConfig.read(folder).generator();
        List<Integer> channels = wanted.channels();
        int more = channels.size() - own.channels().size();
        if (more < 0 || !channels.subList(0, own.channels().size()).equals(own.channels())) {
            throw new BadModelException("%s: its generator.channels are %s, the configuration has %s; a generator keeps its channels and grows by more at their end"
                    .formatted(folder, own.channels(), channels));
        }
        if (wanted.grown() != own.grown() + more) {
            throw new BadModelException("%s: its generator.channels are %s, with grown %d; for %s set generator.grown to %d, not %d"
                    .formatted(folder, own.channels(), own.grown(), channels, own.grown() + more, wanted.grown()));
        }
    }

    /**
     * One line for people: the folder, what of the generator it does not have, and where the discriminators begin.
     *
     * @param discriminators parameters of the training's discriminators, where it has any
     */
    String describe(List<Parameters.Declaration> generator, Optional<List<Parameters.Declaration>> discriminators) {
        List<Parameters.Declaration> fresh;
        try (Arena reading = Arena.ofShared()) {
            Set<String> names = Weights.open(folder.resolve(Weights.SINGLE), reading).names();
            fresh = generator.stream().filter(d -> !names.contains(ModelFolder.GENERATOR + "." + d.name())).toList();
        }
        return "starts from " + folder + (fresh.isEmpty() ? "" : "; new in the generator: " + parts(fresh))
                + discriminators.map(this::describeDiscriminators).orElse("");
    }

    private String describeDiscriminators(List<Parameters.Declaration> declarations) {
        if (!Files.exists(discriminatorFile())) {
            return "; the folder has no discriminator, so that begins anew";
        }
        if (!continuesDiscriminators(declarations)) {
            return "; the discriminator of the configuration has other shapes than the folder's, so it begins anew";
        }
        Set<String> names = discriminatorShapes().keySet();
        List<Parameters.Declaration> fresh = declarations.stream().filter(d -> !names.contains(d.name())).toList();
        return fresh.isEmpty() ? "; its discriminator goes on" : "; its discriminator goes on, new in it: " + parts(fresh);
    }

    /** What parameters belong to, and how many numbers they have. */
    private static String parts(List<Parameters.Declaration> fresh) {
        String parts = fresh.stream().map(d -> part(d.name())).distinct().collect(Collectors.joining(", "));
        return String.format(Locale.ROOT, "%s (%,d numbers)", parts, fresh.stream().mapToLong(d -> d.shape().size()).sum());
    }

    /** The block that a parameter belongs to. */
    private static String part(String name) {
        String[] names = name.split("\\.", 3);
        return names.length > 2 && names[1].chars().allMatch(Character::isDigit) ? names[0] + "." + names[1] : names[0];
    }

    /** Refuses a model whose generator has parameters that {@code declarations}, those of the whole new one, would leave out. */
    void requireNoMore(List<Parameters.Declaration> declarations) {
        Path file = folder.resolve(Weights.SINGLE);
        Set<String> wanted = declarations.stream().map(d -> ModelFolder.GENERATOR + "." + d.name()).collect(Collectors.toSet());
        try (Arena reading = Arena.ofShared()) {
            List<String> more = Weights.open(file, reading).names().stream()
                    .filter(name -> name.startsWith(ModelFolder.GENERATOR + ".") && !wanted.contains(name)).sorted().toList();
            if (!more.isEmpty()) {
                throw new BadModelException("%s: has '%s'%s, which the generator of the configuration lacks; make the settings under generator agree with the start's config.json"
                        .formatted(file, more.getFirst(), more.size() == 1 ? "" : " and %d more".formatted(more.size() - 1)));
            }
        }
    }

    /** First values of those parameters, which may be a part of the generator. */
    Map<String, Tensor> generator(List<Parameters.Declaration> declarations, long seed, Arena arena) {
        Path file = folder.resolve(Weights.SINGLE);
        List<Parameters.Declaration> known;
        try (Arena reading = Arena.ofShared()) {
            Weights weights = Weights.open(file, reading);
            known = declarations.stream().filter(d -> weights.names().contains(ModelFolder.GENERATOR + "." + d.name())).toList();
        }
        Map<String, Tensor> values = Parameters.initialize(declarations, seed, arena);
        values.putAll(TextSource.tensors(file, ModelFolder.GENERATOR, known, _ -> true, arena));
        return values;
    }

    /** First values of discriminators: the folder's, where it has the same or what they grew from, else fresh ones. */
    Map<String, Tensor> discriminator(List<Parameters.Declaration> declarations, long seed, Arena arena) {
        Map<String, Tensor> values = Parameters.initialize(declarations, seed, arena);
        if (Files.exists(discriminatorFile()) && continuesDiscriminators(declarations)) {
            Set<String> names = discriminatorShapes().keySet();
            List<Parameters.Declaration> known = declarations.stream().filter(d -> names.contains(d.name())).toList();
            values.putAll(TextSource.tensors(discriminatorFile(), ModelFolder.DISCRIMINATOR, known, arena));
        }
        return values;
    }

    private Path discriminatorFile() {
        return folder.resolve(ModelFolder.companion(ModelFolder.DISCRIMINATOR));
    }

    /** Whether all of the folder's discriminators is declared, and what is declared beyond them is what growing adds. */
    private boolean continuesDiscriminators(List<Parameters.Declaration> declarations) {
        Map<String, Shape> own = discriminatorShapes();
        Map<String, Shape> declared = declarations.stream().collect(Collectors.toMap(Parameters.Declaration::name, Parameters.Declaration::shape));
        return own.entrySet().stream().allMatch(each -> each.getValue().equals(declared.get(each.getKey())))
                && declared.keySet().stream().allMatch(name -> own.containsKey(name) || OneWayDiscriminator.isGrown(name));
    }

    /** By parameter name. */
    private Map<String, Shape> discriminatorShapes() {
        String prefix = ModelFolder.DISCRIMINATOR + ".";
        try (Arena reading = Arena.ofShared()) {
            Weights weights = Weights.open(discriminatorFile(), reading);
            return weights.names().stream().filter(name -> name.startsWith(prefix))
                    .collect(Collectors.toMap(name -> name.substring(prefix.length()), name -> weights.tensor(name).shape()));
        }
    }

    Map<String, Tensor> posterior(List<Parameters.Declaration> declarations, Arena arena) {
        Path file = folder.resolve(ModelFolder.companion(ModelFolder.POSTERIOR));
        if (!Files.exists(file)) {
            throw new BadInputException(file + ": there is no such file; start from a model that an autoencoder's training made, or set reconstruction.weight=0");
        }
        return TextSource.tensors(file, ModelFolder.POSTERIOR, declarations, arena);
    }
}
