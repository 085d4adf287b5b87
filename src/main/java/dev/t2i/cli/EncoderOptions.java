package dev.t2i.cli;

import dev.t2i.gan.ModelFolder;
import dev.t2i.gpt2.Gpt2Files;
import java.nio.file.Path;
import java.util.Arrays;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which GPT-2 to use, and token ids in place of text. */
final class EncoderOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private Source source;

    private static final class Source {

        @Option(names = "--encoder", paramLabel = "DIR", description = "A GPT-2 folder as Hugging Face lays it out.")
        private Path encoder;

        @Option(names = "--model", paramLabel = "DIR", description = "A model folder, whose encoder is used; 'default' is the one that ships.")
        private String model;
    }

    @Option(names = "--ids", paramLabel = "\"1 2 3\"", description = "Token ids instead of text; then no vocabulary is needed.")
    private String ids;

    Gpt2Files files() {
        return source.encoder != null ? Gpt2Files.open(source.encoder) : ModelFolder.gpt2(ModelLocation.resolve(source.model));
    }

    boolean hasIds() {
        return ids != null;
    }

    int[] ids() {
        String[] words = ids.strip().split("[\\s,]+");
        if (words.length == 1 && words[0].isEmpty()) {
            return new int[0];
        }
        return Arrays.stream(words).mapToInt(word -> {
            try {
                return Integer.parseInt(word);
            } catch (NumberFormatException e) {
                throw new ParameterException(spec.commandLine(), "--ids: '" + word + "' is no token id", e);
            }
        }).toArray();
    }
}
