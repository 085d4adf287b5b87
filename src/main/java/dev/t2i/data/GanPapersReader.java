package dev.t2i.data;

import dev.t2i.error.FileTrouble;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Reads data sets as StackGAN, AttnGAN and those after them lay them out: lists of names for {@code train} and {@code test}, pictures, and a text
 * file of captions for each. Names are listed in {@code train/filenames.pickle}, or a line each in {@code train/filenames.txt}, or by class in
 * {@code trainvalclasses.txt} and {@code testclasses.txt}. Pictures are in the order of their lists.
 */
final class GanPapersReader {
    /** Where each set keeps its files, the usual place first. */
    enum Set {
        CUB(List.of("CUB_200_2011/images", "images"), List.of("text", "text_c10")),
        FLOWERS(List.of("jpg", "102flowers/jpg", "images"), List.of("text_c10", "cvpr2016_flowers/text_c10", "text")),
        COCO(List.of("images"), List.of("text"));

        private final List<String> images;
        private final List<String> texts;

        Set(List<String> images, List<String> texts) {
            this.images = images;
            this.texts = texts;
        }
    }

    private static final List<String> SPLITS = List.of("train", "test");
    private static final Map<String, List<String>> CLASS_LISTS = Map.of("train", List.of("trainvalclasses.txt", "trainclasses.txt"), "test", List.of("testclasses.txt"));
    private static final int DEPTH = 4;

    private final Path root;
    private final Set set;
    private final Problems problems = new Problems();
    private final List<FileCatalogue.Entry> entries = new ArrayList<>();
    /** Paths from the root, by path from the folder of pictures (or of texts) without extension, and by base name without extension. */
    private final Map<String, String> images = new HashMap<>();
    private final Map<String, String> texts = new TreeMap<>();
    private final TreeSet<String> unlisted = new TreeSet<>();
    private long pictures;

    private GanPapersReader(Path root, Set set) {
        this.root = root;
        this.set = set;
    }

    /** Whether a folder looks like one of these. */
    static boolean hasLists(Path root) {
        return SPLITS.stream().anyMatch(split -> Stream.of("pickle", "txt").anyMatch(kind -> Files.isRegularFile(root.resolve(split + "/filenames." + kind))));
    }

    /**
     * @param crop whether to cut birds out of their pictures, around the boxes that CUB has, as the papers do
     * @throws DataException one line where there are no such files, or one is damaged
     */
    static Catalogue read(Path root, Set set, boolean crop) {
        Lines.requireFolder(root);
        return new GanPapersReader(root, set).read(crop);
    }

    private Catalogue read(boolean crop) {
        String imageFolder = folder(set.images, "pictures");
        index(imageFolder, images, PictureFiles::isPictureName);
        String textFolder = folder(set.texts, "captions, a text file for each picture,");
        index(textFolder, texts, name -> hasEnding(name, ".txt"));
        unlisted.addAll(images.values());
        pictures = unlisted.size();
        Map<String, FileCatalogue.Crop> boxes = crop ? boxes() : Map.of();
        boolean listed = false;
        for (String split : SPLITS) {
            Optional<List<String>> names = names(split);
            listed |= names.isPresent();
            names.orElse(List.of()).forEach(name -> add(split, name, imageFolder, textFolder, crop, boxes));
        }
        if (!listed) {
            throw new DataException(root + ": no lists of what is for training; needed is train/filenames.pickle, train/filenames.txt or trainvalclasses.txt, and the same for test");
        }
        if (!unlisted.isEmpty()) {
            problems.add(Problem.Type.BAD_METADATA, unlisted.first(), "this picture" + (unlisted.size() > 1 ? ", and " + (unlisted.size() - 1) + " more," : "")
                    + (unlisted.size() > 1 ? " are" : " is") + " in no list of train or test");
        }
        return new FileCatalogue(root, entries, pictures, problems);
    }

    private String folder(List<String> usual, String what) {
        return usual.stream().filter(name -> Files.isDirectory(root.resolve(name))).findFirst()
                .orElseThrow(() -> new DataException("%s: no folder of %s here; it is called %s".formatted(root, what, String.join(" or ", usual))));
    }

    private interface Names {
        boolean has(String name);
    }

    private void index(String folder, Map<String, String> found, Names wanted) {
        Path base = root.resolve(folder);
        List<Path> files = new ArrayList<>();
        try {
            FileTree.each(base, DEPTH, folder + "/", problems, files::add);
        } catch (IOException e) {
            throw new DataException(base + ": cannot be read, " + FileTrouble.reason(e), e);
        }
        files.sort(null);
        for (Path file : files) {
            String name = base.relativize(file).toString().replace('\\', '/');
            if (wanted.has(name) && !file.getFileName().toString().startsWith(".")) {
                found.put(stem(name), folder + "/" + name);
                found.putIfAbsent(baseName(stem(name)), folder + "/" + name);
            }
        }
    }

    /** The names that belong to a split; nothing where no file lists them. */
    private Optional<List<String>> names(String split) {
        Path pickle = root.resolve(split + "/filenames.pickle");
        if (Files.isRegularFile(pickle)) {
            return Optional.of(PickledNames.read(pickle));
        }
        Path text = root.resolve(split + "/filenames.txt");
        if (Files.isRegularFile(text)) {
            return Optional.of(lines(text));
        }
        return CLASS_LISTS.get(split).stream().map(root::resolve).filter(Files::isRegularFile).findFirst().map(this::namesOfClasses);
    }

