package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BadModelException;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights as they are found by class loaders of all kinds. */
class ShippedFolderTest {
    private static final String FILE = "/weights/some/config.json";

    @TempDir
    Path folder;
    private Path jar;
    private URL inside;

    @BeforeEach
    void pack() throws IOException {
        jar = folder.resolve("a jar \u00e9+.jar");
        try (FileSystem zip = FileSystems.newFileSystem(jar, Map.of("create", "true"))) {
            Files.createDirectories(zip.getPath("/weights/some"));
            Files.writeString(zip.getPath(FILE), "{}");
        }
        inside = URI.create("jar:" + jar.toUri() + "!" + FILE).toURL();
    }

    @Test
    void anInterruptWhileOneReadsLeavesTheNextItsJar() throws IOException {
        Path first = ShippedFolder.at(inside, FILE).resolve("config.json");
        Thread.currentThread().interrupt();
        assertThrows(ClosedByInterruptException.class, () -> Files.readString(first));
        String message = assertThrows(BadModelException.class, () -> ShippedFolder.at(inside, FILE)).getMessage();
        assertTrue(Thread.interrupted());
        assertTrue(message.endsWith("cannot be read, the thread was interrupted"), message);
        assertEquals("{}", Files.readString(ShippedFolder.at(inside, FILE).resolve("config.json")));
    }

    @Test
    void eachHasAFileSystemThatNobodyElseGets() throws IOException {
        Path first = ShippedFolder.at(inside, FILE);
        assertNotSame(first.getFileSystem(), ShippedFolder.at(inside, FILE).getFileSystem());
        assertThrows(FileSystemNotFoundException.class, () -> FileSystems.getFileSystem(URI.create("jar:" + jar.toUri())));
        ShippedFolder.close(first);
        assertTrue(!first.getFileSystem().isOpen());
    }

    @Test
    void aFolderIsItself() throws IOException {
        Path config = Files.createFile(Files.createDirectories(folder.resolve("weights/some")).resolve("config.json"));
        Path found = ShippedFolder.at(config.toUri().toURL(), FILE);
        assertEquals(config.getParent(), found);
        ShippedFolder.close(found);
        assertTrue(Files.exists(found));
    }

    @Test
    void otherPlacesAreNamedWithTheRemedy() throws IOException {
        for (String place : new String[] {"vfs:/app.war/WEB-INF/lib/t2i.jar" + FILE, "bundleresource://7.fwk1:1" + FILE,
            "jar:war:file:/app.war*/WEB-INF/lib/t2i.jar!" + FILE, "jar:nested:/app.jar/!BOOT-INF/lib/t2i.jar!" + FILE,
            "jar:" + jar.toUri() + "!/BOOT-INF/lib/t2i.jar!" + FILE}) {
            URL url = URL.of(URI.create(place), new URLStreamHandler() {
                @Override
                protected URLConnection openConnection(URL u) throws IOException {
                    throw new IOException("not to be opened");
                }
            });
            String message = assertThrows(BadModelException.class, () -> ShippedFolder.at(url, FILE)).getMessage();
            assertTrue(message.startsWith(place + ": weights can be read from a folder or a jar file only") && message.contains("copy weights/some out"), message);
            assertEquals(1, message.lines().count());
        }
    }
}
