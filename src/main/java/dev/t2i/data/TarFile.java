package dev.t2i.data;

import dev.t2i.error.FileTrouble;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The members of a tar archive (POSIX ustar and pax, GNU long names), read where they lie: nothing is unpacked, and between two members only
 * headers are read. Written here, and not taken from a library, for what a data set needs: where each member lies, so that any can be read
 * again, memory that doesn't grow with the archive, and a limit on everything that the archive may claim.
 */
final class TarFile implements AutoCloseable {
    /**
     * @param header where its first header begins, for {@link #at}
     * @param regular whether it is a file, not a folder, link or device
     * @param offset where its bytes begin
     * @param end where the next header begins
     */
    record Member(long header, String name, boolean regular, long offset, long size, long end) {}

    private static final int BLOCK = 512;
    private static final int MOST_NAME_BYTES = 1 << 16;

    private final Path file;
    private final RandomAccessFile in;
    private final long length;
    private final byte[] block = new byte[BLOCK];

    private TarFile(Path file, RandomAccessFile in) throws IOException {
        this.file = file;
        this.in = in;
        this.length = in.length();
    }

    /** @throws DataException one line where there is no such file, or it can't be read */
    static TarFile open(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new DataException(file + (Files.exists(file) ? ": is not an ordinary file" : ": there is no such file"));
            }
            // Unlike channels these survive it when a thread that reads is interrupted.
            return new TarFile(file, new RandomAccessFile(file.toFile(), "r"));
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    /**
     * The member whose header begins at {@code position}; null where the archive ends there.
     *
     * @throws DataException one line where there is no header, or the archive is cut off
     */
    Member at(long position) {
        String longName = null;
        long longSize = -1;
        long at = position;
        try {
            while (true) {
                if (!readHeader(at)) {
                    if (at != position) {
                        throw damaged(at);
                    }
                    return null;
                }
                char type = (char) (block[156] & 255);
                long size = number(124, 12, at);
                switch (type) {
                    case 'L' -> longName = ended(content(at + BLOCK, size));
                    case 'x' -> {
                        byte[] records = content(at + BLOCK, size);
                        String path = pax(records, "path", at);
                        String paxSize = pax(records, "size", at);
                        longName = path == null ? longName : path;
                        longSize = paxSize == null ? longSize : decimal(paxSize, at);
                    }
                    case 'K', 'g' -> content(at + BLOCK, size);
                    case 'S' -> throw new DataException(file + ": holds a sparse file at byte " + at + ", which is not supported; pack it again with plain files");
                    default -> {
                        return member(position, at, type, longName == null ? name() : longName, longSize < 0 ? size : longSize);
                    }
                }
                at += BLOCK + padded(size);
            }
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    private Member member(long header, long at, char type, String name, long size) {
        boolean regular = type == '0' || type == 0 || type == '7';
        // Links and folders have no content, whatever their size says.
        long content = type >= '1' && type <= '6' ? 0 : size;
        long offset = at + BLOCK;
        if (content > length - offset) {
            throw new DataException("%s: ends in the middle of '%s', at byte %d; it is cut off, fetch it again".formatted(file, name, length));
        }
        // Programs used to write folders as files whose names end in a slash.
        return new Member(header, name, regular && !name.endsWith("/"), offset, content, offset + padded(content));
    }

    /** The content of a member. */
    byte[] read(Member member) {
        try {
            byte[] bytes = new byte[Math.toIntExact(member.size())];
            in.seek(member.offset());
            in.readFully(bytes);
            return bytes;
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    /** Whether there is a header, not the end. */
    private boolean readHeader(long at) throws IOException {
        if (length - at < BLOCK) {
            throw new DataException(file + ": ends without an end mark, at byte " + length + "; it is cut off, fetch it again");
        }
        in.seek(at);
        in.readFully(block);
        int sum = 0;
        boolean zero = true;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : block[i] & 255;
            zero &= block[i] == 0;
        }
        if (zero) {
            return false;
        }
        if (number(148, 8, at) != sum) {
            throw at == 0 ? new DataException(file + ": is not a tar archive" + (block[0] == 0x1f && (block[1] & 255) == 0x8b ? ", but compressed; unpack it with gunzip" : ""))
                    : damaged(at);
        }
        return true;
    }

    private byte[] content(long offset, long size) throws IOException {
        if (size > MOST_NAME_BYTES || size > length - offset) {
            throw damaged(offset);
        }
        byte[] bytes = new byte[(int) size];
        in.seek(offset);
        in.readFully(bytes);
        return bytes;
    }

    private String name() {
        String name = ended(Arrays.copyOfRange(block, 0, 100));
        boolean posix = block[257] == 'u' && block[261] == 'r' && block[262] == 0;
        String prefix = posix ? ended(Arrays.copyOfRange(block, 345, 500)) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static String ended(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** An octal number between blanks or zeros, or a binary one, which GNU marks by the first bit. */
    private long number(int from, int count, long at) {
        if ((block[from] & 128) != 0) {
            long value = block[from] & 127;
            for (int i = from + 1; i < from + count; i++) {
                if (value >>> 54 != 0) {
                    throw damaged(at);
                }
                value = value << 8 | block[i] & 255;
            }
            return value;
        }
        String digits = new String(block, from, count, StandardCharsets.ISO_8859_1).replace('\0', ' ').strip();
        try {
            long value = digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // No number either way.
        }
        throw at == 0 ? new DataException(file + ": is not a tar archive") : damaged(at);
    }

    /** The value of a pax record, {@code "length key=value\n"}; null where there is none. */
    private String pax(byte[] records, String key, long at) {
        String found = null;
        int from = 0;
        while (from < records.length && records[from] != 0) {
            int blank = from;
            while (blank < records.length && records[blank] != ' ') {
                blank++;
            }
            long size = decimal(new String(records, from, blank - from, StandardCharsets.ISO_8859_1), at);
            if (size < blank - from + 2 || size > records.length - from) {
                throw damaged(at);
            }
            String record = new String(records, blank + 1, (int) size - (blank - from) - 2, StandardCharsets.UTF_8);
            if (record.startsWith(key + "=")) {
                found = record.substring(key.length() + 1);
            }
            from += (int) size;
        }
        return found;
    }

    private long decimal(String digits, long at) {
        try {
            long value = Long.parseLong(digits);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // No number either way.
        }
        throw damaged(at);
    }

    private static long padded(long size) {
        return Math.addExact(size, BLOCK - 1) / BLOCK * BLOCK;
    }

    private DataException damaged(long at) {
        return new DataException(file + ": damaged at byte " + at + ", there is no header of a member; fetch it again");
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            // Nothing was written, so nothing is lost.
        }
    }
}
