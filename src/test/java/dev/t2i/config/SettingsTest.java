package dev.t2i.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Binding to records, overriding, writing back, and every way to be wrong. */
class SettingsTest {

    enum Loss { HINGE, MATCHING_AWARE }

    record Optimizer(
            @Range(above = 0) float learningRate,
            @Default("[0.0, 0.99]") @Range(min = 0, below = 1) List<Double> betas) {
    }

    record Penalty(@Default("2.0") double weight, @Default("1") @Range(min = 1, max = 64) int everySteps) {
    }

    record Training(@Range(min = 1) int batchSize, @Default("hinge") Loss loss, Optimizer optimizer, Penalty penalty,
            Optional<Long> imageLimit, @Default("{}") Map<String, Double> weights) {

        Training {
            if (batchSize % 2 != 0) {
                throw new IllegalArgumentException("batch_size must be even, it is " + batchSize);
            }
        }
    }

    record Run(String name, @Default("false") boolean verbose, Path out, Training training) {
    }

    private static final String GOOD = """
            name: first   # a comment
            out: runs/a
            training:
              batch_size: 16
              loss: matching-aware
              optimizer: {learning_rate: 1e-4}
            """;

    @Test
    void whatDiffersFromAFileIsNamed(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("config.yaml"), Settings.toYaml(parse(GOOD)));
        assertEquals(List.of(), Settings.differences(file, parse(GOOD)));
        Run other = Settings.parse(GOOD, "test", Run.class, List.of("training.batch_size=8", "verbose=true", "training.image_limit=3"));
        assertEquals(List.of("training.batch_size", "training.image_limit", "verbose"), Settings.differences(file, other));
    }

    @Test
    void filesBindToRecordsWithDefaults() {
        Run expected = new Run("first", false, Path.of("runs/a"), new Training(16, Loss.MATCHING_AWARE,
                new Optimizer(1e-4f, List.of(0.0, 0.99)), new Penalty(2, 1), Optional.empty(), Map.of()));
        assertEquals(expected, parse(GOOD));
    }

    @Test
    void jsonBindsToo() {
        assertEquals(parse(GOOD), parse("""
                {"name": "first", "out": "runs/a",
                 "training": {"batch_size": 16, "loss": "matching_aware", "optimizer": {"learning_rate": 0.0001}}}"""));
    }

    @Test
    void overridesReplaceAndAdd() {
        Run run = parse(GOOD, "training.batch_size=32", "training.penalty.every_steps=4", "training.optimizer.betas=[0.5, 0.9]",
                "verbose=true", "name='007'", "training.image_limit=5000000000", "training.weights.text=0.5");
        assertEquals(32, run.training().batchSize());
        assertEquals(4, run.training().penalty().everySteps());
        assertEquals(List.of(0.5, 0.9), run.training().optimizer().betas());
        assertEquals(Optional.of(5_000_000_000L), run.training().imageLimit());
        assertEquals(Map.of("text", 0.5), run.training().weights());
        assertEquals("007", run.name());
        assertTrue(run.verbose());
    }

    @Test
    void whatIsWrittenReadsBackEqual() {
        for (String name : List.of("plain", "1e5", "0x10", "true", "null", "~", "a: b", "# c", "-", "", " padded ", "two\nlines", "é")) {
            Run run = new Run(name, true, Path.of("out put"), new Training(2, Loss.HINGE,
                    new Optimizer(1e-10f, List.of(0.0, 1e-300, 0.1)), new Penalty(1e30, 64), Optional.of(Long.MAX_VALUE),
                    Map.of("x", -0.25)));
            String yaml = Settings.toYaml(run);
            assertEquals(run, parse(yaml), yaml);
            assertEquals(run, Settings.fromTree(Settings.toTree(run), "tree", Run.class));
        }
    }

    @Test
    void writtenFilesReadWell() {
        assertEquals("""
                name: first
                verbose: false
                out: runs/a
                training:
                  batch_size: 16
                  loss: matching_aware
                  optimizer:
                    learning_rate: 0.0001
                    betas:
                      - 0.0
                      - 0.99
                  penalty:
                    weight: 2.0
                    every_steps: 1
                  weights: {}
                """, Settings.toYaml(parse(GOOD)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "training.bacth_size=3 | --set training.bacth_size=3: unknown setting 'training.bacth_size'; did you mean 'training.batch_size'?",
        "training.optimizer.lr=3 | --set training.optimizer.lr=3: unknown setting 'training.optimizer.lr'; known here: learning_rate, betas",
        "trainig.batch_size=2 | --set trainig.batch_size=2: unknown setting 'trainig'; did you mean 'training'?",
        "training.batch_size=many | --set training.batch_size=many: setting 'training.batch_size' is 'many', expected a whole number",
        "training.batch_size=2.5 | --set training.batch_size=2.5: setting 'training.batch_size' is 2.5, expected a whole number",
        "training.batch_size=99999999999 | --set training.batch_size=99999999999: setting 'training.batch_size' is 99999999999, expected a whole number",
        "training.batch_size=0 | --set training.batch_size=0: setting 'training.batch_size' is 0, expected a whole number at least 1",
        "training.batch_size= | --set training.batch_size=: setting 'training.batch_size' is empty, expected a whole number",
        "training.batch_size=[2] | --set training.batch_size=[2]: setting 'training.batch_size' is a list, expected a whole number",
        "training.batch_size=7 | c.yaml: training: batch_size must be even, it is 7",
        "training.penalty.every_steps=65 | --set training.penalty.every_steps=65: setting 'training.penalty.every_steps' is 65, expected a whole number at least 1 and at most 64",
        "training.optimizer.learning_rate=0 | --set training.optimizer.learning_rate=0: setting 'training.optimizer.learning_rate' is 0, expected a number above 0",
        "training.optimizer.learning_rate=.inf | --set training.optimizer.learning_rate=.inf line 1, column 5: not readable as YAML: Malformed numeric value '.inf'",
        "training.optimizer.learning_rate=1e99 | --set training.optimizer.learning_rate=1e99: setting 'training.optimizer.learning_rate' is 1.0E99, expected a number",
        "training.optimizer.learning_rate=1e999999999 | --set training.optimizer.learning_rate=1e999999999: setting 'training.optimizer.learning_rate' is Infinity, expected a number",
        "training.image_limit=9.0e999999999 | --set training.image_limit=9.0e999999999: setting 'training.image_limit' is Infinity, expected a whole number",
        "training.optimizer.betas=[0.5, 1] | --set training.optimizer.betas=[0.5, 1]: setting 'training.optimizer.betas[1]' is 1, expected a number at least 0 and below 1",
        "training.optimizer.betas=0.5 | --set training.optimizer.betas=0.5: setting 'training.optimizer.betas' is 0.5, expected a list, each element a number",
        "training.loss=hing | --set training.loss=hing: setting 'training.loss' is 'hing', expected one of hinge, matching_aware",
        "training=3 | --set training=3: setting 'training' is 3, expected settings of its own (key: value)",
        "name=3 | --set name=3: setting 'name' is 3, expected text, in quotes",
        "verbose=1 | --set verbose=1: setting 'verbose' is 1, expected true or false",
        "name.first=x | --set name.first=x: 'name' is a value, it has no settings inside",
        "verbose | --set verbose: expected key=value, such as training.batch_size=16",
        ".a=3 | --set .a=3: expected key=value, such as training.batch_size=16",
    })
    void aWrongOverrideIsOneLine(String override, String line) {
        assertEquals(line, refused(GOOD, override));
    }

    @Test
    void mistakesInFilesNameTheFile() {
        assertEquals("c.yaml: setting 'training.batch_size' is 'x', expected a whole number",
                refused(GOOD.replace("16", "x")));
        assertEquals("c.yaml: missing setting 'training.optimizer' (settings of its own (key: value))",
                refused(GOOD.replaceAll("(?m)^.*optimizer.*$", "")));
        assertEquals("c.yaml: missing setting 'name' (text)", refused(""));
        assertEquals("c.yaml: holds a list, expected settings (key: value)", refused("- a\n- b\n"));
        assertEquals("c.yaml: holds 'word', expected settings (key: value)", refused("word"));
    }

    @Test
    void unreadableFilesSayWhere(@TempDir Path folder) throws Exception {
        for (String text : List.of("a: [1, 2", "a: b: c", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n", "\ta: 1", "{\"a\": }}", "a: \"x")) {
            String line = refused(text);
            assertTrue(line.startsWith("c.yaml"), line);
            assertEquals(1, line.lines().count(), line);
        }
        assertTrue(refused("a: 1\nb: [1, 2").startsWith("c.yaml line "));
        Path file = folder.resolve("f.yaml");
        assertEquals(file + ": no such file", refusedFile(file));
        assertEquals(folder + ": can't be read: it is a folder", refusedFile(folder));
        Files.write(file, "name: \u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(file + ": not a text file in UTF-8", refusedFile(file));
    }

    @Test
    void swapsCountAsOneEdit() {
        assertEquals(1, Names.edits("bacth", "batch"));
        assertEquals(0, Names.edits("Batch-Size", "batch_size"));
        assertEquals(Optional.empty(), Names.nearest("zzz", List.of("learning_rate")));
    }

    private static Run parse(String text, String... overrides) {
        return Settings.parse(text, "c.yaml", Run.class, List.of(overrides));
    }

    private static String refused(String text, String... overrides) {
        return assertThrows(SettingsException.class, () -> parse(text, overrides)).getMessage();
    }

    private static String refusedFile(Path file) {
        return assertThrows(SettingsException.class, () -> Settings.load(file, Run.class, List.of())).getMessage();
    }
}
