package dev.t2i.data;

import dev.t2i.image.Picture;

import java.util.ArrayList;
import java.util.List;

/**
 * One data set, or several after one another, each with the splits that its spec asks for. Of several, each is a split of its own, and names
 * begin with where it lies.
 */
final class JoinedCatalogue implements Catalogue {
    /**
     * @param chosen numbers in {@code catalogue}; null for all
     * @param first the number that its first picture has here
     */
    private record Part(DataSpec spec, Catalogue catalogue, int[] chosen, long first) {
        long size() {
            return chosen == null ? catalogue.size() : chosen.length;
        }

        long inside(long index) {
            return chosen == null ? index - first : chosen[(int) (index - first)];
        }
    }

    private final List<Part> parts = new ArrayList<>();
    private final Problems problems = new Problems();
    private long size;

    /** @throws DataException one line where one of them can't be read at all */
    JoinedCatalogue(List<DataSpec> specs) {
        for (DataSpec spec : specs) {
            Catalogue catalogue = spec.catalogue();
            problems.addAll(catalogue.problems(), specs.size() == 1 ? "" : spec.location() + "/");
            if (catalogue.pictures() == 0 && catalogue.problems().isEmpty()) {
                problems.add(Problem.Type.MISSING_PICTURE, spec.location(), "no pictures here");
            }
            Part part = new Part(spec, catalogue, CataloguedImages.chosen(spec, catalogue, true), size);
            parts.add(part);
            size += part.size();
        }
    }

    private Part part(long index) {
        int at = parts.size() - 1;
        while (parts.get(at).first() > index) {
            at--;
        }
        return parts.get(at);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long pictures() {
        return parts.stream().mapToLong(part -> part.chosen() == null ? part.catalogue().pictures() : part.size()).sum();
    }

    @Override
    public String name(long index) {
        Part part = part(index);
        String name = part.catalogue().name(part.inside(index));
        return parts.size() == 1 ? name : part.spec().location() + "/" + name;
    }

    @Override
    public String place(long index) {
        Part part = part(index);
        return part.catalogue().place(part.inside(index));
    }

    @Override
    public String split(long index) {
        Part part = part(index);
        String split = part.catalogue().split(part.inside(index));
        return parts.size() == 1 ? split : part.spec() + (split.isEmpty() ? "" : " " + split);
    }

    @Override
    public String group(long index) {
        Part part = part(index);
        return part.catalogue().group(part.inside(index));
    }

    @Override
    public List<String> captions(long index) {
        Part part = part(index);
        return part.catalogue().captions(part.inside(index));
    }

    @Override
    public byte[] bytes(long index) {
        Part part = part(index);
        return part.catalogue().bytes(part.inside(index));
    }

    @Override
    public Picture cut(long index, Picture whole) {
        Part part = part(index);
        return part.catalogue().cut(part.inside(index), whole);
    }

    @Override
    public Problems problems() {
        return problems;
    }
}
