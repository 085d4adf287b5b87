package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.gpt2.TextEncoder;
import dev.t2i.gpt2.TextEncoder.Encoding;
import dev.t2i.gpt2.TextPooling;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Features of texts. */
@Command(name = "encode", description = "Turns texts into features with a GPT-2.")
final class EncodeCommand extends T2iCommand {

    private static final int SHOWN = 6;

    @Parameters(paramLabel = "TEXT", arity = "0..*", description = "The texts.")
    private List<String> texts = new ArrayList<>();

    @Mixin
    private EncoderOptions encoder;

    @Option(names = "--pool", paramLabel = "tokens|last|mean|last-logits", defaultValue = "tokens", converter = PoolingConverter.class,
            description = "What to keep: every token's state (the default), the last one's, their mean, or the last token's logits.")
    private TextPooling pooling;

    @Option(names = "--out", paramLabel = "F.safetensors", description = "Where to write features, input_ids and attention_mask.")
    private Path out;

    @Option(names = "--force", description = "Overwrite what is there.")
    private boolean force;

    @Mixin
    private BackendOption backend;

    /** The answer of {@code --json}; features are left out where a file holds them. */
    record Answer(String backend, String pool, int[] shape, List<int[]> ids, String out, List<Object> features) {
    }

    static final class PoolingConverter implements picocli.CommandLine.ITypeConverter<TextPooling> {

        @Override
        public TextPooling convert(String value) {
            for (TextPooling pooling : TextPooling.values()) {
                if (name(pooling).equals(value)) {
                    return pooling;
                }
            }
            throw new TypeConversionException("'" + value + "' is none of tokens, last, mean, last-logits");
        }
    }

    private static String name(TextPooling pooling) {
        return pooling.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public Integer call() throws IOException {
        if (encoder.hasIds() == !texts.isEmpty()) {
            throw new ParameterException(spec().commandLine(), "give either texts or --ids");
        }
        if (out != null) {
            Places.requireFile(out);
            requireFree(out, force);
        }
        Backend where = backend.backend();
        try (Arena arena = Arena.ofConfined(); TextEncoder model = TextEncoder.open(encoder.files(), where)) {
            List<int[]> ids = encoder.hasIds() ? List.of(encoder.ids()) : model.tokenize(texts);
            Encoding encoding = model.encode(ids, pooling, arena);
            if (out != null) {
                Interruption.defer();
                new SafetensorsWriter().add("features", encoding.features()).add("input_ids", encoding.ids())
                        .add("attention_mask", encoding.mask()).write(out);
            }
            print(where, ids, encoding.features());
        }
        return ExitCode.DONE;
    }

    private void print(Backend where, List<int[]> ids, Tensor features) {
        int[] shape = features.shape().dims();
        if (json()) {
            printJson(new Answer(where.name(), name(pooling), shape, ids, out == null ? null : out.toString(),
                    out == null ? nested(features, 0, 0) : null));
            return;
        }
        log().println("backend " + where.name() + ", " + where.description());
        out().println(name(pooling) + " " + features.shape() + (out == null ? "" : " in " + out));
        long perText = features.size() / shape[0];
        for (int text = 0; text < shape[0]; text++) {
            StringBuilder line = new StringBuilder("%4d tokens ".formatted(ids.get(text).length));
            for (int i = 0; i < Math.min(SHOWN, perText); i++) {
                line.append(String.format(Locale.ROOT, " %9.4f", features.getFloat(text * perText + i)));
            }
            out().println(perText > SHOWN ? line + " …" : line);
        }
    }

    /** Lists within lists, as the shape says. */
    private static List<Object> nested(Tensor tensor, int axis, long start) {
        int count = tensor.shape().dim(axis);
        long stride = tensor.shape().strides()[axis];
        List<Object> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = start + i * stride;
            list.add(axis == tensor.shape().rank() - 1 ? (Object) tensor.getFloat(at) : nested(tensor, axis + 1, at));
        }
        return list;
    }
}
