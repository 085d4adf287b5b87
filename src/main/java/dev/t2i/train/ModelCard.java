package dev.t2i.train;

import dev.t2i.config.Settings;
import dev.t2i.gan.ModelConfig;
import dev.t2i.text.CaptionEncoder;
import java.util.Locale;

/** The README.md of a trained model: what it is, what it was trained on, and how to use it. */
final class ModelCard {
    private ModelCard() {}

    static String of(ModelConfig config, CaptionEncoder encoder, Record settings) {
        return String.format(Locale.ROOT, """
                # %s

                A text-to-image model made with t2i: %s (`encoder/`), an adapter and a %s generator (`model.safetensors`)
                that draws pictures of %d x %d pixels.

                - Training data: `%s`, %,d pictures seen
                - Words it has met: %s

                ```
                java -jar t2i.jar sample --model DIR "a sentence"
                ```

                ## Settings

                ```yaml
                %s
                ```
                """, config.name(), encoder.description(), config.generator().kind().name().toLowerCase(Locale.ROOT), config.size(), config.size(), config.data(),
                config.samples(), config.words().isEmpty() ? "not listed" : config.words().size(), Settings.toYaml(settings).strip());
    }
}
