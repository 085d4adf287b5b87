package dev.t2i.metric;

import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.Fact;
import dev.t2i.data.scene.Observation;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How much of what captions say is seen in the pictures drawn for them.
 *
 * @param attributes stated facts that hold, by what they are about; only what was stated at least once
 * @param facts all stated facts
 * @param pictures pictures of which every stated fact holds
 */
public record Obedience(Map<Attribute, Proportion> attributes, Proportion facts, Proportion pictures) {
    public Obedience {
        attributes = Collections.unmodifiableMap(new EnumMap<>(attributes));
    }

    /** @param seen what was seen in the picture for each caption */
    public static Obedience of(List<Caption> captions, List<Observation> seen) {
        if (captions.size() != seen.size() || captions.isEmpty()) {
            throw new IllegalArgumentException(captions.size() + " captions and " + seen.size() + " observations");
        }
        Map<Attribute, Proportion> attributes = new EnumMap<>(Attribute.class);
        Proportion facts = new Proportion(0, 0);
        Proportion pictures = new Proportion(0, 0);
        for (int i = 0; i < captions.size(); i++) {
            Caption caption = captions.get(i);
            boolean wholly = true;
            for (Fact fact : caption.facts()) {
                boolean holds = fact.holds(seen.get(i), caption.kinds());
                wholly &= holds;
                Proportion one = new Proportion(holds ? 1 : 0, 1);
                attributes.merge(Attribute.of(fact), one, Proportion::plus);
                facts = facts.plus(one);
            }
            pictures = pictures.plus(new Proportion(wholly ? 1 : 0, 1));
        }
        return new Obedience(attributes, facts, pictures);
    }

    /** The mean of the attributes' values: what is seldom stated counts as much as what is often. */
    public double mean() {
        return attributes.values().stream().mapToDouble(Proportion::value).average().orElse(Double.NaN);
    }
}
