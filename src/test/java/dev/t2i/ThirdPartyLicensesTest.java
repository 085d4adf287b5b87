package dev.t2i;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The jar holds libraries of others, whose licences ask to travel with them. */
class ThirdPartyLicensesTest {
    /** A jar of a local repository: ARTIFACT/VERSION/ARTIFACT-VERSION.jar. */
    private static final Pattern JAR = Pattern.compile(".*[/\\\\]([^/\\\\]+)[/\\\\]([^/\\\\]+)[/\\\\]\\1-\\2\\.jar");
    private static final Pattern OF_TESTS = Pattern.compile("junit-.*|surefire-.*|opentest4j|apiguardian-api|jspecify");

    @Test
    void everyLibraryInTheJarIsNamedWithItsVersion() throws IOException {
        String text;
        try (InputStream in = ThirdPartyLicensesTest.class.getResourceAsStream("/META-INF/THIRD-PARTY-LICENSES")) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        List<String> found = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator))) {
            Matcher jar = JAR.matcher(entry);
            if (jar.matches() && !OF_TESTS.matcher(jar.group(1)).matches()) {
                String library = jar.group(1) + " " + jar.group(2);
                (text.matches("(?s).*\\b" + Pattern.quote(library) + "[,: ].*") ? found : missing).add(library);
            }
        }
        assertEquals(List.of(), missing, "name them, and their licences, in src/main/resources/META-INF/THIRD-PARTY-LICENSES");
        assertTrue(found.size() >= 20, found::toString);
    }
}
