package dev.t2i.data;

import dev.t2i.error.FileTrouble;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The files that a pattern means: {@code data-{000000..000147}.tar} and {@code {train,val}.tar} as shells expand braces, stars in the last part
 * of the path, or a folder, which means all {@code .tar} files in it.
 */
final class ShardNames {
    private static final int MOST = 1_000_000;
    private static final Pattern BRACE = Pattern.compile("\\{([^{}]*)}");
    private static final Pattern RANGE = Pattern.compile("(\\d+)\\.\\.(\\d+)");

    private ShardNames() {}

    /** @throws DataException one line where the pattern means nothing, or too much */
    static List<Path> expand(String pattern) {
        List<String> names = new ArrayList<>();
        braces(pattern, pattern, names);
        List<Path> shards = new ArrayList<>();
        for (String name : names) {
            Path path = Path.of(name);
            if (Files.isDirectory(path)) {
                shards.addAll(matching(path, "*.tar"));
            } else if (path.getFileName() != null && path.getFileName().toString().contains("*")) {
                shards.addAll(matching(path.getParent() == null ? Path.of("") : path.getParent(), path.getFileName().toString()));
            } else {
                shards.add(path);
            }
        }
        if (shards.stream().noneMatch(Files::isRegularFile)) {
            throw new DataException(pattern + ": no such tar file; a pattern looks like data-{000000..000147}.tar");
        }
        return shards;
    }

    private static void braces(String pattern, String whole, List<String> names) {
        Matcher brace = BRACE.matcher(pattern);
        if (!brace.find()) {
            if (names.size() >= MOST) {
                throw new DataException(whole + ": means more than " + MOST + " files");
            }
            names.add(pattern);
            return;
        }
        String before = pattern.substring(0, brace.start());
        String after = pattern.substring(brace.end());
        Matcher range = RANGE.matcher(brace.group(1));
        if (!range.matches()) {
            for (String choice : brace.group(1).split(",", -1)) {
                braces(before + choice + after, whole, names);
            }
            return;
        }
        int digits = range.group(1).length();
        long first = number(range.group(1), whole);
        long last = number(range.group(2), whole);
        if (last < first) {
            throw new DataException(whole + ": {" + brace.group(1) + "} runs backwards");
        }
        for (long i = first; i <= last; i++) {
            braces(before + String.format(Locale.ROOT, "%0" + digits + "d", i) + after, whole, names);
        }
    }

    private static long number(String digits, String whole) {
        if (digits.length() > 12) {
            throw new DataException(whole + ": means more than " + MOST + " files");
        }
        return Long.parseLong(digits);
    }

    private static List<Path> matching(Path folder, String glob) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
            files.forEach(found::add);
        } catch (PatternSyntaxException e) {
            throw new DataException(folder.resolve(glob) + ": not a pattern of file names; write stars, or braces as in data-{000000..000147}.tar", e);
        } catch (IOException e) {
            throw new DataException(folder + ": cannot be read, " + FileTrouble.reason(e), e);
        }
        found.sort(null);
        return found;
    }
}
