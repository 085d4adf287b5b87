package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What the discriminator sees changed, see {@link DiffAugment}, and how often.
 *
 * @param parts empty for none of it
 * @param probability of each part for each picture; where it adapts, what it starts from
 * @param target 0 for a probability that stays. Else ADA's heuristic: the probability rises while the discriminator is surer of real
 *               pictures than this, by the mean sign of its logits, and falls otherwise. 0.6 is ADA's
 * @param ceiling of the probability; beyond 0.8 or so generators begin to draw what augmentation does
 * @param span samples in which the probability could go from 0 to 1
 * @param interval steps between its changes
 */
public record DiffAugmentSettings(
        @Default("[]") List<DiffAugment.Part> parts,
        @Range(min = 0, max = 1) @Default("1") double probability,
        @Range(min = 0, below = 1) @Default("0") double target,
        @Range(above = 0, max = 1) @Default("0.8") double ceiling,
        @Range(min = 1) @Default("500000") long span,
        @Range(min = 1, max = 1000) @Default("4") int interval) {

    public DiffAugmentSettings {
        if (Set.copyOf(parts).size() != parts.size()) {
            throw new IllegalArgumentException("parts is %s, name each once".formatted(parts));
        }
        if (target > 0 && parts.isEmpty()) {
            throw new IllegalArgumentException("target is %s, but there is nothing whose probability could adapt; name parts".formatted(target));
        }
        if (target > 0 && probability > ceiling) {
            throw new IllegalArgumentException("probability is %s, above its ceiling %s; start lower, ADA does at 0".formatted(probability, ceiling));
        }
        parts = List.copyOf(parts);
    }

    public boolean isEmpty() {
        return parts.isEmpty();
    }

    public boolean adapts() {
        return target > 0;
    }

    public Set<DiffAugment.Part> set() {
        return parts.isEmpty() ? Set.of() : EnumSet.copyOf(parts);
    }
}
