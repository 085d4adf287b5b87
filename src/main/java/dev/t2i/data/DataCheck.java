package dev.t2i.data;

import dev.t2i.data.scene.CaptionGrammar;
import dev.t2i.image.ImageException;
import dev.t2i.image.PictureFiles;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Looks a data set over before hours are spent on it: decodes every picture, reads every caption, lists every defect. */
public final class DataCheck {
    /** Captions of more words are reported; text encoders cut them off. */
    public static final int LONG_CAPTION_WORDS = 100;
    private static final int SAMPLE = 1000;

    private DataCheck() {}

    /**
     * @param progress told how many pictures have been read
     * @throws DataException where there is nothing to check: no such folder, no permission
     */
    public static DataReport check(DataSpec spec, LongConsumer progress) {
        return switch (spec.kind()) {
            case SCENES -> checkScenes(spec, progress);
            case FOLDER -> checkFolder(spec, progress);
            default -> throw new DataException(spec.kind() + " sets are not read by this version");
        };
    }

    private static DataReport checkScenes(DataSpec spec, LongConsumer progress) {
        CaptionedImages images = spec.open();
        int longest = 0;
        long sample = Math.min(images.size(), SAMPLE);
        for (long i = 0; i < sample; i++) {
            longest = Math.max(longest, CaptionGrammar.words(images.describe(i, 0).caption()).size());
            progress.accept(i + 1);
        }
        return new DataReport(spec, images.size(), images.size() == CaptionedImages.ENDLESS ? 0 : images.size(), longest, List.of());
    }

    private static DataReport checkFolder(DataSpec spec, LongConsumer progress) {
        FolderIndex index = FolderIndex.scan(spec.path(), spec.column(), spec.extension());
        List<Problem> problems = new ArrayList<>(index.problems());
        if (index.pictures() == 0) {
            problems.add(new Problem(Problem.Type.MISSING_PICTURE, spec.location(), "no pictures in this folder"));
        }
        long captions = 0;
        int longest = 0;
        long done = 0;
        for (FolderIndex.Entry entry : index.entries()) {
            try {
                PictureFiles.read(entry.file());
            } catch (ImageException e) {
                String message = e.getMessage();
                String prefix = entry.file() + ": ";
                problems.add(new Problem(Problem.Type.CORRUPT_PICTURE, entry.name(),
                        message.startsWith(prefix) ? message.substring(prefix.length()) : message));
            }
            for (String caption : entry.captions()) {
                int words = CaptionGrammar.words(caption).size();
                captions++;
                longest = Math.max(longest, words);
                if (words > LONG_CAPTION_WORDS) {
                    problems.add(new Problem(Problem.Type.LONG_CAPTION, entry.name(),
                            "a caption of " + words + " words, more than " + LONG_CAPTION_WORDS));
                }
            }
            progress.accept(++done);
        }
        return new DataReport(spec, index.pictures(), captions, longest, problems);
    }
}
