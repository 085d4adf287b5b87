package dev.t2i.safetensors;

import dev.t2i.error.BadInputException;
import dev.t2i.error.FileTrouble;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes a file wholly or not at all: aside in the same folder, synced, then renamed over the target. A reader, or
 * someone who has the old file mapped, sees the old content or the new, never a mixture; a crash leaves the old one.
 */
public final class AtomicFile {
    private static final int COPIED_AT_ONCE = 1 << 20;

    /** Fills a new file from its start. */
    @FunctionalInterface
    public interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    private AtomicFile() {
    }

    /**
     * Creates or replaces {@code target}. Its folder must exist.
     *
     * @throws BadInputException when the disk is full or the place not writable; nothing new is left in the folder then
     */
    public static void write(Path target, Content content) {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(target)) {
            throw new BadInputException(target + ": cannot be written, there is a folder of that name");
        }
        Path aside = folder.resolve(".%s.%08x.tmp".formatted(target.getFileName(), ThreadLocalRandom.current().nextInt()));
        boolean created = false;
        try {
            try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                created = true;
                content.writeTo(channel);
                channel.force(true);
            }
            rename(aside, target);
            created = false;
            sync(folder);
        } catch (IOException e) {
            throw new BadInputException(target + ": cannot be written, " + reason(e, folder), e);
        } finally {
            if (created) {
                discard(aside);
            }
        }
    }

    /** Whatever stopped the writing is the error to report; failing to tidy up after it must not hide it. */
    private static void discard(Path aside) {
        try {
            Files.deleteIfExists(aside);
        } catch (IOException _) {
            aside.toFile().deleteOnExit();
        }
    }

    /** Creates or replaces a UTF-8 text file, as {@link #write(Path, Content)} does. */
    public static void write(Path target, String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        write(target, channel -> writeFully(channel, bytes));
    }

    /**
     * Creates or replaces a file by a copy of {@code source}, of any length.
     *
     * @throws BadInputException as {@link #write(Path, Content)}, or where the source can't be read
     */
    public static void copy(Path source, Path target) {
        // No channel: one on a file inside a jar would extract it beside the jar, where nobody may have the right to write.
        try (InputStream from = Files.newInputStream(source)) {
            byte[] some = new byte[COPIED_AT_ONCE];
            write(target, channel -> {
                for (int count = from.read(some); count >= 0; count = from.read(some)) {
                    writeFully(channel, ByteBuffer.wrap(some, 0, count));
                }
            });
        } catch (IOException e) {
            throw new BadInputException(source + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Makes the rename itself durable. Windows has no such call for folders and needs none. */
    private static void sync(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    private static String reason(IOException e, Path folder) {
        return switch (e) {
            case NoSuchFileException _ when Files.isDirectory(folder) -> "no file can be created in " + folder;
            case NoSuchFileException _ -> "there is no folder " + folder + "; create it first";
            case AccessDeniedException _ -> "the folder " + folder + " may not be written to; check its permissions";
            default -> FileTrouble.reason(e);
        };
    }
}
