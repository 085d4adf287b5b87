package dev.t2i.cli;

import dev.t2i.metric.Score;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Scores as people and programs read them. */
final class ScoreLines {

    private ScoreLines() {
    }

    /** {@code FID[net]  1.2345 ± 0.1 (0.9-1.5)  (real pictures 0.5)} */
    static String line(Score score) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%s  %.4f", score.name(), score.value()));
        score.spread().ifPresent(spread -> line.append(String.format(Locale.ROOT, " ± %.4f", spread)));
        if (score.low().isPresent() && score.high().isPresent()) {
            line.append(String.format(Locale.ROOT, " (%.4f-%.4f)", score.low().getAsDouble(), score.high().getAsDouble()));
        }
        score.real().ifPresent(real -> line.append(String.format(Locale.ROOT, "  (real pictures %.4f)", real)));
        return line.toString();
    }

    static Map<String, Object> entry(Score score) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("value", score.value());
        score.spread().ifPresent(spread -> entry.put("standard_deviation", spread));
        score.low().ifPresent(low -> entry.put("low", low));
        score.high().ifPresent(high -> entry.put("high", high));
        score.real().ifPresent(real -> entry.put("real", real));
        score.warning().ifPresent(warning -> entry.put("warning", warning));
        return entry;
    }
}
