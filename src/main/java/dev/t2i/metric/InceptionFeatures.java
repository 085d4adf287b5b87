package dev.t2i.metric;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.gan.InceptionV3;
import dev.t2i.gan.InceptionV3.Variant;
import dev.t2i.gan.InceptionWeights;
import dev.t2i.graph.Graph;
import dev.t2i.image.MetricResize;
import dev.t2i.image.Picture;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Features of {@link InceptionV3} with weights that the user brings: what published distances and Inception scores are measured on. The FID
 * network's class probabilities leave out the last layer's bias, as published scores do; torchvision's have it.
 */
public final class InceptionFeatures implements FeatureNetwork {
    private static final String NETWORK = "inception";
    private static final int BATCH = 16;
    private static final int SIZE = InceptionV3.SIZE;

    private final Variant variant;
    private final MetricResize resize;
    private final String fingerprint;
    private final Arena arena = Arena.ofShared();
    private final Session session;
    private final Executable executable;
    private final Tensor input;

    private InceptionFeatures(Variant variant, MetricResize resize, Path file, Backend backend) {
        this.variant = variant;
        this.resize = resize;
        Map<String, Tensor> weights = InceptionWeights.load(file, variant, arena);
        this.fingerprint = fingerprint(weights);
        this.session = backend.open();
        weights.forEach((name, tensor) -> session.lend(NETWORK + "/" + name, tensor));
        Shape shape = Shape.of(BATCH, SIZE, SIZE, 3);
        this.input = Tensor.allocate(arena, DType.F32, shape);
        Graph graph = new Graph();
        InceptionV3.Features seen = new InceptionV3(variant).read(Parameters.of(graph, NETWORK), graph.input("pictures", DType.F32, shape));
        graph.output("features", seen.pooled());
        graph.output("probabilities", Functions.softmax(variant == Variant.FID ? seen.unbiasedLogits() : seen.logits(), -1));
        this.executable = session.compile(graph);
    }

    /**
     * @param file weights in safetensors
     * @throws dev.t2i.error.BadModelException in one line if it is missing, or of another network
     */
    public static InceptionFeatures open(Variant variant, Path file, MetricResize resize, Backend backend) {
        return new InceptionFeatures(variant, resize, file, backend);
    }

    private static String fingerprint(Map<String, Tensor> weights) {
        CRC32 sum = new CRC32();
        weights.forEach((_, tensor) -> sum.update(tensor.segment().asByteBuffer()));
        return "%08x".formatted(sum.getValue());
    }

    @Override
    public String name() {
        return name(variant, resize);
    }

    static String name(Variant variant, MetricResize resize) {
        return (variant == Variant.FID ? "inception-2015" : "inception-torchvision") + "," + resize;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public int featureCount() {
        return InceptionV3.POOLED;
    }

    @Override
    public View look(List<Picture> pictures) {
        View view = new View(new float[pictures.size()][featureCount()], new float[pictures.size()][variant.classes()]);
        int length = SIZE * SIZE * 3;
        for (int first = 0; first < pictures.size(); first += BATCH) {
            int rows = Math.min(BATCH, pictures.size() - first);
            input.segment().fill((byte) 0);
            for (int row = 0; row < rows; row++) {
                MemorySegment.copy(scaled(pictures.get(first + row)), 0, input.segment(), ValueLayout.JAVA_FLOAT, (long) row * length * Float.BYTES, length);
            }
            executable.run(Map.of("pictures", input));
            copy(executable.output("features"), view.features(), first, rows);
            copy(executable.output("probabilities"), view.probabilities(), first, rows);
        }
        return view;
    }

    /**
     * To about [-1, 1]. The graph of 2015 takes 128 as the middle, and so do clean-fid and TensorFlow's ways with it; pytorch-fid and
     * torchvision take 127.5.
     */
    private float[] scaled(Picture picture) {
        float[] values = resize.resize(picture, SIZE, SIZE);
        float middle = variant == Variant.FID && resize != MetricResize.PYTORCH ? 128 : 127.5f;
        for (int i = 0; i < values.length; i++) {
            values[i] = (values[i] - middle) / middle;
        }
        return values;
    }

    private static void copy(Tensor source, float[][] target, int first, int rows) {
        int width = target[0].length;
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(source.segment(), ValueLayout.JAVA_FLOAT, (long) row * width * Float.BYTES, target[first + row], 0, width);
        }
    }

    @Override
    public void close() {
        executable.close();
        session.close();
        arena.close();
    }
}
