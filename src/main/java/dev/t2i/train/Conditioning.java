package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;
import dev.t2i.data.CaptionedImages;
import dev.t2i.gan.ModelFolder;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The text side of a training that draws: where encoder and adapter come from, and which of them learn along. */
final class Conditioning implements AutoCloseable {
    private final GanSettings.Text settings;
    private final boolean averaged;
    private final TextSource source;
    private final TextSide text;

    /** @param averaged whether moving averages of what learns along are what draws */
    Conditioning(GanSettings.Text settings, boolean averaged, TextSource source) {
        this.settings = settings;
        this.averaged = averaged;
        this.source = source;
        source.requireAdapter(settings.adapter());
        this.text = new TextSide(settings.adapter().heard(source.encoder()), settings.adapter().tokens(), trainsEncoder());
    }

    TextSide text() {
        return text;
    }

    boolean trainsEncoder() {
        return settings.train() == GanSettings.TextTraining.ALL;
    }

    boolean trainsAdapter() {
        return settings.train() != GanSettings.TextTraining.NONE;
    }

    /** The networks that learn along, given what a step's graph declared. */
    List<Learned> learned(Parameters adapter, Optional<Parameters> encoder, Adam adam) {
        List<Learned> networks = new ArrayList<>();
        if (trainsAdapter()) {
            networks.add(new Learned(GanProgram.ADAPTER, adapter.declarations(), adam));
        }
        encoder.ifPresent(place -> networks.add(new Learned(TextSide.ENCODER, place.declarations(), adam)));
        return networks;
    }

    /** The network that holds the averages of {@code network}, one that learns, if it is of the text side and has such. */
    Optional<String> average(Learned network) {
        boolean ofText = network.network().equals(GanProgram.ADAPTER) || network.network().equals(TextSide.ENCODER);
        return averaged && ofText ? Optional.of(GanProgram.averaged(network.network())) : Optional.empty();
    }

    /** A generator with its text side as they stand in training. */
    Drawing.Networks learning() {
        return new Drawing.Networks(GanProgram.GENERATOR, GanProgram.ADAPTER, text);
    }

    /** The averages of both; a text side without averages as it stands. */
    Drawing.Networks averages() {
        return averaged ? new Drawing.Networks(GanProgram.AVERAGE, GanProgram.AVERAGED_ADAPTER, text.by(GanProgram.AVERAGED_ENCODER))
                : new Drawing.Networks(GanProgram.AVERAGE, GanProgram.ADAPTER, text);
    }

    /** First values of one of those networks. */
    Map<String, Tensor> firstValues(Learned network, long seed, CaptionedImages data, Backend backend, Arena scratch) {
        return network.network().equals(TextSide.ENCODER) ? text.initialWeights()
                : source.adapterStart(settings.adapter(), network.declarations(), seed, data, backend, scratch);
    }

    /** Puts what stays as it is into the session and compiles the frozen encoder for {@code rows} sentences at a time. */
    void compile(Session session, Parameters adapter, int rows, Arena arena) {
        if (!trainsAdapter()) {
            Learned.put(session, GanProgram.ADAPTER, source.adapter(adapter.declarations(), arena));
        }
        text.compileFrozen(session, rows);
    }

    /** Adds the adapter's tensors as a model folder names them, and writes the folder's {@code encoder/}. */
    void export(Session session, Parameters adapter, Path folder, Map<String, Tensor> tensors, Arena scratch) {
        ModelExport.collect(session, averages().adapter(), adapter.declarations(), ModelFolder.ADAPTER, tensors, scratch);
        String encoder = averaged ? GanProgram.AVERAGED_ENCODER : TextSide.ENCODER;
        ModelExport.encoder(folder, text, trainsEncoder() ? Optional.of(encoder) : Optional.empty(), session, scratch);
    }

    @Override
    public void close() {
        text.close();
    }
}