    private List<String> lines(Path file) {
        return Lines.text(file, root.relativize(file).toString(), problems).orElse("").lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    /** The pictures of classes are those with captions in the folder of the class. */
    private List<String> namesOfClasses(Path list) {
        List<String> names = new ArrayList<>();
        for (String group : lines(list)) {
            List<String> members = texts.keySet().stream().filter(name -> name.startsWith(group + "/")).toList();
            if (members.isEmpty()) {
                problems.add(Problem.Type.BAD_METADATA, root.relativize(list).toString(), "no captions are there of the class '" + group + "'");
            }
            names.addAll(members);
        }
        return names;
    }

    private void add(String split, String listed, String imageFolder, String textFolder, boolean crop, Map<String, FileCatalogue.Crop> boxes) {
        String name = hasEnding(listed, ".jpg") ? stem(listed) : listed;
        if (Lines.inside(root, root, name).isEmpty()) {
            problems.add(Problem.Type.UNSAFE_NAME, split, "the name '" + listed + "' " + Lines.whyNotInside(name));
            return;
        }
        String image = images.getOrDefault(name, images.get(baseName(name)));
        String text = texts.getOrDefault(name, texts.get(baseName(name)));
        if (image == null) {
            problems.add(Problem.Type.MISSING_PICTURE, imageFolder + "/" + name, "the list of " + split + " names this picture, but there is no such file");
            return;
        }
        unlisted.remove(image);
        List<String> captions = new ArrayList<>();
        if (text == null) {
            problems.add(Problem.Type.PICTURE_WITHOUT_CAPTION, image, "no captions for this picture in " + textFolder);
            return;
        }
        // The captions of birds were once decoded wrongly; what was lost are blanks.
        Lines.text(root.resolve(text), text, problems).ifPresent(raw -> Lines.keepAll(captions, raw.replace("\ufffd\ufffd", " "), text, image, problems));
        FileCatalogue.Crop box = boxes.get(stem(image.substring(imageFolder.length() + 1)));
        if (crop && box == null) {
            problems.add(Problem.Type.BAD_METADATA, image, "no box for this picture in bounding_boxes.txt");
        } else if (!captions.isEmpty()) {
            entries.add(new FileCatalogue.Entry(image, split, group(text, textFolder), captions, box));
        }
    }

    /** The class is the folder in which the captions lie. */
    private static String group(String text, String textFolder) {
        String inside = text.substring(textFolder.length() + 1);
        return inside.contains("/") ? inside.substring(0, inside.lastIndexOf('/')) : "";
    }

    /** What to cut out of pictures, by path from the folder of pictures without extension. */
    private Map<String, FileCatalogue.Crop> boxes() {
        Path folder = Stream.of("CUB_200_2011", ".").map(root::resolve).filter(place -> Files.isRegularFile(place.resolve("bounding_boxes.txt"))).findFirst()
                .orElseThrow(() -> new DataException(root + ": no CUB_200_2011/bounding_boxes.txt, by which birds are cut out; fetch it, or take whole pictures with ?crop=none"));
        Map<String, String> pictureOfId = new HashMap<>();
        for (String line : lines(folder.resolve("images.txt"))) {
            String[] cells = line.split("\\s+");
            if (cells.length == 2) {
                pictureOfId.put(cells[0], stem(cells[1]));
            } else {
                problems.add(Problem.Type.BAD_METADATA, "images.txt", "not a number and a picture: " + line);
            }
        }
        Map<String, FileCatalogue.Crop> boxes = new HashMap<>();
        for (String line : lines(folder.resolve("bounding_boxes.txt"))) {
            String[] cells = line.split("\\s+");
            try {
                double[] box = Stream.of(cells).skip(1).mapToDouble(Double::parseDouble).toArray();
                if (box.length == 4 && box[2] > 0 && box[3] > 0 && pictureOfId.containsKey(cells[0])) {
                    boxes.put(pictureOfId.get(cells[0]), whole -> crop(whole, box[0], box[1], box[2], box[3]));
                    continue;
                }
            } catch (NumberFormatException e) {
                // Told below, like every other line that isn't a box.
            }
            problems.add(Problem.Type.BAD_METADATA, "bounding_boxes.txt", "not a picture's number and its box: " + line);
        }
        return boxes;
    }

    /** The square of three quarters of the box's longer side to each side of its centre, as far as the picture goes; x and y from the left and top. */
    static Picture crop(Picture whole, double x, double y, double width, double height) {
        int reach = (int) (Math.max(width, height) * 0.75);
        int centreX = (int) ((2 * x + width) / 2);
        int centreY = (int) ((2 * y + height) / 2);
        int left = Math.max(0, centreX - reach);
        int top = Math.max(0, centreY - reach);
        int right = Math.min(whole.width(), centreX + reach);
        int bottom = Math.min(whole.height(), centreY + reach);
        if (right <= left || bottom <= top) {
            throw new DataException(String.format(Locale.ROOT, "the box at %.1f, %.1f of %.1f x %.1f pixels lies outside the picture of %d x %d",
                    x, y, width, height, whole.width(), whole.height()));
        }
        return whole.crop(left, top, right - left, bottom - top);
    }

    private static boolean hasEnding(String name, String ending) {
        return name.toLowerCase(Locale.ROOT).endsWith(ending);
    }

    private static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot <= name.lastIndexOf('/') + 1 ? name : name.substring(0, dot);
    }

    private static String baseName(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }
}
