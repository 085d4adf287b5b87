package dev.t2i.data.scene;

import java.util.List;

/**
 * A sentence and what it says.
 *
 * @param text in lower case, without a full stop
 * @param facts everything that the sentence states; what it leaves out is free
 * @param kinds the kinds it gives to the things of its scene, by number
 * @param template the number of the template that it was made from
 * @param wording the seed of its choice of words
 * @param order the things in the order in which the template names them
 */
public record Caption(String text, List<Fact> facts, List<Kind> kinds, int template, long wording, List<Integer> order) {
    public Caption {
        facts = List.copyOf(facts);
        kinds = List.copyOf(kinds);
        order = List.copyOf(order);
    }

    /** Whether a picture in which this was seen shows all that the caption says. */
    public boolean fits(Observation seen) {
        return facts.stream().allMatch(fact -> fact.holds(seen, kinds));
    }

    /** How many of {@link #facts} a picture in which this was seen gets right. */
    public int right(Observation seen) {
        return (int) facts.stream().filter(fact -> fact.holds(seen, kinds)).count();
    }
}
