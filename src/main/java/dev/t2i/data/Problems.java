package dev.t2i.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Problems of a data set as they are found: all are counted, of each type the first ones are kept, since there may be millions. */
public final class Problems {
    /** How many of each type are kept. */
    static final int KEPT = 1000;

    private final Map<Problem.Type, Long> counts = new EnumMap<>(Problem.Type.class);
    private final Map<Problem.Type, List<Problem>> kept = new EnumMap<>(Problem.Type.class);

    void add(Problem.Type type, String file, String message) {
        add(new Problem(type, file, message));
    }

    void add(Problem problem) {
        counts.merge(problem.type(), 1L, Long::sum);
        List<Problem> examples = kept.computeIfAbsent(problem.type(), _ -> new ArrayList<>());
        if (examples.size() < KEPT) {
            examples.add(problem);
        }
    }

    /** @param prefix put in front of files */
    void addAll(Problems others, String prefix) {
        others.kept.values().forEach(list -> list.forEach(problem -> add(problem.type(), prefix + problem.file(), problem.message())));
        others.counts.forEach((type, count) -> counts.merge(type, count - others.kept.get(type).size(), Long::sum));
    }

    public boolean isEmpty() {
        return counts.isEmpty();
    }

    /** How many there are in all. */
    public long count() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** How many there are of each type that occurs. */
    public Map<Problem.Type, Long> counts() {
        return Collections.unmodifiableMap(counts);
    }

    /** The first problems of a type, in the order in which they were found. */
    public List<Problem> examples(Problem.Type type) {
        return Collections.unmodifiableList(kept.getOrDefault(type, List.of()));
    }

    /** The first problem of the first type. */
    Problem first() {
        return kept.values().iterator().next().getFirst();
    }
}
