package dev.t2i.data;

import dev.t2i.data.scene.Scene;
import dev.t2i.image.ImageException;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import dev.t2i.image.Resize;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What is packed: pictures by number, brought to a size. */
interface PackSource {
    /**
     * A picture as a pack holds it.
     *
     * @param name inside the data set that it comes from
     * @param split empty where there are none
     * @param captions all of them, at least one
     * @param rgb {@code size * size * 3} bytes
     * @param sha256 of the file that it was, or of its pixels where there was none
     */
    record Item(String name, String split, List<String> captions, Optional<Scene> scene, byte[] rgb, byte[] sha256) {}

    long size();

    /** Safe to call from several threads. @throws DataException one line where the picture is at fault */
    Item load(long index, int size);

    /** Scenes with their attributes, and for readers that do not know the grammar a few captions of each. */
    record Scenes(SceneImages images, String split) implements PackSource {
        private static final int CAPTIONS = 5;

        static Scenes of(DataSpec spec) {
            if (spec.options().containsKey("sides")) {
                throw new DataException("data '" + spec + "': a pack of scenes has captions written anew each time, as of scenes: without sides; leave sides out");
            }
            SceneImages images = (SceneImages) spec.open();
            if (images.size() == CaptionedImages.ENDLESS) {
                throw new DataException("data '" + spec + "': scenes never end; say how many to pack, as in scenes:?count=10000");
            }
            return new Scenes(images, spec.options().getOrDefault("split", "train").toLowerCase(Locale.ROOT));
        }

        @Override
        public long size() {
            return images.size();
        }

        @Override
        public Item load(long index, int size) {
            images.requireSize(size);
            Scene scene = images.scene(index);
            byte[] rgb = new byte[size * size * 3];
            images.render(scene, size, rgb);
            Set<String> captions = new LinkedHashSet<>();
            for (int seed = 0; seed < CAPTIONS; seed++) {
                captions.add(images.describe(index, seed).caption());
            }
            return new Item(String.format(Locale.ROOT, "%06d", index), split, List.copyOf(captions), Optional.of(scene), rgb, Sha256.of(rgb));
        }
    }

    /** What lies on a disk: decoded, cut as the set means it, the largest centred square of it resized. */
    record Catalogued(Catalogue catalogue, int[] chosen) implements PackSource {
        static Catalogued of(DataSpec spec) {
            Catalogue catalogue = spec.catalogue();
            CataloguedImages.requireGood(spec, catalogue);
            return new Catalogued(catalogue, CataloguedImages.chosen(spec, catalogue, true));
        }

        @Override
        public long size() {
            return chosen == null ? catalogue.size() : chosen.length;
        }

        @Override
        public Item load(long index, int size) {
            long number = chosen == null ? index : chosen[(int) index];
            List<String> captions = catalogue.captions(number);
            if (captions.isEmpty()) {
                throw new DataException(catalogue.place(number) + ": its caption is empty");
            }
            try {
                byte[] bytes = catalogue.bytes(number);
                Picture picture = catalogue.cut(number, PictureFiles.decode(bytes, catalogue.place(number)));
                return new Item(catalogue.name(number), catalogue.split(number), captions, Optional.empty(),
                        Resize.square(picture, size, Resize.Filter.CUBIC).rgb(), Sha256.of(bytes));
            } catch (ImageException e) {
                throw new DataException(e.getMessage(), e);
            }
        }
    }
}
