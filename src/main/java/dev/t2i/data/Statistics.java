package dev.t2i.data;

import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What a data set is like: how many pictures a split has, how large they are, how many captions each has, and of how many words. */
public final class Statistics {
    /** Least, mean and most of something. */
    private static final class Range {
        private long count;
        private long least = Long.MAX_VALUE;
        private long most = Long.MIN_VALUE;
        private double sum;

        void add(long value) {
            count++;
            least = Math.min(least, value);
            most = Math.max(most, value);
            sum += value;
        }

        void write(ObjectNode node) {
            if (count > 0) {
                node.put("least", least).put("mean", sum / count).put("most", most);
            }
        }

        @Override
        public String toString() {
            return least == most ? Long.toString(least) : String.format(Locale.ROOT, "%d to %d (mean %.1f)", least, most, sum / count);
        }
    }

    private final Map<String, Long> splits = new TreeMap<>();
    private final Range captions = new Range();
    private final Range words = new Range();
    private final Range widths = new Range();
    private final Range heights = new Range();
    private final Range bytes = new Range();

    void picture(String split, int captionCount, long fileBytes) {
        splits.merge(split, 1L, Long::sum);
        captions.add(captionCount);
        bytes.add(fileBytes);
    }

    void size(int width, int height) {
        widths.add(width);
        heights.add(height);
    }

    void caption(int wordCount) {
        words.add(wordCount);
    }

    /** How many captions there are. */
    public long captions() {
        return words.count;
    }

    /** In words; 0 where there are no captions. */
    public int longestCaption() {
        return words.count == 0 ? 0 : (int) words.most;
    }

    /** One line for people; empty where nothing was counted. */
    String text() {
        if (bytes.count == 0) {
            return "";
        }
        StringBuilder out = new StringBuilder();
        if (splits.size() > 1 || !splits.containsKey("")) {
            splits.forEach((split, count) -> out.append(out.isEmpty() ? "splits: " : ", ").append(split).append(' ').append(count));
            out.append("; ");
        }
        out.append("captions a picture: ").append(captions).append("; words a caption: ").append(words.count == 0 ? "none" : words);
        if (widths.count > 0) {
            out.append("; pixels across: ").append(widths).append(", down: ").append(heights);
        }
        return out.append(String.format(Locale.ROOT, "; files: %.1f MB", bytes.sum / 1e6)).toString();
    }

    void write(ObjectNode node) {
        ObjectNode splitNode = node.putObject("splits");
        splits.forEach((split, count) -> splitNode.put(split, count));
        captions.write(node.putObject("captions_per_picture"));
        words.write(node.putObject("words_per_caption"));
        widths.write(node.putObject("width"));
        heights.write(node.putObject("height"));
        bytes.write(node.putObject("file_bytes"));
    }
}
