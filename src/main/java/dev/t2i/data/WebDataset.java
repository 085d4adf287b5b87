package dev.t2i.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.t2i.image.PictureFiles;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pictures with captions in tar archives, as WebDataset lays them out: members that follow one another and share a key, the path up to the first
 * dot of the base name, are a sample; what comes behind the dot, in lower case, says what a member is. Nothing is unpacked. Opening reads the
 * headers and keeps 16 bytes a sample, where its picture and its caption lie, so that any sample can be read in any order.
 */
final class WebDataset implements Catalogue {
    /**
     * @param image the extension of pictures, where samples have several
     * @param text the member of the {@code json} file that holds the caption or a list of them
     * @param extension the extension of captions, one a line, where {@code text} is not given
     */
    record Options(Optional<String> image, Optional<String> text, String extension) {
        Options {
            image = image.map(ending -> ending.toLowerCase(Locale.ROOT));
            extension = extension.toLowerCase(Locale.ROOT);
        }
    }

    private static final Pattern NAME = Pattern.compile("^((?:.*/|)[^.]+)[.]([^/]*)$", Pattern.DOTALL);
    private static final Pattern META = Pattern.compile("__[^/]*__", Pattern.DOTALL);
    private static final long MOST_PICTURE_BYTES = 1L << 28;
    private static final long MOST_CAPTION_BYTES = 1L << 20;
    private static final ObjectMapper MAPPER = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final List<Path> shards;
    private final Options options;
    private final Problems problems = new Problems();
    /** The number of the first sample of each shard. */
    private final int[] firsts;
    private long[] pictureHeaders = new long[1 << 10];
    private long[] captionHeaders = new long[1 << 10];
    private int size;
    private long pictures;

    /** The sample whose members are being read. */
    private final class Sample {
        private final Path shard;
        private String key;
        private final Set<String> extensions = new HashSet<>();
        private TarFile.Member picture;
        private TarFile.Member caption;
        private boolean twoPictures;

        Sample(Path shard) {
            this.shard = shard;
        }

        void begin(String next) {
            key = next;
            extensions.clear();
            picture = null;
            caption = null;
            twoPictures = false;
        }

        void add(String extension, TarFile.Member member) {
            if (!extensions.add(extension)) {
                bad(Problem.Type.BAD_SHARD, "the sample has two members ." + extension);
                return;
            }
            if (options.image().map(extension::equals).orElseGet(() -> PictureFiles.isPictureExtension(extension))) {
                twoPictures |= picture != null;
                picture = small(member, MOST_PICTURE_BYTES) ? member : picture;
            } else if (extension.equals(captionExtension())) {
                caption = small(member, MOST_CAPTION_BYTES) ? member : caption;
            }
        }

        private boolean small(TarFile.Member member, long most) {
            if (member.size() > most) {
                problems.add(Problem.Type.BAD_SHARD, shard.getFileName() + "/" + member.name(), "has " + member.size() + " bytes, more than " + most);
            }
            return member.size() <= most;
        }

        void end() {
            if (key == null) {
                return;
            }
            if (picture != null) {
                pictures++;
            }
            if (twoPictures) {
                bad(Problem.Type.BAD_SHARD, "the sample has several pictures; choose by their ending, as in ?image=jpg");
            } else if (picture == null && caption != null) {
                bad(Problem.Type.CAPTION_WITHOUT_PICTURE, "the sample has no picture");
            } else if (picture != null && caption == null) {
                bad(Problem.Type.PICTURE_WITHOUT_CAPTION, "the sample has no ." + captionExtension()
                        + (extensions.contains("json") ? "; if its .json holds the caption, name the member, as in ?text=caption" : ""));
            } else if (picture != null) {
                keep(picture.header(), caption.header());
            }
        }

        private void bad(Problem.Type type, String message) {
            problems.add(type, shard.getFileName() + "/" + key, message);
        }
    }

    private WebDataset(List<Path> shards, Options options) {
        this.shards = shards;
        this.options = options;
        this.firsts = new int[shards.size()];
    }

    /** @throws DataException one line where the pattern means no file */
    static WebDataset open(String pattern, Options options) {
        WebDataset set = new WebDataset(ShardNames.expand(pattern), options);
        for (int i = 0; i < set.shards.size(); i++) {
            set.firsts[i] = set.size;
            set.index(set.shards.get(i));
        }
        set.pictureHeaders = Arrays.copyOf(set.pictureHeaders, set.size);
        set.captionHeaders = Arrays.copyOf(set.captionHeaders, set.size);
        return set;
    }

