package dev.t2i.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Every layout beside what Python reads in the same files, see src/test/python/dataset_fixtures.py. */
class DataLayoutsTest {
    static final Path ROOT = Path.of("src/test/resources/data");
    private static JsonNode expected;

    @BeforeAll
    static void read() throws IOException {
        expected = new ObjectMapper().readTree(Files.readString(ROOT.resolve("expected.json")));
    }

    static List<String> specs() throws IOException {
        List<String> specs = new ArrayList<>();
        new ObjectMapper().readTree(Files.readString(ROOT.resolve("expected.json"))).get("sets").fieldNames().forEachRemaining(specs::add);
        return specs;
    }

    static DataSpec spec(String text) {
        int colon = text.indexOf(':') + 1;
        return DataSpec.parse(text.substring(0, colon) + ROOT + "/" + text.substring(colon));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void picturesSplitsAndCaptionsAreThoseThatPythonReads(String text) {
        Catalogue catalogue = spec(text).catalogue();
        assertTrue(catalogue.problems().isEmpty(), () -> catalogue.problems().first().toString());
        JsonNode items = expected.get("sets").get(text);
        assertEquals(items.size(), catalogue.size());
        assertEquals(items.size(), catalogue.pictures());
        for (int i = 0; i < items.size(); i++) {
            JsonNode item = items.get(i);
            assertEquals(item.get("name").asText(), catalogue.name(i));
            assertEquals(item.get("split").asText(), catalogue.split(i));
            assertEquals(item.get("group").asText(), catalogue.group(i));
            List<String> captions = new ArrayList<>();
            item.get("captions").forEach(caption -> captions.add(caption.asText()));
            assertEquals(captions, catalogue.captions(i), catalogue.name(i));
            Picture picture = PictureFiles.decode(catalogue.bytes(i), catalogue.place(i));
            assertTrue(picture.width() >= 48 && picture.height() >= 40);
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void theCheckFindsNothingAndCounts(String text) {
        DataReport report = DataCheck.check(List.of(spec(text)), DataCheck.Limits.USUAL, _ -> { });
        assertTrue(report.ok(), () -> report.problems().first().toString());
        Map<String, Long> splits = new TreeMap<>();
        long captions = 0;
        for (JsonNode item : expected.get("sets").get(text)) {
            splits.merge(item.get("split").asText(), 1L, Long::sum);
            captions += item.get("captions").size();
        }
        JsonNode json = report.toJson(0);
        splits.forEach((split, count) -> assertEquals(count, json.at("/statistics/splits").path(split).asLong(), split));
        assertEquals(captions, json.get("captions").asLong());
        assertEquals(expected.get("sets").get(text).size(), json.get("pictures").asLong());
    }

    @ParameterizedTest
    @MethodSource("specs")
    void trainingSeesTheTrainingSplit(String text) {
        JsonNode items = expected.get("sets").get(text);
        List<Integer> train = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            if (List.of("", "train").contains(items.get(i).get("split").asText())) {
                train.add(i);
            }
        }
        CaptionedImages images = spec(text).open();
        assertEquals(train.size(), images.size());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment first = arena.allocate(16 * 16 * 3 * 4, 4);
            MemorySegment second = arena.allocate(16 * 16 * 3 * 4, 4);
            for (int i = train.size() - 1; i >= 0; i--) {
                Example example = images.load(i, 11, 16, first);
                assertEquals(example, spec(text).open().load(i, 11, 16, second));
                assertEquals(-1, first.mismatch(second));
                assertEquals(example, images.describe(i, 11));
                assertTrue(items.get(train.get(i)).get("captions").toString().contains(new ObjectMapper().getNodeFactory().textNode(example.caption()).toString()));
            }
        }
    }

    @Test
    void birdsAreCutOutAsThePapersDo() {
        Catalogue catalogue = spec("cub:birds").catalogue();
        for (long i = 0; i < catalogue.size(); i++) {
            JsonNode box = expected.get("boxes").get(catalogue.name(i));
            Picture cut = catalogue.cut(i, PictureFiles.decode(catalogue.bytes(i), catalogue.place(i)));
            assertEquals(box.get(0).asInt(), cut.width());
            assertEquals(box.get(1).asInt(), cut.height());
            for (int channel = 0; channel < 3; channel++) {
                double sum = 0;
                for (int at = channel; at < cut.rgb().length; at += 3) {
                    sum += cut.rgb()[at] & 255;
                }
                // Two decoders of JPEG differ by a level here and there.
                assertEquals(box.get(2 + channel).asDouble(), sum / cut.width() / cut.height(), 1);
            }
        }
        Catalogue whole = spec("cub:birds?crop=none").catalogue();
        assertEquals(60, whole.cut(0, PictureFiles.decode(whole.bytes(0), "x")).width());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "coco:coco?splits=karpathy&split=restval+val | 4",
            "coco:coco?splits=official&split=val | 6",
            "coco:coco?splits=official&split=all | 10",
            "flickr30k:flickr30k?split=rest | 1",
            "cub:birds?split=test | 3",
            "folder:folder?split=validation+test | 2"})
    void splitsAreChosen(String text, long size) {
        assertEquals(size, spec(text).open().size());
        assertEquals(size, DataCheck.check(List.of(spec(text)), DataCheck.Limits.USUAL, _ -> { }).pictures());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "coco:coco | say which, ?splits=karpathy or ?splits=official",
            "coco:coco?splits=official&year=2017 | no annotations/captions_train2017.json",
            "coco:coco2017?splits=karpathy | no dataset_coco.json",
            "coco:folder | no annotations/captions_train2014.json",
            "coco:attngan-coco?splits=karpathy | leave year and splits out",
            "coco:attngan-coco?year=2014 | leave year and splits out",
            "webdataset:shards/set[0*.tar | not a pattern of file names",
            "coco:coco2017?year=2016 | year is 2014 or 2017, not '2016'",
            "coco:coco2017?split=test | no split 'test', write split=train or val",
            "flickr30k:folder | no results_20130124.token or results.csv",
            "flickr30k:flickr30k-kaggle?split=test | has no splits",
            "cub:folder | no folder of pictures",
            "cub:birds?crop=square | crop is box or none",
            "flowers:birds | no folder of pictures",
            "webdataset:shards/none-{0..3}.tar | no such tar file",
            "webdataset:shards/set-{3..0}.tar | runs backwards",
            "webdataset:shards/set-{0..99999999999999}.tar | means more than",
            "webdataset:shards/set-000000.tar?split=train | no option 'split'",
            "webdataset:shards/set-000000.tar?extension=cap | has no .cap",
            "webdataset:expected.json | is not a tar archive",
            "folder:expected.json | is a file",
            "folder:table?table=../birds/x.csv | holds no table",
            "folder:table?table=captions.tsv&text=label | needs a column 'label'",
            "folder:table?table=captions.tsv&image=photo | no column 'photo'"})
    void whatIsNotThereIsSaidInOneLine(String text, String reason) {
        String message = assertThrows(DataException.class, () -> spec(text).open()).getMessage();
        assertTrue(message.contains(reason), message);
        assertTrue(!message.contains("\n"), message);
    }
}
