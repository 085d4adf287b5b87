package dev.t2i.data;

import java.util.ArrayList;
import java.util.List;

/** Comma-separated values as RFC 4180 has them: quoted cells may hold commas, line ends and doubled quotes; and the same with another separator. */
final class Csv {
    /** @param line the line of the file on which the row begins, from 1 */
    record Row(int line, List<String> cells) {}

    /** A quoted cell without an end. */
    static final class UnclosedQuote extends Exception {
        private static final long serialVersionUID = 1L;
        private final int line;

        private UnclosedQuote(int line) {
            super("line " + line);
            this.line = line;
        }

        /** Where the cell begins, from 1. */
        int line() {
            return line;
        }
    }

    private Csv() {}

    static List<Row> parse(String text, char separator) throws UnclosedQuote {
        List<Row> rows = new ArrayList<>();
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        int line = 1;
        int rowLine = 1;
        int quoteLine = 1;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line++;
            }
            if (quoted) {
                if (c != '"') {
                    cell.append(c);
                } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    cell.append('"');
                    i++;
                } else {
                    quoted = false;
                }
            } else if (c == '"' && cell.isEmpty()) {
                quoted = true;
                quoteLine = line;
            } else if (c == separator) {
                cells.add(cell.toString());
                cell.setLength(0);
            } else if (c == '\n') {
                finish(rows, rowLine, cells, cell);
                cells = new ArrayList<>();
                rowLine = line;
            } else if (c != '\r') {
                cell.append(c);
            }
        }
        if (quoted) {
            throw new UnclosedQuote(quoteLine);
        }
        finish(rows, rowLine, cells, cell);
        return rows;
    }

    private static void finish(List<Row> rows, int line, List<String> cells, StringBuilder cell) {
        if (!cells.isEmpty() || !cell.isEmpty()) {
            cells.add(cell.toString());
            rows.add(new Row(line, cells));
        }
        cell.setLength(0);
    }
}
