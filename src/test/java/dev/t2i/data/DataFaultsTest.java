package dev.t2i.data;

import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import dev.t2i.image.Resize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import javax.imageio.ImageIO;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;

import static dev.t2i.data.Problem.Type.BAD_METADATA;
import static dev.t2i.data.Problem.Type.BAD_SHARD;
import static dev.t2i.data.Problem.Type.CAPTION_WITHOUT_PICTURE;
import static dev.t2i.data.Problem.Type.CORRUPT_PICTURE;
import static dev.t2i.data.Problem.Type.DUPLICATE_PICTURE;
import static dev.t2i.data.Problem.Type.EMPTY_CAPTION;
import static dev.t2i.data.Problem.Type.LONG_CAPTION;
import static dev.t2i.data.Problem.Type.MISSING_PICTURE;
import static dev.t2i.data.Problem.Type.NEAR_DUPLICATE;
import static dev.t2i.data.Problem.Type.PICTURE_WITHOUT_CAPTION;
import static dev.t2i.data.Problem.Type.SPLIT_LEAK;
import static dev.t2i.data.Problem.Type.TINY_PICTURE;
import static dev.t2i.data.Problem.Type.UNSAFE_NAME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Faults that were put into data sets, each found by the check and no other found; and what training says of them. */
class DataFaultsTest {
    @TempDir
    Path folder;

