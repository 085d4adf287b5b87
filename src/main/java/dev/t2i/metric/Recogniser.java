package dev.t2i.metric;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.data.scene.Colour;
import dev.t2i.data.scene.Ground;
import dev.t2i.data.scene.Observation;
import dev.t2i.data.scene.Size;
import dev.t2i.data.scene.TimeOfDay;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.image.Picture;
import dev.t2i.image.Resize;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Names what a picture of a scene shows: time of day, ground, and every thing with its colour, size and place. It is what
 * obedience is measured with, so it is hard to please: what is blurred, smeared, half missing, half something else, a mere
 * spot of the right colour or a ghost, it has learnt not to name ({@link LessonMaker} states the rules). It measures and
 * never trains: nothing outside this package gets hold of its network.
 *
 * <p>An instance belongs to one thread; closing it frees its memory.
 */
public final class Recogniser implements AutoCloseable {
    static final String NETWORK = "recogniser";
    private static final int BATCH = 32;
    /** An answer that is less sure than this counts as not recognised. */
    private static final double SURE = 0.5;

    /**
     * What was seen, and how sure the recogniser is of it: probabilities from 0 to 1.
     *
     * @param things for each thing of the observation, the probability of its weakest attribute
     */
    public record Reading(Observation observation, double time, double ground, List<Double> things) {
        public Reading {
            things = List.copyOf(things);
        }
    }

    private final RecogniserFiles.Config config;
    private final Arena arena = Arena.ofShared();
    private final Session session;
    private final Executable executable;
    private final Tensor input;
    private final String fingerprint;

    private Recogniser(RecogniserFiles.Opened opened, Backend backend, Arena files) {
        try (files) {
            this.config = opened.config();
            this.session = backend.open();
            RecogniserShape shape = config.network();
            CRC32 sum = new CRC32();
            try (Arena scratch = Arena.ofConfined()) {
                for (String name : opened.weights().names()) {
                    Tensor stored = opened.weights().tensor(name);
                    Tensor full = Tensor.allocate(scratch, DType.F32, stored.shape());
                    full.copyFrom(stored);
                    sum.update(full.segment().asByteBuffer());
                    session.put(NETWORK + "/" + name, full);
                }
            }
            this.fingerprint = "%08x".formatted(sum.getValue());
            this.input = Tensor.allocate(arena, DType.F32, Shape.of(BATCH, shape.size(), shape.size(), 3));
            this.executable = session.compile(graph(shape));
        }
    }

    private static Graph graph(RecogniserShape shape) {
        Graph graph = new Graph();
        Value pictures = graph.input(LessonFeed.PICTURES, DType.F32, Shape.of(BATCH, shape.size(), shape.size(), 3));
        RecogniserNetwork.Answers answers = new RecogniserNetwork(shape).read(Parameters.of(graph, NETWORK), pictures);
        graph.output("features", answers.features());
        graph.output(LessonFeed.TIME, answers.time());
        graph.output(LessonFeed.GROUND, answers.ground());
        graph.output(LessonFeed.PRESENCE, answers.presence());
        graph.output(LessonFeed.COLOUR, answers.colour());
        graph.output(LessonFeed.SIZE, answers.size());
        return graph;
    }

    /** The recogniser that ships with the program. */
    public static Recogniser shipped(Backend backend) {
        Arena files = Arena.ofConfined();
        return new Recogniser(RecogniserFiles.shipped(files), backend, files);
    }

    /**
     * A recogniser from the folder that its training exported.
     *
     * @throws dev.t2i.error.BadModelException in one line if it is missing or malformed
     */
    public static Recogniser open(Path folder, Backend backend) {
        Arena files = Arena.ofConfined();
        return new Recogniser(RecogniserFiles.open(folder, files), backend, files);
    }

    /** Its name, which belongs beside every distance measured on its features. */
    public String name() {
        return config.name();
    }

    /** Eight hexadecimal digits that change with its weights. */
    String fingerprint() {
        return fingerprint;
    }

    /** Side of the pictures that it reads, in pixels. */
    public int size() {
        return config.network().size();
    }

    /** Length of its feature vectors. */
    public int featureCount() {
        return config.network().features();
    }

    /** What is seen in a single picture: {@code size * size * 3} numbers in [-1, 1], rows from the top, red, green, blue. */
    public Observation observe(float[] picture) {
        return read(picture, 1).getFirst().observation();
    }

    /** What is seen in a picture of any size, resized to the recogniser's. */
    public Observation observe(Picture picture) {
        return observe(pixels(List.of(picture)));
    }

    /** Pictures of any size as {@link #read} and {@link #features} take them: resized, one after another. */
    public float[] pixels(List<Picture> pictures) {
        int length = size() * size() * 3;
        float[] pixels = new float[pictures.size() * length];
        for (int i = 0; i < pictures.size(); i++) {
            Resize.square(pictures.get(i), size(), Resize.Filter.TRIANGLE).toFloats(pixels, i * length);
        }
        return pixels;
    }

