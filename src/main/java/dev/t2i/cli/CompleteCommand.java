package dev.t2i.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.t2i.error.BadInputException;
import dev.t2i.gpt2.Sampling;
import dev.t2i.gpt2.TextGenerator;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Text from text. */
@Command(name = "complete", description = "Continues a text with a GPT-2.")
final class CompleteCommand extends T2iCommand {

    @Parameters(paramLabel = "PROMPT", arity = "0..1", description = "The text to continue.")
    private String prompt;

    @Mixin
    private EncoderOptions encoder;

    @Option(names = "--max-tokens", paramLabel = "N", defaultValue = "40", description = "How many tokens to add at most. Default: ${DEFAULT-VALUE}")
    private int maxTokens;

    @Option(names = "--temperature", paramLabel = "T", defaultValue = "1",
            description = "0 takes the likeliest token always, 1 draws as the model says, more is wilder. Default: ${DEFAULT-VALUE}")
    private double temperature;

    @Option(names = "--top-k", paramLabel = "K", defaultValue = "50", description = "Draw among the K likeliest, 0 for all. Default: ${DEFAULT-VALUE}")
    private int topK;

    @Option(names = "--top-p", paramLabel = "P", defaultValue = "1",
            description = "Draw among the likeliest that together have probability P, 1 for all. Default: ${DEFAULT-VALUE}")
    private double topP;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "The same seed draws the same text. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Mixin
    private BackendOption backend;

    /** The answer of {@code --json}: what was added, and why it ends; no text where ids were given and there is no vocabulary. */
    record Answer(String text, int[] ids, @JsonProperty("stopped_by") String stoppedBy) {
    }

    @Override
    public Integer call() {
        if (encoder.hasIds() == (prompt != null)) {
            throw new ParameterException(spec().commandLine(), "give either a prompt or --ids");
        }
        Sampling sampling = sampling();
        try (TextGenerator generator = TextGenerator.open(encoder.files(), named(backend.backend()))) {
            int[] ids = encoder.hasIds() ? encoder.ids() : generator.tokenizer().encode(prompt);
            TextGenerator.Completion completion = generator.complete(ids, maxTokens, sampling);
            Optional<String> text = text(generator, completion.ids());
            if (json()) {
                printJson(new Answer(text.orElse(null), completion.ids(), completion.stop().name().toLowerCase(Locale.ROOT).replace('_', '-')));
            } else {
                out().println(text.orElseGet(() ->
                        Arrays.stream(completion.ids()).mapToObj(Integer::toString).collect(Collectors.joining(" "))));
            }
        }
        return ExitCode.DONE;
    }

    /** Numbers out of range are wrong usage here, where they come from options. */
    private Sampling sampling() {
        if (maxTokens < 1) {
            throw new ParameterException(spec().commandLine(), "--max-tokens must be at least 1, not " + maxTokens);
        }
        try {
            return new Sampling(temperature, topK, topP, seed);
        } catch (BadInputException e) {
            throw new ParameterException(spec().commandLine(), e.getMessage(), e);
        }
    }

    private Optional<String> text(TextGenerator generator, int[] ids) {
        return encoder.hasIds() && !generator.hasTokenizer() ? Optional.empty() : Optional.of(generator.tokenizer().decode(ids));
    }
}
