package dev.t2i.gan;

import dev.t2i.error.BadModelException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Loads published weights of {@link InceptionV3} from safetensors: names and shapes as PyTorch's state dictionaries have them. */
public final class InceptionWeights {
    private static final double EPSILON = 0.001;
    private static final String CLASSES = "fc.weight";
    /** What helps training alone. */
    private static final String AUXILIARY = "AuxLogits.";
    private static final String COUNTS = ".num_batches_tracked";

    private InceptionWeights() {}

    /**
     * The network's parameters by the names that {@link InceptionV3#read} declares, each convolution with the normalisation behind it
     * folded in.
     *
     * @param file a {@code .safetensors} file, as {@code t2i model convert} makes it of a published checkpoint
     * @param arena owns the result; the file is closed again
     * @throws BadModelException in one line when it is the other variant's file, or no Inception-v3
     */
    public static Map<String, Tensor> load(Path file, InceptionV3.Variant variant, Arena arena) {
        try (Arena mapped = Arena.ofShared()) {
            Weights weights = SafetensorsFile.open(file, mapped);
            requireVariant(weights, variant);
            List<Parameters.Declaration> declarations = declarations(variant);
            Map<String, Shape> published = new LinkedHashMap<>();
            declarations.forEach(declaration -> publish(declaration, published));
            weights.requireWeights(published, name -> name.startsWith(AUXILIARY) || name.endsWith(COUNTS));
            Map<String, Tensor> loaded = new LinkedHashMap<>();
            for (Parameters.Declaration declaration : declarations) {
                Tensor tensor = Tensor.allocate(arena, DType.F32, declaration.shape());
                fill(tensor, declaration.name(), weights);
                loaded.put(declaration.name(), tensor);
            }
            return loaded;
        }
    }

    /** Everything that {@link InceptionV3#read} asks for. */
    public static List<Parameters.Declaration> declarations(InceptionV3.Variant variant) {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "inception");
        Value picture = graph.fill(0, Shape.of(1, InceptionV3.SIZE, InceptionV3.SIZE, 3));
        new InceptionV3(variant).read(place, picture);
        return place.declarations();
    }

    /** Says which file this is where it is the other variant's: a list of missing tensors would not. */
    private static void requireVariant(Weights weights, InceptionV3.Variant variant) {
        if (!weights.names().contains(CLASSES)) {
            throw new BadModelException(weights.origin() + ": has no " + CLASSES + ", so it is no Inception-v3; convert a published checkpoint with 't2i model convert'");
        }
        List<Long> dims = weights.info(CLASSES).dims();
        for (InceptionV3.Variant other : InceptionV3.Variant.values()) {
            boolean looks = dims.equals(List.of((long) other.classes(), (long) InceptionV3.POOLED));
            if (looks && other != variant) {
                throw new BadModelException("%s: these are the weights of %s (%d classes), not of %s (%d classes); measures of the two do not compare, name the network that the file is of"
                        .formatted(weights.origin(), title(other), other.classes(), title(variant), variant.classes()));
            }
        }
    }

    private static String title(InceptionV3.Variant variant) {
        return variant == InceptionV3.Variant.FID ? "the FID network" : "torchvision's inception_v3";
    }

    private static boolean isConvolution(Parameters.Declaration declaration) {
        return declaration.shape().rank() == 4;
    }

    /** What the file has for a declared parameter. A convolution's bias comes from its normalisation. */
    private static void publish(Parameters.Declaration declaration, Map<String, Shape> published) {
        String name = declaration.name();
        if (name.startsWith("fc.")) {
            published.put(name, declaration.shape());
        } else if (isConvolution(declaration)) {
            Shape shape = declaration.shape();
            String layer = name.substring(0, name.lastIndexOf('.'));
            published.put(layer + ".conv.weight", Shape.of(shape.dim(3), shape.dim(2), shape.dim(0), shape.dim(1)));
            for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
                published.put(layer + ".bn." + part, Shape.of(shape.dim(3)));
            }
        }
    }

    private static void fill(Tensor tensor, String name, Weights weights) {
        if (name.startsWith("fc.")) {
            tensor.copyFrom(weights.tensor(name));
            return;
        }
        String layer = name.substring(0, name.lastIndexOf('.'));
        double[] scale = scale(layer, weights);
        if (name.endsWith(".bias")) {
            Tensor bias = weights.tensor(layer + ".bn.bias");
            Tensor mean = weights.tensor(layer + ".bn.running_mean");
            for (int i = 0; i < scale.length; i++) {
                tensor.set(i, bias.getDouble(i) - mean.getDouble(i) * scale[i]);
            }
            return;
        }
        Tensor stored = weights.tensor(layer + ".conv.weight");
        int outputs = scale.length;
        int inputs = tensor.shape().dim(2);
        int taps = tensor.shape().dim(0) * tensor.shape().dim(1);
        for (int out = 0; out < outputs; out++) {
            for (int in = 0; in < inputs; in++) {
                for (int tap = 0; tap < taps; tap++) {
                    tensor.set(((long) tap * inputs + in) * outputs + out, stored.getDouble(((long) out * inputs + in) * taps + tap) * scale[out]);
                }
            }
        }
    }

    private static double[] scale(String layer, Weights weights) {
        Tensor factor = weights.tensor(layer + ".bn.weight");
        Tensor variance = weights.tensor(layer + ".bn.running_var");
        double[] scale = new double[(int) factor.size()];
        for (int i = 0; i < scale.length; i++) {
            scale[i] = factor.getDouble(i) / Math.sqrt(variance.getDouble(i) + EPSILON);
        }
        return scale;
    }
}