    /** As {@link #observe(float[])}, of {@code count} pictures one after another, with confidences. */
    public List<Reading> read(float[] pictures, int count) {
        List<Reading> readings = new ArrayList<>(count);
        for (int first = 0; first < count; first += BATCH) {
            int rows = run(pictures, first, count);
            for (int row = 0; row < rows; row++) {
                readings.add(reading(row));
            }
        }
        return readings;
    }

    /** Feature vectors of {@code count} pictures, {@code [count][featureCount]}: the trunk's mean over the picture. */
    public float[][] features(float[] pictures, int count) {
        float[][] features = new float[count][featureCount()];
        for (int first = 0; first < count; first += BATCH) {
            int rows = run(pictures, first, count);
            MemorySegment source = executable.output("features").segment();
            for (int row = 0; row < rows; row++) {
                MemorySegment.copy(source, ValueLayout.JAVA_FLOAT, (long) row * featureCount() * Float.BYTES,
                        features[first + row], 0, featureCount());
            }
        }
        return features;
    }

    /**
     * Probabilities of {@code count} pictures' backdrops, {@code [count][times * grounds]}: each time of day with each ground, as if they
     * were independent.
     */
    float[][] backdrops(float[] pictures, int count) {
        float[][] backdrops = new float[count][Lesson.TIMES * Lesson.GROUNDS];
        for (int first = 0; first < count; first += BATCH) {
            int rows = run(pictures, first, count);
            for (int row = 0; row < rows; row++) {
                double[] times = softmax(LessonFeed.TIME, row, Lesson.TIMES);
                double[] grounds = softmax(LessonFeed.GROUND, row, Lesson.GROUNDS);
                for (int i = 0; i < backdrops[0].length; i++) {
                    backdrops[first + row][i] = (float) (times[i / Lesson.GROUNDS] * grounds[i % Lesson.GROUNDS]);
                }
            }
        }
        return backdrops;
    }

    private double[] softmax(String output, int row, int classes) {
        Tensor logits = executable.output(output);
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < classes; i++) {
            largest = Math.max(largest, logits.getFloat((long) row * classes + i));
        }
        double total = 0;
        double[] shares = new double[classes];
        for (int i = 0; i < classes; i++) {
            shares[i] = Math.exp(logits.getFloat((long) row * classes + i) - largest);
            total += shares[i];
        }
        for (int i = 0; i < classes; i++) {
            shares[i] /= total;
        }
        return shares;
    }

    /** Runs one batch and says how many of its rows count. */
    private int run(float[] pictures, int first, int count) {
        int length = size() * size() * 3;
        if (pictures.length < (long) count * length) {
            throw new IllegalArgumentException("%d pictures of %d pixels need %d numbers, got %d"
                    .formatted(count, size(), (long) count * length, pictures.length));
        }
        int rows = Math.min(BATCH, count - first);
        input.segment().fill((byte) 0);
        MemorySegment.copy(pictures, first * length, input.segment(), ValueLayout.JAVA_FLOAT, 0, rows * length);
        executable.run(Map.of(LessonFeed.PICTURES, input));
        return rows;
    }

    private Reading reading(int row) {
        Choice time = choice(LessonFeed.TIME, row, Lesson.TIMES);
        Choice ground = choice(LessonFeed.GROUND, row, Lesson.GROUNDS);
        Tensor presence = executable.output(LessonFeed.PRESENCE);
        List<Observation.Seen> seen = new ArrayList<>();
        List<Double> confidences = new ArrayList<>();
        for (int index = 0; index < Slot.COUNT; index++) {
            double present = 1 / (1 + Math.exp(-presence.getFloat((long) row * Slot.COUNT + index)));
            if (present > SURE) {
                Slot slot = Slot.at(index);
                Choice colour = choice(LessonFeed.COLOUR, row * Slot.COUNT + index, Lesson.COLOURS);
                Choice size = choice(LessonFeed.SIZE, row * Slot.COUNT + index, Lesson.SIZES);
                seen.add(new Observation.Seen(slot.kind(), colour.of(Colour.values()), size.of(Size.values()), slot.place()));
                confidences.add(Math.min(present, Math.min(colour.probability(), size.probability())));
            }
        }
        Observation observation = new Observation(time.of(TimeOfDay.values()), ground.of(Ground.values()), seen);
        return new Reading(observation, time.probability(), ground.probability(), confidences);
    }

    private record Choice(int index, double probability) {
        <E> E of(E[] values) {
            return probability > SURE ? values[index] : null;
        }
    }

    /** The likeliest of {@code classes} in a row of logits, by softmax. */
    private Choice choice(String output, int row, int classes) {
        Tensor logits = executable.output(output);
        int best = 0;
        for (int i = 1; i < classes; i++) {
            if (logits.getFloat((long) row * classes + i) > logits.getFloat((long) row * classes + best)) {
                best = i;
            }
        }
        double total = 0;
        for (int i = 0; i < classes; i++) {
            total += Math.exp(logits.getFloat((long) row * classes + i) - logits.getFloat((long) row * classes + best));
        }
        return new Choice(best, 1 / total);
    }

    @Override
    public void close() {
        executable.close();
        session.close();
        arena.close();
    }
}
