package dev.t2i.cli;

import dev.t2i.pickle.PyTorchCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** PyTorch's weights as safetensors. */
@Command(name = "convert", description = {
    "Writes the tensors of a PyTorch checkpoint (.pt, .pth, .bin) as safetensors.",
    "The checkpoint's pickle is read, never run: what is no tensor, number, text or dictionary is refused by its name."})
final class ModelConvertCommand extends T2iCommand {

    @Parameters(paramLabel = "IN", description = "A checkpoint that torch.save wrote.")
    private Path source;

    @Option(names = "--out", paramLabel = "OUT.safetensors", required = true, description = "The file to make.")
    private Path out;

    @Option(names = "--key", paramLabel = "KEY", defaultValue = "",
            description = "Where in the checkpoint the tensors are, as in state_dict or model.netG. Default: the checkpoint itself.")
    private String key;

    @Option(names = "--force", description = "Overwrite what is there.")
    private boolean force;

    /** The answer of {@code --json}. */
    record Answer(String path, int tensors, long parameters, List<String> leftOut) {
    }

    @Override
    public Integer call() throws IOException {
        Places.requireFile(out);
        requireFree(out, force);
        Interruption.defer();
        PyTorchCheckpoint.Converted done = PyTorchCheckpoint.convert(source, key, out);
        if (json()) {
            printJson(new Answer(out.toString(), done.tensors(), done.parameters(), done.leftOut()));
        } else {
            out().printf("%s: %,d numbers in %d tensors%n", out, done.parameters(), done.tensors());
            if (!done.leftOut().isEmpty()) {
                log().printf("left out, for they are no tensors: %s%n", String.join(", ", done.leftOut()));
            }
        }
        return ExitCode.DONE;
    }
}
