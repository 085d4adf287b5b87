package dev.t2i.data;

import dev.t2i.image.PictureFiles;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Reads the captioned pictures of COCO, in the order of split and id: {@code annotations/captions_train2014.json} and the like (2014 or 2017) with
 * pictures in {@code train2014/} or {@code images/train2014/}; or Karpathy's {@code dataset_coco.json}, which has its own splits and
 * captions, with the pictures of 2014 or, where those are not there, of 2017; or AttnGAN's folders, see {@link GanPapersReader}.
 */
final class CocoReader {
    private static final List<String> YEARS = List.of("2014", "2017");
    private static final List<String> SPLITS = List.of("train", "val");
    private static final String KARPATHY = "dataset_coco.json";

    private final Path root;
    private final Problems problems = new Problems();
    private final List<FileCatalogue.Entry> entries = new ArrayList<>();
    /** The names of pictures in each folder that captions name, without those that were listed. */
    private final Map<String, Set<String>> unlisted = new TreeMap<>();
    private final Map<String, Optional<String>> folders = new HashMap<>();
    private long pictures;

    private CocoReader(Path root) {
        this.root = root;
    }

    /**
     * @param year {@code 2014} or {@code 2017}, needed where captions of both are there
     * @param splits {@code official} or {@code karpathy}; needed where both are there
     * @throws DataException one line where there are no such files, they leave open which are meant, or one is damaged
     */
    static Catalogue read(Path root, Optional<String> year, Optional<String> splits) {
        Lines.requireFolder(root);
        CocoReader reader = new CocoReader(root);
        Set<String> years = new TreeSet<>();
        YEARS.stream().filter(known -> SPLITS.stream().anyMatch(split -> reader.captionFile(split, known).isPresent())).forEach(years::add);
        Optional<Path> karpathy = reader.first(KARPATHY, "annotations/" + KARPATHY);
        if (years.isEmpty() && karpathy.isEmpty() && GanPapersReader.hasLists(root)) {
            if (year.isPresent() || splits.isPresent()) {
                throw new DataException(root + ": AttnGAN's copy, which has one year and one way to split; leave year and splits out");
            }
            return GanPapersReader.read(root, GanPapersReader.Set.COCO, false);
        }
        if (splits.isEmpty() && karpathy.isPresent() && !years.isEmpty()) {
            throw new DataException(root + ": holds Karpathy's splits and the official ones; say which, ?splits=karpathy or ?splits=official");
        }
        return karpathy.isPresent() && !splits.equals(Optional.of("official")) ? reader.karpathy(karpathy.get()) : reader.official(year, years, splits);
    }

    private Catalogue official(Optional<String> year, Set<String> years, Optional<String> splits) {
        if (splits.equals(Optional.of("karpathy"))) {
            throw new DataException(root + ": no " + KARPATHY + " here, nor in annotations");
        }
        if (years.isEmpty() || year.isPresent() && !years.contains(year.get())) {
            throw new DataException("%s: no annotations/captions_train%s.json, nor one for val".formatted(root, year.orElse("2014")));
        }
        if (years.size() > 1 && year.isEmpty()) {
            throw new DataException(root + ": holds captions of 2014 and 2017; say which, ?year=2014 or ?year=2017");
        }
        String chosen = year.orElse(years.iterator().next());
        for (String split : SPLITS) {
            captionFile(split, chosen).ifPresent(file -> CocoCaptions.read(file, name(file), problems).values()
                    .forEach(image -> add(split + chosen, image.fileName(), split, image.captions())));
        }
        return catalogue();
    }

    private Catalogue karpathy(Path file) {
        KarpathySplits.read(file, name(file), problems).stream()
                .sorted((a, b) -> (a.split() + "/" + a.fileName()).compareTo(b.split() + "/" + b.fileName()))
                .forEach(image -> {
                    String name = pictureFolder(image.folder()).isPresent() ? "" : nameOf2017(image.fileName());
                    add(name.isEmpty() ? image.folder() : folderOf2017(name).orElse(image.folder()), name.isEmpty() ? image.fileName() : name, image.split(), image.captions());
                });
        return catalogue();
    }

    /** The pictures of 2014 were dealt out anew in 2017, under names that lack what stood before the number; empty where a name is not of that kind. */
    private static String nameOf2017(String name) {
        return name.startsWith("COCO_") ? name.substring(name.lastIndexOf('_') + 1) : "";
    }

    private Optional<String> folderOf2017(String name) {
        return SPLITS.stream().map(split -> split + "2017")
                .filter(folder -> pictureFolder(folder).filter(inside -> Files.isRegularFile(root.resolve(inside).resolve(name))).isPresent()).findFirst();
    }

    private Catalogue catalogue() {
        unlisted.forEach((folder, names) -> names.forEach(name -> {
            pictures++;
            problems.add(Problem.Type.PICTURE_WITHOUT_CAPTION, folder + "/" + name, "no caption for this picture");
        }));
        return new FileCatalogue(root, entries, pictures, problems);
    }

    private void add(String folder, String fileName, String split, List<String> captions) {
        Optional<String> found = folders.get(folder);
        if (found == null) {
            found = pictureFolder(folder);
            folders.put(folder, found);
            if (found.isEmpty()) {
                problems.add(Problem.Type.MISSING_PICTURE, folder, "captions name pictures in '" + folder + "', but there is no such folder, nor images/" + folder);
            }
        }
        if (found.isEmpty()) {
            return;
        }
        String inside = found.get();
        Optional<String> name = Lines.inside(root.resolve(inside), root.resolve(inside), fileName);
        if (name.isEmpty()) {
            problems.add(Problem.Type.UNSAFE_NAME, inside, "the file name '" + fileName + "' " + Lines.whyNotInside(fileName));
            return;
        }
        Set<String> names = unlisted.computeIfAbsent(inside, _ -> new TreeSet<>(pictureNames(inside)));
        if (!names.remove(name.get()) && !Files.isRegularFile(root.resolve(inside).resolve(name.get()))) {
            problems.add(Problem.Type.MISSING_PICTURE, inside + "/" + name.get(), "a caption file lists this picture, but there is no such file");
            return;
        }
        pictures++;
        if (captions.isEmpty()) {
            problems.add(Problem.Type.PICTURE_WITHOUT_CAPTION, inside + "/" + name.get(), "no caption for this picture");
        } else {
            entries.add(FileCatalogue.Entry.of(inside + "/" + name.get(), split, captions));
        }
    }

    private Set<String> pictureNames(String folder) {
        Set<String> names = new HashSet<>(Lines.list(root.resolve(folder)));
        names.removeIf(name -> name.startsWith(".") || !PictureFiles.isPictureName(name));
        return names;
    }

    /** GALIP keeps pictures in a folder jpg below. */
    private Optional<String> pictureFolder(String folder) {
        return Stream.of("images/" + folder + "/jpg", folder, "images/" + folder).filter(name -> Lines.inside(root, root, name).isPresent())
                .filter(name -> Files.isDirectory(root.resolve(name))).findFirst();
    }

    private Optional<Path> captionFile(String split, String year) {
        String name = "captions_" + split + year + ".json";
        return first("annotations/" + name, name);
    }

    private Optional<Path> first(String... names) {
        return Stream.of(names).map(root::resolve).filter(Files::isRegularFile).findFirst();
    }

    private String name(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }
}
