package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.config.Settings;
import dev.t2i.error.BadInputException;
import dev.t2i.gpt2.BpeVocabulary;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.train.LanguageSettings;
import dev.t2i.train.LanguageTask;
import dev.t2i.train.RunFolder;
import dev.t2i.train.Texts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a vocabulary and a small GPT-2 on texts, for an encoder of one's own. */
@Command(name = "pretrain", description = {
    "Trains a small GPT-2 on text files.",
    "First comes its byte-pair vocabulary, then the model. Each line is a text of its own. Ctrl-C saves; --resume goes on bit for bit."})
final class PretrainCommand extends TrainingCommand {

    /** A hash of the texts, so that a run does not go on with others unnoticed. */
    private static final String FINGERPRINT = "texts.sha256";

    @Option(names = "--data", paramLabel = "FILE", required = true, arity = "1..*",
            description = "Text files in UTF-8, or data sets whose captions to take: scenes:?count=100000")
    private List<String> data;

    private String fingerprint;

    @Override
    Job prepare(Path config, List<String> overrides, Backend backend, RunFolder run, boolean resume) {
        LanguageSettings settings = Settings.load(config, LanguageSettings.class, overrides);
        Texts texts = Texts.read(data, settings.normalise());
        fingerprint = texts.fingerprint();
        if (resume) {
            requireSameTexts(run);
        }
        BpeVocabulary vocabulary = LanguageTask.vocabulary(settings, texts);
        LanguageTask task = new LanguageTask(settings, texts, vocabulary, backend);
        log().printf("%,d texts, %,d samples an epoch, %,d tokens in the vocabulary, %,d parameters%n",
                texts.lines().size(), task.samplesInEpoch(), vocabulary.size(), task.config().parameters());
        return new Job(settings, settings.schedule(), task);
    }

    private void requireSameTexts(RunFolder run) {
        Path file = run.path().resolve(FINGERPRINT);
        try {
            if (Files.exists(file) && !Files.readString(file).strip().equals(fingerprint)) {
                throw new BadInputException(String.join(", ", data) + ": not the texts that " + run.path()
                        + " was started with; resume with those, or start another run");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    void started(RunFolder run, boolean resumed) {
        AtomicFile.write(run.path().resolve(FINGERPRINT), fingerprint + "\n");
    }
}
