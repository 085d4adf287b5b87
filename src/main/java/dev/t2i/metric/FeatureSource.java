package dev.t2i.metric;

import dev.t2i.data.FileTree;
import dev.t2i.error.BadInputException;
import dev.t2i.error.FileTrouble;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import dev.t2i.safetensors.SafetensorsException;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Features of a set of pictures, wherever they are: a folder of pictures, a file of {@link FeatureStatistics}, pytorch-fid's {@code .npz}, or a
 * safetensors file with {@code features [n, d]} that any network may have written.
 *
 * @param network opens the network for folders; asked only when there is one
 * @param unnamed the network that statistics are taken to be of whose file names none
 * @param cache where features of folders are kept
 */
public record FeatureSource(Supplier<FeatureNetwork> network, String unnamed, Optional<FeatureCache> cache) {
    private static final int BATCH = 32;
    private static final String FEATURES = "features";
    private static final String UNKNOWN = "unknown";

    /** @param set the vectors themselves; empty where only statistics were kept */
    public record Features(FeatureStatistics statistics, Optional<FeatureSet> set) {
        static Features of(FeatureSet set) {
            return new Features(set.statistics(), Optional.of(set));
        }
    }

    /**
     * Whether a set has features, or pictures to have them of, and not statistics alone.
     *
     * @throws BadInputException in one line where the file cannot be read
     */
    public static boolean hasVectors(Path path) {
        if (Files.isDirectory(path) || NpzStatistics.hasName(path)) {
            return Files.isDirectory(path);
        }
        try (Arena arena = Arena.ofConfined()) {
            return !FeatureStatistics.areIn(SafetensorsFile.open(path, arena));
        } catch (SafetensorsException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    /** @throws BadInputException in one line where there are no features or pictures */
    public Features read(Path path) {
        if (Files.isDirectory(path)) {
            return folder(path);
        }
        if (NpzStatistics.hasName(path)) {
            return new Features(NpzStatistics.read(path, unnamed), Optional.empty());
        }
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile file = SafetensorsFile.open(path, arena);
            if (FeatureStatistics.areIn(file)) {
                return new Features(FeatureStatistics.of(file), Optional.empty());
            }
            if (!file.names().contains(FEATURES)) {
                throw new BadInputException(path + ": holds neither 'features' nor 'mean' and 'covariance'");
            }
            return Features.of(new FeatureSet(file.metadata().getOrDefault("network", UNKNOWN), rows(path, file.tensor(FEATURES))));
        } catch (SafetensorsException e) {
            // Here the file is data, not a model.
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private static float[][] rows(Path path, Tensor features) {
        if (features.shape().rank() != 2) {
            throw new BadInputException(path + ": features have shape " + features.shape() + ", [pictures, features] is needed");
        }
        int width = features.shape().dim(1);
        if (features.shape().dim(0) < 2 || width < 1 || width > FeatureStatistics.WIDEST) {
            throw new BadInputException("%s: features have shape %s; a distance needs at least 2 pictures, of 1 to %d features each"
                    .formatted(path, features.shape(), FeatureStatistics.WIDEST));
        }
        float[][] rows = new float[features.shape().dim(0)][width];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < width; j++) {
                rows[i][j] = features.getFloat((long) i * width + j);
                if (!Float.isFinite(rows[i][j])) {
                    throw new BadInputException("%s: feature %d of picture %d is %s; compute the features again".formatted(path, j, i, rows[i][j]));
                }
            }
        }
        return rows;
    }

    private Features folder(Path folder) {
        List<Path> files;
        try {
            files = FileTree.sorted(folder).stream().filter(PictureFiles::hasPictureName).toList();
        } catch (IOException e) {
            throw new BadInputException(folder + ": cannot be listed, " + FileTrouble.reason(e), e);
        }
        if (files.size() < 2) {
            throw new BadInputException(folder + ": a distance needs at least 2 pictures, there are " + files.size());
        }
        try (FeatureNetwork eye = network.get()) {
            Optional<String> key = key(folder, files, eye);
            Optional<FeatureCache.Kept> known = key.flatMap(name -> cache.orElseThrow().find(name, folder.toString()));
            if (known.isPresent()) {
                return Features.of(known.get().set());
            }
            float[][] vectors = new float[files.size()][];
            float[][] probabilities = new float[files.size()][];
            for (int first = 0; first < vectors.length; first += BATCH) {
                int count = Math.min(BATCH, vectors.length - first);
                List<Picture> pictures = new ArrayList<>();
                files.subList(first, first + count).forEach(file -> pictures.add(PictureFiles.read(file)));
                FeatureNetwork.View view = eye.look(pictures);
                System.arraycopy(view.features(), 0, vectors, first, count);
                System.arraycopy(view.probabilities(), 0, probabilities, first, count);
            }
            FeatureSet set = new FeatureSet(eye.name(), vectors);
            key.ifPresent(name -> cache.orElseThrow().keep(name, new FeatureCache.Kept(set, probabilities)));
            return Features.of(set);
        }
    }

    private Optional<String> key(Path folder, List<Path> files, FeatureNetwork eye) {
        if (cache.isEmpty()) {
            return Optional.empty();
        }
        try {
            List<Picture> some = IntStream.range(0, FeatureCache.LOOKED_AT)
                    .mapToObj(i -> PictureFiles.read(files.get((int) ((long) i * (files.size() - 1) / (FeatureCache.LOOKED_AT - 1))))).toList();
            return Optional.of(FeatureCache.key(List.of("folder", FeatureCache.listing(folder), FeatureCache.sum(some), eye.name(), eye.fingerprint())));
        } catch (IOException e) {
            throw new BadInputException(folder + ": cannot be listed, " + FileTrouble.reason(e), e);
        }
    }
}