    @Test
    void repeatedAndTinyPicturesAndLeaksInAFolder() throws IOException {
        Picture one = noise(64, 48, 1);
        for (int i = 0; i < 6; i++) {
            save("train/" + i + ".png", noise(64, 48, i));
        }
        save("test/other.png", noise(64, 48, 100));
        save("test/leak.png", noise(64, 48, 3));
        Files.copy(folder.resolve("train/2.png"), folder.resolve("train/copy-of-2.png"));
        save("train/tiny.png", noise(31, 64, 101));
        save("validation/resized.png", Resize.to(one, 128, 96, Resize.Filter.CUBIC));
        ImageIO.write(noise(64, 48, 4).toBufferedImage(), "jpg", folder.resolve("train/encoded-again.jpg").toFile());
        save("train/other-colours.png", recoloured(noise(64, 48, 5)));
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.writeString(Path.of(file.toString().replaceAll("\\.\\w+$", ".txt")), "a picture of noise");
            }
        }
        Files.writeString(folder.resolve("train/0.txt"), "word ".repeat(101));
        Problems problems = check("folder:" + folder);
        assertCounts(problems, Map.of(DUPLICATE_PICTURE, 1L, TINY_PICTURE, 1L, SPLIT_LEAK, 2L, NEAR_DUPLICATE, 1L, LONG_CAPTION, 1L));
        assertEquals("train/copy-of-2.png: the same file as train/2.png", problems.examples(DUPLICATE_PICTURE).getFirst().toString());
        assertTrue(problems.examples(SPLIT_LEAK).getFirst().message().contains("one is in the split test, the other in train"));
        assertEquals("validation/resized.png", problems.examples(SPLIT_LEAK).get(1).file());
        assertEquals("train/encoded-again.jpg: almost the same picture as train/4.png", problems.examples(NEAR_DUPLICATE).getFirst().toString());
        assertEquals(10, DataSpec.parse("folder:" + folder).open().size());
    }

    @Test
    void cocoWithHoles() throws IOException {
        copy("coco2017");
        Path captions = folder.resolve("annotations/captions_train2017.json");
        String json = Files.readString(captions);
        List<Path> pictures = files("train2017");
        Files.delete(pictures.get(0));
        Files.write(pictures.get(1), new byte[] {1, 2, 3});
        save("train2017/extra.png", noise(64, 48, 1));
        Files.writeString(captions, json.replaceFirst("\"annotations\": \\[", "\"annotations\": ["
                + "{\"image_id\": 999999999999, \"id\": 1, \"caption\": \"of nothing\"}, {\"image_id\": \"7\", \"caption\": \"x\"}, 5, "
                + "{\"image_id\": 1000000, \"id\": 2, \"caption\": \"climbs\"}, ")
                .replaceFirst("\"images\": \\[", "\"images\": [{\"id\": 5}, {\"id\": 1000000, \"file_name\": \"../../x.jpg\"}, "));
        assertCounts(check("coco:" + folder), Map.of(MISSING_PICTURE, 1L, CORRUPT_PICTURE, 1L, PICTURE_WITHOUT_CAPTION, 1L, CAPTION_WITHOUT_PICTURE, 1L,
                BAD_METADATA, 3L, UNSAFE_NAME, 1L));
        String message = assertThrows(DataException.class, () -> DataSpec.parse("coco:" + folder).open()).getMessage();
        assertTrue(message.contains("6 more problems"), message);
        assertEquals(2, DataSpec.parse("coco:" + folder + "?faults=skip").open().size());
        for (int length : new int[] {0, 1, json.length() / 3, json.length() - 1}) {
            Files.writeString(captions, json.substring(0, length));
            String cut = assertThrows(DataException.class, () -> DataSpec.parse("coco:" + folder).open()).getMessage();
            assertTrue(cut.startsWith(captions + ": ") && (cut.contains("cut off") || cut.contains("empty")) && !cut.contains("\n"), cut);
        }
        Files.writeString(captions, "{\"images\": 3, \"annotations\": []}");
        assertRefused("coco:" + folder, "'images' is not a list");
        Files.writeString(captions, "{\"images\": []}");
        assertRefused("coco:" + folder, "no list 'annotations'");
        Files.writeString(captions, "{\"images\": [}");
        assertRefused("coco:" + folder, "is not JSON at line 1");
    }

    @Test
    void karpathysSplitsOfPicturesOf2017() throws IOException {
        copy("coco");
        Map<String, String> captions = new TreeMap<>();
        Catalogue before = DataSpec.parse("coco:" + folder + "?splits=karpathy").catalogue();
        for (long i = 0; i < before.size(); i++) {
            captions.put(before.split(i) + before.name(i).substring(before.name(i).lastIndexOf('_') + 1), before.captions(i).toString());
        }
        Files.createDirectory(folder.resolve("val2017"));
        Files.createDirectory(folder.resolve("train2017"));
        for (String from : List.of("train2014", "val2014")) {
            for (Path picture : files(from)) {
                String name = picture.getFileName().toString();
                Files.move(picture, folder.resolve(name.hashCode() % 2 == 0 ? "train2017" : "val2017").resolve(name.substring(name.lastIndexOf('_') + 1)));
            }
            Files.delete(folder.resolve(from));
        }
        Catalogue after = DataSpec.parse("coco:" + folder + "?splits=karpathy").catalogue();
        assertTrue(after.problems().isEmpty());
        assertEquals(before.size(), after.size());
        for (long i = 0; i < after.size(); i++) {
            assertEquals(captions.get(after.split(i) + after.name(i).substring(after.name(i).lastIndexOf('/') + 1)), after.captions(i).toString());
        }
        assertRefused("coco:" + folder + "?splits=official", "there is no such folder, nor images/train2014");
    }

    @Test
    void cocoWithThePicturesOfOneSplit() throws IOException {
        copy("coco2017");
        for (Path picture : files("train2017")) {
            Files.delete(picture);
        }
        Files.delete(folder.resolve("train2017"));
        Problems problems = check("coco:" + folder);
        assertCounts(problems, Map.of(MISSING_PICTURE, 1L));
        assertEquals("train2017: captions name pictures in 'train2017', but there is no such folder, nor images/train2017", problems.first().toString());
        assertRefused("coco:" + folder + "?split=val", "there is no such folder, nor images/train2017");
        Catalogue val = DataSpec.parse("coco:" + folder).catalogue();
        assertTrue(val.size() > 0);
        assertEquals(val.size(), DataSpec.parse("coco:" + folder + "?split=val&faults=skip").open().size());
    }

    @Test
    void flickrWithHoles() throws IOException {
        copy("flickr30k-kaggle");
        Path csv = folder.resolve("flickr30k_images/results.csv");
        List<Path> pictures = files("flickr30k_images/flickr30k_images");
        Files.delete(pictures.get(0));
        save("flickr30k_images/flickr30k_images/extra.png", noise(64, 48, 1));
        Files.writeString(csv, Files.readString(csv) + "no row at all\n" + pictures.get(1).getFileName() + "| 5|   \n");
        assertCounts(check("flickr30k:" + folder), Map.of(MISSING_PICTURE, 1L, PICTURE_WITHOUT_CAPTION, 1L, BAD_METADATA, 1L, EMPTY_CAPTION, 1L));
    }

    /** Files of Flickr30k go by their names, so that the splits of neighbours differ. */
    private void flickrByKarpathy(Map<String, String> splits, String captions) throws IOException {
        StringBuilder images = new StringBuilder();
        splits.forEach((name, split) -> images.append(images.isEmpty() ? "" : ", ")
                .append("{\"filename\": \"%s\", \"split\": \"%s\", \"sentences\": [%s]}".formatted(name, split, captions)));
        Files.writeString(folder.resolve("dataset_flickr30k.json"), "{\"images\": [" + images + "]}");
    }

    @Test
    void aNearDuplicateDoesNotHideALeak() throws IOException {
        Picture picture = noise(64, 48, 1);
        save("a.png", picture);
        save("b.png", Resize.to(picture, 128, 96, Resize.Filter.CUBIC));
        save("c.png", Resize.to(picture, 96, 72, Resize.Filter.CUBIC));
        flickrByKarpathy(new TreeMap<>(Map.of("a.png", "train", "b.png", "test", "c.png", "train")), "{\"raw\": \"noise\"}");
        Problems problems = check("flickr30k:" + folder);
        assertCounts(problems, Map.of(SPLIT_LEAK, 2L, NEAR_DUPLICATE, 1L));
        assertEquals("c.png: almost the same picture as a.png", problems.examples(NEAR_DUPLICATE).getFirst().toString());
    }

    @Test
    void captionsThatSayNothingAndPicturesWithoutOne() throws IOException {
        save("a.png", noise(64, 48, 1));
        save("b.png", noise(64, 48, 2));
        flickrByKarpathy(Map.of("a.png", "train"), "{\"raw\": \"...\"}, {\"raw\": \"ein H\u00e4uschen\"}, {\"raw\": \"\u732b\"}");
        String said = Files.readString(folder.resolve("dataset_flickr30k.json"));
        Files.writeString(folder.resolve("dataset_flickr30k.json"), said.replace("[{\"filename", "[{\"filename\": \"b.png\", \"split\": \"train\", \"sentences\": []}, {\"filename"));
        Problems problems = check("flickr30k:" + folder);
        assertCounts(problems, Map.of(EMPTY_CAPTION, 1L, PICTURE_WITHOUT_CAPTION, 1L));
        assertEquals("a.png: its caption '...' has no letter or digit, so nothing to learn from", problems.examples(EMPTY_CAPTION).getFirst().toString());
        assertEquals("b.png: no caption for this picture", problems.examples(PICTURE_WITHOUT_CAPTION).getFirst().toString());
    }

    /** As names beyond ASCII are none where the locale is C. */
    @Test
    void namesThatNoFileHereCanHaveAreFaultsOfTheData() throws IOException {
        save("a.png", noise(64, 48, 1));
        Files.writeString(folder.resolve("metadata.jsonl"), "{\"file_name\": \"a.png\", \"text\": \"a\"}\n{\"file_name\": \"b\\u0000.png\", \"text\": \"b\"}\n");
        Problems problems = check("folder:" + folder);
        assertCounts(problems, Map.of(UNSAFE_NAME, 1L));
        assertTrue(problems.first().message().contains("cannot be the name of a file here") && !problems.first().message().contains("leads out"), problems.first().message());
        Catalogue catalogue = new FileCatalogue(folder, List.of(FileCatalogue.Entry.of("b\0.png", "", List.of("b"))), 1, new Problems());
        String message = assertThrows(DataException.class, () -> catalogue.bytes(0)).getMessage();
        assertTrue(message.startsWith(folder + "/b\0.png: cannot be the name of a file here"), message);
    }

    @Test
    void birdsWithHolesAndClassesInBothSplits() throws IOException {
        copy("birds");
        for (String split : List.of("train", "test")) {
            List<String> names = PickledNames.read(folder.resolve(split + "/filenames.pickle"));
            Files.delete(folder.resolve(split + "/filenames.pickle"));
            Files.write(folder.resolve(split + "/filenames.txt"), names);
        }
        assertCounts(check("cub:" + folder), Map.of());
        Path train = folder.resolve("train/filenames.txt");
        List<String> names = Files.readAllLines(train);
        Files.delete(folder.resolve("text/" + names.get(0) + ".txt"));
        Files.delete(folder.resolve("CUB_200_2011/images/" + names.get(1) + ".jpg"));
        Files.write(folder.resolve("test/filenames.txt"), List.of(names.get(2), "../../../etc/passwd"));
        Path boxes = folder.resolve("CUB_200_2011/bounding_boxes.txt");
        Files.writeString(boxes, Files.readString(boxes) + "x 1 2 3\n");
        assertCounts(check("cub:" + folder), Map.of(PICTURE_WITHOUT_CAPTION, 1L, MISSING_PICTURE, 1L, SPLIT_LEAK, 2L, UNSAFE_NAME, 1L, BAD_METADATA, 2L));
        Files.delete(boxes);
        assertRefused("cub:" + folder, "no CUB_200_2011/bounding_boxes.txt");
        Files.delete(train);
        Files.delete(folder.resolve("test/filenames.txt"));
        assertRefused("cub:" + folder + "?crop=none", "no lists of what is for training");
    }

    @Test
    void endingsOfBirdsInCapitals() throws IOException {
        copy("birds");
        List<String> names = new ArrayList<>(PickledNames.read(folder.resolve("train/filenames.pickle")));
        Files.delete(folder.resolve("train/filenames.pickle"));
        Files.move(folder.resolve("text/" + names.get(0) + ".txt"), folder.resolve("text/" + names.get(0) + ".TXT"));
        Files.move(folder.resolve("CUB_200_2011/images/" + names.get(0) + ".jpg"), folder.resolve("CUB_200_2011/images/" + names.get(0) + ".JPG"));
        names.set(0, names.get(0) + ".JPG");
        Files.write(folder.resolve("train/filenames.txt"), names);
        assertCounts(check("cub:" + folder), Map.of());
    }

    @Test
    void shardsWithFaults() {
        assertCounts(check("webdataset:" + DataLayoutsTest.ROOT + "/hostile/faults.tar"), Map.of(PICTURE_WITHOUT_CAPTION, 1L, CAPTION_WITHOUT_PICTURE, 1L,
                BAD_SHARD, 2L, EMPTY_CAPTION, 1L, CORRUPT_PICTURE, 1L));
        assertEquals(5, DataSpec.parse("webdataset:" + DataLayoutsTest.ROOT + "/hostile/faults.tar?image=jpg&faults=skip").open().size());
    }

    @Test
    void shardsThatClimbAreNamedAndNothingIsUnpacked() throws IOException {
        Path climbs = folder.resolve("deep/er/climbs.tar");
        Files.createDirectories(climbs.getParent());
        Files.copy(DataLayoutsTest.ROOT.resolve("hostile/climbs.tar"), climbs);
        assertCounts(check("webdataset:" + climbs), Map.of(UNSAFE_NAME, 2L));
        assertRefused("webdataset:" + climbs, "the member '../../evil.jpg' leads out");
        assertEquals(1, DataSpec.parse("webdataset:" + climbs + "?faults=skip").open().size());
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(List.of(climbs), files.filter(Files::isRegularFile).toList());
        }
    }

    @Test
    void damagedShards() throws IOException {
        Path shard = folder.resolve("x-0.tar");
        byte[] whole = Files.readAllBytes(DataLayoutsTest.ROOT.resolve("shards/set-000002.tar"));
        Files.write(shard, whole);
        assertCounts(check("webdataset:" + folder + "/x-{0..1}.tar"), Map.of(BAD_SHARD, 1L));
        assertCounts(check("webdataset:" + folder), Map.of());
        for (int length : new int[] {0, 100, 512, 700, 5000, whole.length / 2}) {
            Files.write(shard, Arrays.copyOf(whole, length));
            assertEquals(1, check("webdataset:" + shard).counts().get(BAD_SHARD), () -> "cut to " + length);
        }
        byte[] compressed = {0x1f, (byte) 0x8b, 8, 0};
        Files.write(shard, Arrays.copyOf(compressed, 600));
        assertRefused("webdataset:" + shard, "not a tar archive, but compressed");
        Random random = new Random(5);
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            for (int j = 0; j < 1 + i % 4; j++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            Files.write(shard, damaged);
            check("webdataset:" + shard);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "reduce-0 | names __builtin__.print, which only plain data may not; nothing of it was run",
            "reduce-2 | names __builtin__.print, which only plain data may not; nothing of it was run",
            "reduce-4 | names builtins.print, which only plain data may not; nothing of it was run",
            "inst | makes an object of __builtin__.list, which only plain data may not; nothing of it was run",
            "dict | something else than a list of names",
            "number | something else than a list of names",
            "string | something else than a list of names",
            "cut | is cut short",
            "huge | is cut short",
            "negative | is cut short",
            "self | something else than a list of names",
            "empty-stack | takes more from its stack than is there"})
    void picklesThatAreNoListsOfNames(String name, String reason) throws IOException {
        copy("birds");
        Files.copy(DataLayoutsTest.ROOT.resolve("hostile/" + name + ".pickle"), folder.resolve("train/filenames.pickle"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertRefused("cub:" + folder, reason);
    }

    @Test
    void archivesAndParquetAreRefused() throws IOException {
        Files.write(folder.resolve("train.zip"), new byte[] {'P', 'K'});
        assertRefused("folder:" + folder, "an archive, train.zip; unpack it");
        assertRefused("folder:" + folder + "/train.zip", "unpack it if it is an archive");
        save("a.png", noise(64, 48, 1));
        Files.write(folder.resolve("metadata.parquet"), new byte[] {'P', 'A', 'R', '1'});
        assertRefused("folder:" + folder, "parquet is not supported");
    }

    @Test
    void picturesThatClaimTooMuchAndListsThatAreNoText() throws IOException {
        save("huge.png", noise(64, 48, 1));
        byte[] png = Files.readAllBytes(folder.resolve("huge.png"));
        ByteBuffer.wrap(png).putInt(16, 100_000).putInt(20, 100_000);
        CRC32 sum = new CRC32();
        sum.update(png, 12, 17);
        ByteBuffer.wrap(png).putInt(29, (int) sum.getValue());
        Files.write(folder.resolve("huge.png"), png);
        Files.writeString(folder.resolve("metadata.jsonl"), "{\"file_name\": \"huge.png\", \"text\": \"a bomb\"}");
        Problems problems = check("folder:" + folder);
        assertCounts(problems, Map.of(CORRUPT_PICTURE, 1L));
        assertTrue(problems.examples(CORRUPT_PICTURE).getFirst().message().contains("100000"), problems.first().toString());
        Files.write(folder.resolve("metadata.jsonl"), new byte[] {'{', (byte) 0xe9, '}'});
        assertCounts(check("folder:" + folder), Map.of(BAD_METADATA, 1L, PICTURE_WITHOUT_CAPTION, 1L));
    }

    @Test
    void severalSetsAreHeldAgainstEachOther() {
        String shards = "webdataset:" + DataLayoutsTest.ROOT + "/shards/set-00000";
        DataReport apart = DataCheck.check(List.of(DataSpec.parse(shards + "0.tar"), DataSpec.parse(shards + "{1..2}.tar")), DataCheck.Limits.USUAL, _ -> { });
        assertTrue(apart.ok(), apart.summary());
        assertEquals(9, apart.pictures());
        assertEquals(6, apart.toJson(0).at("/statistics/splits").path(shards + "{1..2}.tar").asInt());
        Problems problems = DataCheck.check(List.of(DataSpec.parse(shards + "{0..1}.tar"), DataSpec.parse(shards + "{1..2}.tar")), DataCheck.Limits.USUAL, _ -> { }).problems();
        assertCounts(problems, Map.of(SPLIT_LEAK, 3L));
        assertThrows(DataException.class, () -> DataCheck.check(List.of(DataSpec.parse("scenes:"), DataSpec.parse(shards + "0.tar")), DataCheck.Limits.USUAL, _ -> { }));
    }

    @Test
    void manyRepetitionsAreCountedAndFewShown() throws IOException {
        save("0.png", noise(64, 48, 1));
        Files.writeString(folder.resolve("0.txt"), "a picture");
        for (int i = 1; i < 40; i++) {
            Files.copy(folder.resolve("0.png"), folder.resolve(i + ".png"));
            Files.writeString(folder.resolve(i + ".txt"), "a picture");
        }
        DataReport report = DataCheck.check(List.of(DataSpec.parse("folder:" + folder)), DataCheck.Limits.USUAL, _ -> { });
        assertEquals(39, report.toJson(5).at("/counts/duplicate picture").asInt());
        assertEquals(5, report.toJson(5).get("problems").size());
    }

    private void assertRefused(String spec, String reason) {
        String message = assertThrows(DataException.class, () -> DataSpec.parse(spec).open()).getMessage();
        assertTrue(message.contains(reason), message);
        assertTrue(!message.contains("\n"), message);
    }

    private static Problems check(String spec) {
        return DataCheck.check(List.of(DataSpec.parse(spec)), DataCheck.Limits.USUAL, _ -> { }).problems();
    }

    private static void assertCounts(Problems problems, Map<Problem.Type, Long> counts) {
        Map<Problem.Type, Long> wanted = new EnumMap<>(Problem.Type.class);
        wanted.putAll(counts);
        assertEquals(wanted, problems.counts(), () -> problems.counts().keySet().stream().flatMap(type -> problems.examples(type).stream()).toList().toString());
    }

    private List<Path> files(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(name))) {
            return files.sorted().toList();
        }
    }

    private void copy(String set) throws IOException {
        Path from = DataLayoutsTest.ROOT.resolve(set);
        try (Stream<Path> files = Files.walk(from)) {
            files.filter(Files::isRegularFile).forEach(file -> {
                try {
                    Path to = folder.resolve(from.relativize(file).toString());
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** Blocks of colours by a seed. */
    private static Picture noise(int width, int height, long seed) {
        Random random = new Random(seed);
        byte[] rgb = new byte[6 * 5 * 3];
        random.nextBytes(rgb);
        return Resize.to(Picture.wrap(6, 5, rgb), width, height, Resize.Filter.CUBIC);
    }

    /** The same light in other colours: another picture. */
    private static Picture recoloured(Picture picture) {
        byte[] rgb = picture.rgb().clone();
        for (int i = 0; i < rgb.length; i += 3) {
            byte red = rgb[i];
            rgb[i] = rgb[i + 1];
            rgb[i + 1] = red;
        }
        return Picture.wrap(picture.width(), picture.height(), rgb);
    }

    private void save(String name, Picture picture) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Png.write(picture, Map.of(), file, true);
    }
}
