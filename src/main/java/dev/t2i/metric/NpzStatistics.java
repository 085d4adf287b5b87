package dev.t2i.metric;

import dev.t2i.error.BadInputException;
import dev.t2i.error.FileTrouble;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Statistics as pytorch-fid and others publish them: a NumPy archive {@code .npz} with {@code mu [d]} and {@code sigma [d, d]}. */
final class NpzStatistics {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final Pattern DESCRIPTION = Pattern.compile("'descr':\\s*'([<=|>]?[a-z]\\d+)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order':\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape':\\s*\\((\\d{1,9}),?\\s*(\\d{1,9})?,?\\)");

    private NpzStatistics() {}

    /** An array as NumPy writes it. */
    private record Array(int rows, int columns, double[] values) {}

    static boolean hasName(Path file) {
        return file.toString().endsWith(".npz");
    }

    /**
     * @param network that the reader takes them to be of: such files don't say
     * @throws BadInputException in one line when the file is missing, damaged or holds something else
     */
    static FeatureStatistics read(Path file, String network) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            Array mean = array(file, zip, "mu");
            Array covariance = array(file, zip, "sigma");
            int width = mean.rows();
            if (mean.columns() != 0 || covariance.rows() != width || covariance.columns() != width) {
                throw new BadInputException("%s: mu [%d] and sigma [%d, %d] do not fit, [d] and [d, d] are needed"
                        .formatted(file, width, covariance.rows(), covariance.columns()));
            }
            return new FeatureStatistics(network, 0, mean.values(), covariance.values());
        } catch (IOException e) {
            throw new BadInputException(file + ": cannot be read as NumPy's archive, " + FileTrouble.reason(e), e);
        }
    }

    private static Array array(Path file, ZipFile zip, String name) throws IOException {
        ZipEntry entry = zip.getEntry(name + ".npy");
        if (entry == null) {
            throw new BadInputException(file + ": holds no '" + name + "'; statistics have mu and sigma");
        }
        try (InputStream in = zip.getInputStream(entry)) {
            ByteBuffer start = ByteBuffer.wrap(in.readNBytes(MAGIC.length + 2)).order(ByteOrder.LITTLE_ENDIAN);
            if (start.limit() < MAGIC.length + 2 || !ByteBuffer.wrap(MAGIC).equals(start.slice(0, MAGIC.length))) {
                throw new BadInputException(file + ": '" + name + "' is no NumPy array");
            }
            int lengthBytes = start.get(MAGIC.length) == 1 ? 2 : 4;
            ByteBuffer length = ByteBuffer.wrap(Arrays.copyOf(in.readNBytes(lengthBytes), 4)).order(ByteOrder.LITTLE_ENDIAN);
            String header = new String(in.readNBytes(Math.clamp(length.getInt(), 0, 1 << 16)), StandardCharsets.ISO_8859_1);
            Matcher type = DESCRIPTION.matcher(header);
            Matcher order = ORDER.matcher(header);
            Matcher shape = SHAPE.matcher(header);
            if (!type.find() || !order.find() || !shape.find() || !type.group(1).matches("[<=]f[48]") || order.group(1).equals("True")) {
                throw new BadInputException(file + ": '" + name + "' is none of the arrays that are read here: little-endian floats in C order, of one or two axes");
            }
            int rows = Integer.parseInt(shape.group(1));
            int columns = shape.group(2) == null ? 0 : Integer.parseInt(shape.group(2));
            if (rows < 1 || rows > FeatureStatistics.WIDEST || columns > FeatureStatistics.WIDEST) {
                throw new BadInputException("%s: '%s' has %d rows, 1 to %d are possible".formatted(file, name, rows, FeatureStatistics.WIDEST));
            }
            return new Array(rows, columns, numbers(file, name, in, rows * Math.max(1, columns), type.group(1).endsWith("8")));
        }
    }

    private static double[] numbers(Path file, String name, InputStream in, int count, boolean wide) throws IOException {
        int bytes = wide ? Double.BYTES : Float.BYTES;
        double[] numbers = new double[count];
        byte[] chunk = new byte[1 << 16];
        for (int at = 0; at < count;) {
            int some = Math.min(count - at, chunk.length / bytes);
            if (in.readNBytes(chunk, 0, some * bytes) < some * bytes) {
                throw new BadInputException(file + ": '" + name + "' is cut short");
            }
            ByteBuffer read = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < some; i++) {
                double value = wide ? read.getDouble() : read.getFloat();
                if (!Double.isFinite(value)) {
                    throw new BadInputException(file + ": '" + name + "' holds " + value + "; save the statistics again");
                }
                numbers[at++] = value;
            }
        }
        return numbers;
    }
}
