package dev.t2i.image;

import dev.t2i.error.FileTrouble;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Files written whole or not at all: beside the target, synced, renamed. */
final class WholeFile {
    private static final long MAX_BYTES = 1L << 30;

    private WholeFile() {}

    static void write(Path file, byte[] bytes, boolean overwrite) {
        if (!overwrite && Files.exists(file)) {
            throw exists(file);
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new ImageException(file + ": cannot be written, there is no folder " + folder);
        }
        Path aside = null;
        try {
            aside = Files.createTempFile(folder, "." + file.getFileName(), ".tmp");
            try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            openToReaders(aside);
            if (overwrite) {
                replace(aside, file);
            } else {
                create(aside, file);
            }
        } catch (FileAlreadyExistsException e) {
            discard(aside);
            throw exists(file);
        } catch (IOException e) {
            discard(aside);
            throw new ImageException(file + ": cannot be written, " + reason(e), e);
        }
    }

    private static ImageException exists(Path file) {
        return new ImageException(file + ": exists already; allow overwriting or choose another name");
    }

    private static void replace(Path aside, Path file) throws IOException {
        try {
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** By a second name for the file, which no system gives where the name is taken meanwhile; a move would take it away. */
    private static void create(Path aside, Path file) throws IOException {
        try {
            Files.createLink(file, aside);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException e) {
            // Not every file system knows second names.
            replace(aside, file);
            return;
        }
        discard(aside);
    }

    static byte[] read(Path file) {
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new ImageException(file + ": cannot be read, it is " + (Files.isDirectory(file) ? "a folder" : "not an ordinary file"));
            }
            if (Files.size(file) > MAX_BYTES) {
                throw new ImageException(file + ": larger than " + MAX_BYTES + " bytes, hardly a picture");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ImageException(file + ": cannot be read, " + reason(e), e);
        }
    }

    static String reason(IOException e) {
        return e instanceof NoSuchFileException ? "there is no such file" : FileTrouble.reason(e);
    }

    /** Temporary files are private to their owner; pictures are as readable as other files. */
    private static void openToReaders(Path file) throws IOException {
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private static void discard(Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // The failure that brought us here is the one to report.
            }
        }
    }
}
