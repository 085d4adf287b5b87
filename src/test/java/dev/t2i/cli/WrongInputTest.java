package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.TinyModel;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong input over all commands: a code, one line that names what is wrong, nothing on standard output, no file. */
class WrongInputTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void inputs() throws IOException {
        TinyModel.write(folder.resolve("tiny"));
        write("gan.yaml", TinyModel.game(folder.resolve("tiny")) + "schedule: {samples: 16, tick: 8, snapshot: 0, checkpoint: 8}\n");
        write("file", "x");
        write("latin.txt", "\u00e9t\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        picture("no-cap/a.png", Map.of());
        write("no-pic/a.txt", "a house");
        write("damaged/a.txt", "a house");
        write("damaged/a.png", new byte[] {(byte) 0x89, 'P', 'N', 'G'});
        picture("latin/a.png", Map.of());
        write("latin/a.txt", "\u00e9t\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        picture("csv/a.png", Map.of());
        write("csv/metadata.csv", "file_name,text\na.png,\"open\n");
        picture("plain.png", Map.of());
        picture("blank.png", Map.of("prompt", " ", "seed", "1"));
        picture("seed.png", Map.of("prompt", "a house", "seed", "9".repeat(100_000)));
        picture("escape.png", Map.of("prompt", "a house", "seed", "\u001b[31m1"));
        picture("nan.png", Map.of("prompt", "a house", "seed", "1", "truncation", "NaN"));
        picture("long.png", Map.of("prompt", "word ".repeat(10_000), "seed", "1"));
    }

    static Stream<Arguments> wrong() {
        String sample = "sample a~house --seed 1 --model tiny --out new ";
        String train = "train --config gan.yaml --data scenes: --out new --set ";
        return Stream.of(
                row(3, "is empty", "sample  --model tiny --out new"),
                row(3, "is empty", "sample \u200b\u00a0 --model tiny --out new"),
                row(3, "is empty", "sample \u0001\u0002 --model tiny --out new"),
                row(3, "takes at most 16", "sample " + "word~".repeat(10_000) + " --model tiny --out new"),
                row(3, "takes at most 16", "sample " + "x".repeat(100_000) + " --model tiny --out new"),
                row(3, "\\u001b", "sample " + "\u001b[2J".repeat(30) + " --model tiny --out new"),
                row(3, "takes at most 16", "sample " + "\ud83d\ude00".repeat(1000) + " --model tiny --out new"),
                row(3, "UTF-8", "sample --prompts latin.txt --model tiny --out new"),
                row(2, "1 to 100000", sample + "--count 2147483647"),
                row(2, "not a whole number", sample + "--count 99999999999999999999"),
                row(2, "leaves no numbers", "sample a~house --seed 9223372036854775807 --count 2 --model tiny --out new"),
                row(2, "truncation is NaN", sample + "--truncation NaN"),
                row(2, "name is empty", "sample a~house --model tiny --out "),
                row(3, "file, not a folder", "sample a~house --model tiny --out file/a.png"),
                row(3, "plain.png", "sample --from plain.png --model tiny --out new"),
                row(3, "blank.png", "sample --from blank.png --model tiny --out new"),
                row(3, "seed.png", "sample --from seed.png --model tiny --out new"),
                row(3, "\\u001b[31m", "sample --from escape.png --model tiny --out new"),
                row(3, "nan.png: by its metadata", "sample --from nan.png --model tiny --out new"),
                row(3, "long.png: by its metadata", "sample --from long.png --model tiny --out new"),
                row(3, "vector", sample + "--backend vectr"),
                row(5, "tornado", sample + "--backend tornado:0:0"),
                row(5, "tornado", "bench --backends tornado:none:0"),
                row(3, "is a file", sample + "--dump-graph file"),
                row(3, "nothing is overwritten", sample + "--dump-graph tiny"),
                row(3, "not an ordinary file", "info /dev/null"),
                row(3, "is a folder", "info tiny"),
                row(3, "there is no folder", "encode a --model tiny --out new/f.safetensors"),
                row(3, "folder of that name", "encode a --model tiny --out no-cap"),
                row(3, "file, not a folder", "encode a --model tiny --out file/f.safetensors"),
                row(2, "--encoder", "encode a"),
                row(3, "is a file", "model export tiny --out file"),
                row(3, "file, not a folder", "model export tiny --out file/m"),
                row(2, "--samples is 1", "eval --model tiny --samples 1"),
                row(2, "--truncation", "eval --model tiny --truncation -1"),
                row(2, "1 to 10000000", "data scenes --out new --count 9223372036854775807"),
                row(2, "16 to 4096", "data scenes --out new --size 1000000"),
                row(3, "is a file", "data scenes --out file"),
                row(3, "create it first", "data scenes --out new/er"),
                row(2, "--threads", "bench --threads 2147483647"),
                row(2, "--warmup", "bench --warmup NaN"),
                row(2, "there is no suite 'oops'", "bench --suite oops"),
                row(2, "names ops twice", "bench --suite ops,ops"),
                row(2, "needs --config", "bench --suite train"),
                row(3, "did you mean 'vector'?", "bench --backends vectr"),
                row(2, "names vector twice", "bench --backends vector,auto"),
                row(2, "nothing in ops, encode has that in its name", "bench --only conv~7x7"),
                row(2, "not a .png file", "bench --chart chart.svg"),
                row(3, "already exists", "bench --chart plain.png"),
                row(3, "there is no folder", "bench --chart new/chart.png"),
                row(3, "file, not a folder", "bench --chart file/chart.png"),
                row(3, "no option 'sede'", "data check scenes:?sede=1"),
                row(3, "given twice", "train --config gan.yaml --out new --data scenes:?" + "a=b&".repeat(20_000) + "a=b"),
                row(3, "no caption", "train --config gan.yaml --out new --data folder:no-cap"),
                row(3, "no picture", "train --config gan.yaml --out new --data folder:no-pic"),
                row(3, "UTF-8", "train --config gan.yaml --out new --data folder:latin"),
                row(3, "metadata.csv:2: a quote is opened", "train --config gan.yaml --out new --data folder:csv"),
                row(3, "did you mean 'batch'?", train + "bacth=3"),
                row(3, "did you mean 'schedule.tick'?", train + "schedule.tikc=3"),
                row(3, "expected a whole number", train + "batch=4.5"),
                row(3, "at least 2 and at most 4096", train + "batch=0"),
                row(3, "is empty", train + "batch="),
                row(3, "accumulate is 3, which does not divide the batch of 4", train + "accumulate=3"),
                row(3, "at least 1", train + "accumulate=0"),
                row(3, "looks at groups of 4", train + "accumulate=2 --set discriminator.batch_deviation=true"),
                row(3, "below 1", train + "optimizer.beta1=1"),
                row(3, "Malformed numeric value", train + "optimizer.generator_rate=.nan"),
                row(3, "at most 1", train + "optimizer.generator_rate=1e30"),
                row(3, "one of gan, autoencoder, matching, recogniser", train + "task=gam"),
                row(3, "gan.yaml: generator.channels", train + "size=32"),
                row(3, "at most 65536", train + "discriminator.head_width=2147483647"),
                row(3, "hidden_width: 12", train + "text.adapter.width=11"),
                row(4, "nowhere", train + "text.encoder=nowhere"),
                row(4, "a generator keeps its channels and grows by more at their end", train + "start=default"),
                row(2, "from 0 to 4", "eval --truncation 5"),
                row(3, "file, not a folder", "train --config gan.yaml --data scenes: --out file/run"),
                row(3, "is a file", "train --config gan.yaml --data scenes: --out file"),
                row(3, "is not empty", "train --config gan.yaml --data scenes: --out tiny"),
                row(3, "is not empty", "pretrain --config gan.yaml --data file --out tiny"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("wrong")
    void isOneLineAndACode(int code, String part, String line) throws IOException {
        CommandRun.of(arguments(line)).assertRefused(code, part);
        assertTrue(Files.notExists(folder.resolve("new")), "left something behind");
        try (Stream<Path> files = Files.list(folder)) {
            assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith(".")), "left something behind");
        }
    }

    @Test
    void damagedPicturesStopATrainingInOneLine() {
        CommandRun.of(arguments("train --config gan.yaml --data folder:damaged --out run")).assertFailed(3, "damaged/a.png");
        CommandRun check = CommandRun.of(arguments("data check folder:damaged --json"));
        assertEquals(3, check.exitCode());
        assertEquals(1, json(check).path("problems").size(), check::toString);
    }

    @Test
    void aTrainingWhoseFirstStepIsNotFiniteSaysSoAndLeavesNothing() {
        CommandRun.of(arguments("train --config gan.yaml --data scenes: --out diverged --set loss.penalty_weight=1e39")).assertFailed(1, "start again");
        assertTrue(Files.notExists(folder.resolve("diverged")));
    }

    @Test
    void jsonIsOneObjectAndNothingElse() {
        for (String line : List.of("sample a~dragon --model tiny --out json --grid --json", "encode a~house --model tiny --json",
                "complete a~house --model tiny --max-tokens 2 --json", "model info tiny --json", "info json/grid.png --json",
                "data check folder:no-cap --json", "data scenes --out json/s --count 2 --size 16 --json", "devices --json",
                "train --config gan.yaml --data scenes: --out dry --dry-run --json", "model export tiny --out json/m --json",
                "train --config gan.yaml --data scenes: --out json/run --json")) {
            CommandRun run = CommandRun.of(arguments(line));
            assertTrue(json(run).isObject(), run::toString);
            assertFalse(run.err().contains("{\""), run::toString);
        }
        assertTrue(Files.notExists(folder.resolve("dry")));
    }

    @Test
    void aResultThatCannotBeWrittenIsAFailure() {
        PrintWriter full = new PrintWriter(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        });
        StringWriter err = new StringWriter();
        assertEquals(1, Main.run(new String[] {"devices"}, full, new PrintWriter(err)));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains("standard output"), err::toString);
    }

