package dev.t2i.train;

import dev.t2i.gpt2.Sentences;
import dev.t2i.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/** Which captions of a batch are by chance the same as a picture's own, so that nobody is punished for taking one for the other. */
final class SameCaptions {
    static final String INPUT = "same_captions";

    private SameCaptions() {}

    /**
     * Fills {@code [n, 2n]}: 1 where one of the captions, or behind them of the wrong ones, is the same as row i's and not row i's itself, as an
     * encoder hears them.
     */
    static void fill(Tensor same, List<String> captions, List<String> wrong) {
        int n = captions.size();
        List<String> heard = Stream.concat(captions.stream(), wrong.stream()).map(Sentences::normalise).toList();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < 2 * n; j++) {
                boolean alike = j != i && heard.get(i).equals(heard.get(j));
                same.set((long) i * 2 * n + j, alike ? 1 : 0);
            }
        }
    }
}