    private String captionExtension() {
        return options.text().isPresent() ? "json" : options.extension();
    }

    private void index(Path shard) {
        if (!Files.exists(shard)) {
            problems.add(Problem.Type.BAD_SHARD, shard.getFileName().toString(), "there is no such shard");
            return;
        }
        Sample sample = new Sample(shard);
        try (TarFile tar = TarFile.open(shard)) {
            for (TarFile.Member member = tar.at(0); member != null; member = tar.at(member.end())) {
                see(member, sample, shard);
            }
        } catch (DataException e) {
            String message = e.getMessage();
            problems.add(Problem.Type.BAD_SHARD, shard.getFileName().toString(), message.startsWith(shard + ": ") ? message.substring(shard.toString().length() + 2) : message);
        }
        sample.end();
    }

    private void see(TarFile.Member member, Sample sample, Path shard) {
        String name = member.name();
        if (leadsOut(name)) {
            problems.add(Problem.Type.UNSAFE_NAME, shard.getFileName().toString(), "the member '" + name + "' leads out of the archive's folder; nothing is unpacked");
            return;
        }
        Matcher parts = NAME.matcher(name);
        if (!member.regular() || META.matcher(name.substring(name.lastIndexOf('/') + 1)).matches() || !parts.matches()) {
            return;
        }
        if (!parts.group(1).equals(sample.key)) {
            sample.end();
            sample.begin(parts.group(1));
        }
        sample.add(parts.group(2).toLowerCase(Locale.ROOT), member);
    }

    private static boolean leadsOut(String name) {
        return name.startsWith("/") || name.startsWith("\\") || name.matches("(?s)[A-Za-z]:[/\\\\].*") || Arrays.asList(name.split("[/\\\\]")).contains("..");
    }

    private void keep(long pictureHeader, long captionHeader) {
        if (size == pictureHeaders.length) {
            pictureHeaders = Arrays.copyOf(pictureHeaders, Math.addExact(size, size >> 1));
            captionHeaders = Arrays.copyOf(captionHeaders, pictureHeaders.length);
        }
        pictureHeaders[size] = pictureHeader;
        captionHeaders[size] = captionHeader;
        size++;
    }

    private Path shard(long index) {
        int at = Arrays.binarySearch(firsts, Math.toIntExact(index));
        if (at < 0) {
            return shards.get(-at - 2);
        }
        // Shards without samples begin where the next one does.
        while (at + 1 < firsts.length && firsts[at + 1] == index) {
            at++;
        }
        return shards.get(at);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long pictures() {
        return pictures;
    }

    private interface Reading<T> {
        T of(TarFile tar, TarFile.Member member);
    }

    private <T> T read(long index, long header, Reading<T> reading) {
        Path shard = shard(index);
        try (TarFile tar = TarFile.open(shard)) {
            TarFile.Member member = tar.at(header);
            if (member == null || member.size() > MOST_PICTURE_BYTES) {
                throw new DataException(shard + ": has changed since it was opened");
            }
            return reading.of(tar, member);
        }
    }

    @Override
    public String name(long index) {
        return shard(index).getFileName() + "/" + read(index, pictureHeaders[(int) index], (_, member) -> member.name());
    }

    @Override
    public String place(long index) {
        return shard(index) + "/" + read(index, pictureHeaders[(int) index], (_, member) -> member.name());
    }

    @Override
    public String split(long index) {
        return "";
    }

    @Override
    public byte[] bytes(long index) {
        return read(index, pictureHeaders[(int) index], TarFile::read);
    }

    @Override
    public List<String> captions(long index) {
        return read(index, captionHeaders[(int) index], (tar, member) -> {
            String place = shard(index) + "/" + member.name();
            List<String> captions = new ArrayList<>();
            String text = text(tar.read(member), place);
            (options.text().isPresent() ? ofJson(text, place) : text.lines().toList()).stream().map(Lines::caption).filter(line -> !line.isEmpty()).forEach(captions::add);
            return captions;
        });
    }

    private List<String> ofJson(String text, String place) {
        try {
            JsonNode value = MAPPER.readTree(text).path(options.text().orElseThrow());
            List<String> captions = new ArrayList<>();
            (value.isArray() ? value : List.of(value)).forEach(item -> captions.add(item.asText("")));
            return captions;
        } catch (JsonProcessingException e) {
            throw new DataException(place + ": is not JSON", e);
        }
    }

    private static String text(byte[] bytes, String place) {
        try {
            return Lines.withoutMark(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            throw new DataException(place + ": not text in UTF-8; convert it", e);
        }
    }

    @Override
    public Problems problems() {
        return problems;
    }
}