    @Test
    void theMetadataOfAStrangerDoNotReachTheTerminalRaw() {
        CommandRun info = CommandRun.of(arguments("info escape.png"));
        assertEquals(0, info.exitCode());
        assertTrue(info.out().contains("seed: \\u001b[31m1"), info::toString);
    }

    private static JsonNode json(CommandRun run) {
        try {
            assertEquals(1, run.out().lines().count(), run::toString);
            return new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).readTree(run.out());
        } catch (IOException e) {
            throw new UncheckedIOException(run.toString(), e);
        }
    }

    private static Arguments row(int code, String part, String line) {
        return Arguments.of(code, part, line);
    }

    /** Words of a line; a tilde stands for a blank, and names of files are those in the folder. */
    private static String[] arguments(String line) {
        return Stream.of(line.split(" ", -1)).map(word -> word.replace('~', ' ')).map(WrongInputTest::placed).toArray(String[]::new);
    }

    private static String placed(String word) {
        int colon = word.startsWith("folder:") ? "folder:".length() : 0;
        String first = word.substring(colon).replaceFirst("/.*", "");
        boolean file = List.of("new", "json", "run", "dry").contains(first) || !first.isEmpty() && first.length() < 20 && Files.exists(folder.resolve(first));
        return file ? word.substring(0, colon) + folder.resolve(word.substring(colon)) : word;
    }

    private static void write(String name, String text) throws IOException {
        write(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    private static void picture(String name, Map<String, String> text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Png.write(Picture.blank(2, 2), text, file, false);
    }
}
