package dev.t2i;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.error.BadInputException;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ShippedFolder;
import dev.t2i.gpt2.Sentences;
import dev.t2i.image.Picture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjIntConsumer;

/**
 * Draws what sentences say.
 *
 * {@snippet :
 * try (TextToImage model = TextToImage.openDefault()) {
 *     Picture picture = model.draw("a red house under a yellow moon", 7);
 *     Png.write(picture, Map.of(), Path.of("house.png"), false);
 * }
 * }
 *
 * <p>A picture is a function of model, prompt, seed and truncation alone: drawn by itself or beside others, on any number
 * of threads, it has the same bytes. Backends differ by rounding.
 *
 * <p>Safe for use by several threads, which take turns; one picture keeps all cores busy. Needs a JVM with
 * {@code --add-modules jdk.incubator.vector} for the backend {@code vector}.
 */
public final class TextToImage implements AutoCloseable {
    private static final double MOST_TRUNCATION = 4;

    /** A picture to draw. */
    public record Request(String prompt, long seed) {}

    private final Artist artist;
    private final KnownWords words;

    private TextToImage(Artist artist) {
        this.artist = artist;
        this.words = new KnownWords(artist.config().words());
    }

    /**
     * Opens the model that ships with the program, on the fastest backend of this machine.
     *
     * @throws dev.t2i.error.BadModelException when this build holds none
     */
    public static TextToImage openDefault() {
        return openDefault(Backends.get(Backends.AUTO));
    }

    /** Opens the model that ships with the program. */
    public static TextToImage openDefault(Backend backend) {
        Path folder = DefaultModel.folder();
        try {
            return open(folder, backend);
        } finally {
            ShippedFolder.close(folder);
        }
    }

    /** Opens a model folder on the fastest backend of this machine, see {@link #open(Path, Backend)}. */
    public static TextToImage open(Path modelFolder) {
        return open(modelFolder, Backends.get(Backends.AUTO));
    }

    /**
     * Opens a model folder: {@code config.json}, {@code model.safetensors} and {@code encoder/}.
     *
     * @param backend what to run it on; {@link Backends} has them by name, and with a number of threads
     * @throws dev.t2i.error.BadModelException when the folder is missing or not such a model
     * @throws dev.t2i.error.BackendException  when the backend can't run here
     */
    public static TextToImage open(Path modelFolder, Backend backend) {
        return new TextToImage(Artist.open(modelFolder, backend));
    }

    /**
     * Draws one picture with the model's own {@link #truncation}.
     *
     * @param seed which of the pictures that the prompt may mean
     * @throws BadInputException when the prompt is empty or too long
     */
    public Picture draw(String prompt, long seed) {
        return draw(List.of(new Request(prompt, seed)), truncation()).getFirst();
    }

    /** The factor on the noise with which the model draws best, as whoever trained it found. */
    public double truncation() {
        return artist.config().truncation();
    }

    /** Draws pictures, in the order of the requests; see {@link #draw(List, double, ObjIntConsumer)}. */
    public List<Picture> draw(List<Request> requests, double truncation) {
        List<Picture> pictures = new ArrayList<>(requests.size());
        draw(requests, truncation, (picture, _) -> pictures.add(picture));
        return pictures;
    }

    /**
     * Draws pictures and hands on each with its request's number, in order, as soon as it is there.
     *
     * @param truncation factor on the noise, 0 to {@value #MOST_TRUNCATION}: at 1 it is as in training; below, pictures
     *                   of a prompt are more alike and more usual, at 0 they are all the same
     * @throws BadInputException naming the first prompt that is empty or too long, before anything is drawn
     */
    public void draw(List<Request> requests, double truncation, ObjIntConsumer<Picture> each) {
        requireTruncation(truncation);
        synchronized (artist) {
            artist.draw(requests, truncation, each);
        }
    }

    /**
     * Refuses what {@link #draw(List, double, ObjIntConsumer)} would refuse, without drawing.
     *
     * @throws BadInputException naming the first prompt that is empty or too long
     */
    public void requireDrawable(List<Request> requests) {
        synchronized (artist) {
            artist.requireDrawable(requests);
        }
    }

    /** @throws BadInputException when pictures can't be drawn with this factor on the noise */
    public static void requireTruncation(double truncation) {
        if (!(truncation >= 0 && truncation <= MOST_TRUNCATION)) {
            throw new BadInputException("truncation is %s, must be from 0 to %s".formatted(truncation, MOST_TRUNCATION));
        }
    }

    /** The words of a prompt, in order, that the model has never met. Empty for a model that doesn't tell which it has. */
    public List<String> unknownWords(String prompt) {
        return List.copyOf(new LinkedHashSet<>(Sentences.words(prompt).stream().filter(word -> !words.contains(word)).toList()));
    }

    /** A word that the model knows and that differs from {@code word} by a slip of the keyboard. */
    public Optional<String> nearestWord(String word) {
        return words.nearest(word);
    }

    /** What the model is. */
    public ModelConfig config() {
        return artist.config();
    }

    /**
     * The model's name and eight hexadecimal digits that change with its weights, as in {@code scenes-64 1f3a90c2}: what a
     * picture's metadata call it.
     */
    public String identity() {
        synchronized (artist) {
            return artist.config().name() + " " + artist.fingerprint();
        }
    }

    /** What it runs on. */
    public Backend backend() {
        return artist.backend();
    }

    /** Frees the model's memory. */
    @Override
    public void close() {
        synchronized (artist) {
            artist.close();
        }
    }
}
