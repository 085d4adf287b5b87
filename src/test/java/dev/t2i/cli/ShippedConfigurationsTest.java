package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.config.Settings;
import dev.t2i.metric.RecogniserSettings;
import dev.t2i.train.AutoencoderSettings;
import dev.t2i.train.GanSettings;
import dev.t2i.train.LanguageSettings;
import dev.t2i.train.MatchingSettings;
import dev.t2i.train.TaskKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What lies in configs/, read as the commands read it. */
class ShippedConfigurationsTest {
    private static final Pattern SIZE = Pattern.compile(".*-(\\d+)");
    private static final Pattern OUT = Pattern.compile("--out runs/([-\\w]+)");
    private static final Pattern STARTED_FROM = Pattern.compile("(?m)^ *(?:start|encoder): runs/([-\\w]+)/model$");

    static List<Path> configurations() throws IOException {
        return files(Path.of("configs"), ".yaml");
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static String name(Path configuration) {
        return configuration.getFileName().toString().replace(".yaml", "");
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void everyOneIsRightForItsTaskAndHasTheSizeInItsName(Path file) throws IOException {
        int size = -1;
        if (!Files.readString(file).contains("task:")) {
            Settings.load(file, LanguageSettings.class, List.of());
        } else {
            size = switch (Settings.peek(file, "task", TaskKind.class, List.of())) {
                case GAN -> Settings.load(file, GanSettings.class, List.of()).size();
                case AUTOENCODER -> Settings.load(file, AutoencoderSettings.class, List.of()).size();
                case MATCHING -> Settings.load(file, MatchingSettings.class, List.of()).size();
                case RECOGNISER -> Settings.load(file, RecogniserSettings.class, List.of()).network().size();
            };
        }
        Matcher named = SIZE.matcher(name(file));
        assertEquals(named.matches() ? Integer.parseInt(named.group(1)) : -1, size);
    }

    /** A run is called as the documents call it, or as its configuration without the size. */
    @Test
    void whatOneStartsFromIsWhatAnotherMakes() throws IOException {
        Set<String> made = new TreeSet<>();
        Set<String> wanted = new TreeSet<>();
        StringBuilder documents = new StringBuilder(Files.readString(Path.of("README.md")));
        for (Path page : files(Path.of("docs"), ".md")) {
            documents.append(Files.readString(page));
        }
        for (Path file : configurations()) {
            String text = Files.readString(file);
            documents.append(text);
            made.add(name(file));
            made.add(name(file).replaceAll("-\\d+$", ""));
            wanted.addAll(all(STARTED_FROM, text));
        }
        made.addAll(all(OUT, documents.toString()));
        assertTrue(made.containsAll(wanted), wanted + " among " + made);
        assertTrue(wanted.contains("prior-128"), wanted::toString);
    }

    private static Set<String> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1)).collect(Collectors.toSet());
    }
}
