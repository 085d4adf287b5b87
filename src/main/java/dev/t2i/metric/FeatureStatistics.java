package dev.t2i.metric;

import dev.t2i.error.BadInputException;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * Mean and covariance of the features of a set of pictures: all that the Fréchet distance needs to know of it.
 *
 * @param network name of the feature network
 * @param count pictures
 * @param mean {@code [features]}
 * @param covariance {@code [features, features]}, row-major, divided by {@code count - 1}
 */
public record FeatureStatistics(String network, long count, double[] mean, double[] covariance) {
    /** Covariances of more features would not fit an array, nor anybody's patience. */
    static final int WIDEST = 16_384;
    private static final String MEAN = "mean";
    private static final String COVARIANCE = "covariance";
    private static final String NETWORK = "features";
    private static final String COUNT = "count";

    public int width() {
        return mean.length;
    }

    /** Saves them as safetensors: {@code mean} and {@code covariance} in F64, network and count in the metadata. */
    public void write(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            new SafetensorsWriter().metadata(NETWORK, network).metadata(COUNT, Long.toString(count))
                    .add(MEAN, tensor(arena, Shape.of(width()), mean))
                    .add(COVARIANCE, tensor(arena, Shape.of(width(), width()), covariance))
                    .write(file);
        }
    }

    private static Tensor tensor(Arena arena, Shape shape, double[] values) {
        Tensor tensor = Tensor.allocate(arena, DType.F64, shape);
        for (int i = 0; i < values.length; i++) {
            tensor.set(i, values[i]);
        }
        return tensor;
    }

    /** Whether an opened file holds statistics, as {@link #write} saves them. */
    static boolean areIn(Weights file) {
        return file.names().contains(MEAN) && file.names().contains(COVARIANCE);
    }

    /** @throws BadInputException in one line if the file holds no statistics */
    public static FeatureStatistics read(Path path) {
        try (Arena arena = Arena.ofConfined()) {
            return of(SafetensorsFile.open(path, arena));
        }
    }

    static FeatureStatistics of(Weights file) {
        if (!areIn(file)) {
            throw new BadInputException(file.origin() + ": holds no 'mean' and 'covariance'; it is no file of feature statistics");
        }
        Tensor mean = file.tensor(MEAN);
        Tensor covariance = file.tensor(COVARIANCE);
        long width = mean.size();
        if (mean.shape().rank() != 1 || covariance.shape().rank() != 2 || covariance.shape().dim(0) != width || covariance.shape().dim(1) != width) {
            throw new BadInputException("%s: mean %s and covariance %s do not fit, [d] and [d, d] are needed"
                    .formatted(file.origin(), mean.shape(), covariance.shape()));
        }
        if (width < 1 || width > WIDEST) {
            throw new BadInputException("%s: statistics of %d features, 1 to %d are possible".formatted(file.origin(), width, WIDEST));
        }
        String count = file.metadata().getOrDefault(COUNT, "0");
        if (!count.matches("\\d{1,18}")) {
            throw new BadInputException(file.origin() + ": the metadata's count is '" + count + "', not a number of pictures");
        }
        double[] variances = numbers(file, COVARIANCE, covariance);
        for (int i = 0; i < width; i++) {
            double variance = variances[Math.toIntExact(i * (width + 1))];
            if (variance < 0) {
                throw new BadInputException("%s: the variance of feature %d is %s, below 0; save the statistics again".formatted(file.origin(), i, variance));
            }
        }
        return new FeatureStatistics(file.metadata().getOrDefault(NETWORK, "unknown"), Long.parseLong(count), numbers(file, MEAN, mean), variances);
    }

    private static double[] numbers(Weights file, String name, Tensor tensor) {
        double[] numbers = new double[Math.toIntExact(tensor.size())];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = tensor.getDouble(i);
            if (!Double.isFinite(numbers[i])) {
                throw new BadInputException("%s: '%s' holds %s; save the statistics again".formatted(file.origin(), name, numbers[i]));
            }
        }
        return numbers;
    }
}
