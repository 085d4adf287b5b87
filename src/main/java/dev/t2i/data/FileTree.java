package dev.t2i.data;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;

/** The files below a folder. Links are followed, for people keep their pictures on one disk and name them from another. */
public final class FileTree {
    private FileTree() {}

    /**
     * Goes through the files in no order; into no hidden folder below.
     *
     * @param depth as {@link Files#walkFileTree} counts
     * @param loops takes links that lead back to a folder above, into which nobody goes
     */
    static void each(Path root, int depth, Consumer<Path> files, Consumer<Path> loops) throws IOException {
        Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), depth, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return !folder.equals(root) && isHidden(root.relativize(folder)) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile()) {
                    files.accept(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                boolean hidden = isHidden(root.relativize(file));
                if (hidden || e instanceof FileSystemLoopException) {
                    if (!hidden) {
                        loops.accept(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
    }

    /**
     * Notes loops as problems.
     *
     * @param front what their names begin with, where {@code root} is a part of a data set
     */
    static void each(Path root, int depth, String front, Problems problems, Consumer<Path> files) throws IOException {
        each(root, depth, files, loop -> problems.add(Problem.Type.BAD_METADATA, front + root.relativize(loop).toString().replace('\\', '/'),
                "this link leads back to a folder above it; remove it"));
    }

    /** Whether a file, or a folder that it lies in, begins with a dot. */
    static boolean isHidden(Path relative) {
        for (Path part : relative) {
            if (part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    /** All files, in the order of their paths. @throws FileSystemLoopException where links lead round in a circle */
    public static List<Path> sorted(Path root) throws IOException {
        List<Path> found = new ArrayList<>();
        List<Path> loops = new ArrayList<>();
        each(root, Integer.MAX_VALUE, found::add, loops::add);
        if (!loops.isEmpty()) {
            throw new FileSystemLoopException(loops.getFirst().toString());
        }
        found.sort(null);
        return found;
    }
}
