package dev.t2i.launcher;

import java.util.ArrayList;
import java.util.List;

/** Splits a line of JVM options as a shell would: at blanks, except inside quotes; no other shell syntax. */
final class Options {

    private Options() {
    }

    static List<String> split(String line) throws CannotLaunch {
        List<String> options = new ArrayList<>();
        StringBuilder option = null;
        char quote = 0;
        for (char c : line.toCharArray()) {
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    option.append(c);
                }
            } else if (Character.isWhitespace(c)) {
                if (option != null) {
                    options.add(option.toString());
                    option = null;
                }
            } else {
                if (option == null) {
                    option = new StringBuilder();
                }
                if (c == '"' || c == '\'') {
                    quote = c;
                } else {
                    option.append(c);
                }
            }
        }
        if (quote != 0) {
            throw new CannotLaunch("T2I_JAVA_OPTIONS has an open " + quote + ": " + line);
        }
        if (option != null) {
            options.add(option.toString());
        }
        return options;
    }
}
