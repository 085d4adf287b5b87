package dev.t2i.pickle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PickleReaderTest {
    private static final Path FOLDER = Path.of("src/test/resources/pickle");

    private static Object read(String pickle) {
        return PickleReader.read(pickle.getBytes(StandardCharsets.ISO_8859_1), "test", PickleWhitelist.PLAIN);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void plainValuesOfEveryProtocol(int protocol) throws IOException {
        Object read = PickleReader.read(Files.readAllBytes(FOLDER.resolve("list-" + protocol + ".pickle")), "list", PickleWhitelist.PLAIN);
        List<?> both = assertInstanceOf(List.class, read);
        List<?> names = assertInstanceOf(List.class, both.getFirst());
        assertEquals("001.Black_footed_Albatross/Black_Footed_Albatross_0001_796111", names.get(0));
        assertEquals("Größe", names.get(1));
        assertEquals(Arrays.asList(3L, -70_000L, BigInteger.ONE.shiftLeft(70), 2.5, null, true), names.subList(2, 8));
        List<Object> tuple = assertInstanceOf(PickleTuple.class, names.get(8)).items();
        assertEquals(1L, tuple.getFirst());
        assertEquals(Arrays.asList("two", List.of()), assertInstanceOf(PickleTuple.class, tuple.get(1)).items());
        assertEquals(Map.of("key", Map.of("inner", names.get(0))), both.get(1));
    }

    /** As {@code cPickle} of Python 2 writes lists of file names. */
    @Test
    void byteStringsOfPython2() {
        assertEquals(List.of("a b", "c'd"), read("(lp1\nS'a b'\np2\naS\"c'd\"\np3\na."));
        assertEquals(List.of("abc", "ü"), read("\u0080\u0002]q\u0001(U\u0003abcq\u0002T\u0001\0\0\0\u00fce."));
        assertEquals("line\nend\u00e9", read("S'line\\nend\\xe9'\n."));
    }

    @ParameterizedTest
    @CsvSource({"cos\\nsystem\\n(S'ls'\\ntR., os.system", "(S'ls'\\nios\\nsystem\\n., os.system", "c__builtin__\\neval\\n., __builtin__.eval"})
    void namesAreRefused(String pickle, String name) {
        PickleException refused = assertThrows(PickleException.class, () -> read(pickle.replace("\\n", "\n")));
        assertTrue(refused.getMessage().contains(name), refused::getMessage);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "]", "a.", "(t", "0.", "1.", "S'a\n.", "S'\\", "I1x\n.", "V\\u00\n.", "h\u0001.", "g7\n.", "X\u00ff\u00ff\u00ff\u007fab.",
        "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff.", "\u008b\u00ff\u00ff\u00ff\u00ff.", "T\u00ff\u00ff\u00ff\u00ff.", "\u0080\u0009.", "}(I1\nu.", "}]I1\ns.",
        "I1\nI2\na.", "I1\n)R.", "}}b", "Q.", "Pid\n.", "\u0082\u0001.", "\u00ff."})
    void damagedPicklesAreNamed(String pickle) {
        PickleException refused = assertThrows(PickleException.class, () -> read(pickle));
        assertTrue(refused.getMessage().startsWith("test: the pickle "), refused::getMessage);
    }

    /** What a pickle names again costs it two bytes, so what is made of it must not be as long as it is. */
    @Test
    void longListsAndTuplesAreCopiedOnce() {
        String list = "](S'a'\nI1\nlaq\u00010";
        String call = "ccollections\nOrderedDict\nh\u0001\u0085R";
        assertEquals(Map.of("a", 1L), readTorch(list + call + "."));
        assertTrue(assertThrows(PickleException.class, () -> readTorch(list + call + call + ".")).getMessage().contains("calls collections.OrderedDict in an unusual way"));
        String storage = "((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI4\ntQ";
        for (int dimensions : new int[] {2, 16, 17}) {
            String sizes = "(" + "I1\n".repeat(dimensions) + "t";
            String tensor = "ctorch._utils\n_rebuild_tensor\n" + storage + "I0\n" + sizes + sizes + "tR.";
            if (dimensions > 16) {
                assertTrue(assertThrows(PickleException.class, () -> readTorch(tensor)).getMessage().contains("in an unusual way"));
            } else {
                assertEquals(dimensions, assertInstanceOf(TorchTensor.class, readTorch(tensor)).size().size());
            }
        }
    }

    private static Object readTorch(String pickle) {
        return PickleReader.read(pickle.getBytes(StandardCharsets.ISO_8859_1), "test", new TorchWhitelist());
    }

    @Test
    void anyBytesAreReadOrRefused() {
        Random random = new Random(11);
        String opcodes = "(.012FGIJKLMNPQRSTUVXabcdeghijlopqrstu}])BC\u0080\u0081\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0093\u0094\u0095\n01";
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (int trial = 0; trial < 20_000; trial++) {
                StringBuilder pickle = new StringBuilder();
                for (int i = random.nextInt(60); i >= 0; i--) {
                    pickle.append(random.nextInt(4) == 0 ? (char) random.nextInt(256) : opcodes.charAt(random.nextInt(opcodes.length())));
                }
                try {
                    read(pickle.append('.').toString());
                } catch (PickleException _) {
                    // What a damaged pickle may end with, and nothing else.
                }
            }
        });
    }

    @Test
    void depthCostsNoStack() {
        assertInstanceOf(List.class, read("]".repeat(200_000) + "a".repeat(199_999) + "."));
        assertNull(read("N."));
    }
}
