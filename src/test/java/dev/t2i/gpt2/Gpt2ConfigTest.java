package dev.t2i.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BadModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Gpt2ConfigTest {
    @TempDir
    Path folder;

    private Gpt2Config read(String json) throws IOException {
        return Gpt2Config.read(Files.writeString(folder.resolve("config.json"), json));
    }

    @Test
    void absentKeysHaveTransformersDefaults() throws IOException {
        Gpt2Config gpt2 = read("{}");
        assertEquals(new Gpt2Config(50257, 1024, 768, 12, 12, 3072, Activation.GELU_TANH, 1e-5, true, false, true,
                OptionalInt.of(50256), OptionalInt.of(50256)), gpt2);
        assertEquals(124_439_808, gpt2.parameters());
        assertEquals(64, gpt2.headSize());
        assertEquals(gpt2, Gpt2Config.of(50257, 1024, 768, 12, 12));
    }

    @Test
    void everyKeyCounts() throws IOException {
        assertEquals(new Gpt2Config(99, 20, 12, 3, 2, 50, Activation.GELU, 1e-6, false, true, false,
                OptionalInt.of(3), OptionalInt.of(4)), read("""
                {"architectures": ["GPT2Model"], "model_type": "gpt2", "vocab_size": 99, "n_positions": 20, "n_ctx": 16,
                 "n_embd": 12, "n_layer": 3, "n_head": 2, "n_inner": 50, "activation_function": "gelu",
                 "layer_norm_epsilon": 1e-06, "scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true,
                 "tie_word_embeddings": false, "bos_token_id": 3, "eos_token_id": [4, 5],
                 "reorder_and_upcast_attn": true, "add_cross_attention": false, "task_specific_params": {"x": [1]}}"""));
    }

    @Test
    void otherSpellingsOfTheSizes() throws IOException {
        assertEquals(Gpt2Config.of(50257, 32, 24, 2, 3), read(
                "{\"hidden_size\": 24, \"n_ctx\": 32, \"num_hidden_layers\": 2, \"num_attention_heads\": 3, \"n_inner\": null}"));
    }

    @Test
    void tokensOutsideTheVocabularyAreNone() throws IOException {
        assertEquals(OptionalInt.empty(), read("{\"vocab_size\": 100}").endOfText());
        assertEquals(OptionalInt.empty(), read("{\"eos_token_id\": null}").endOfText());
        assertEquals(OptionalInt.empty(), read("{\"eos_token_id\": -1}").endOfText());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {                                   | is not valid JSON in line 1
            []                                  | is not a JSON object
            {"n_embd": 8, "n_embd": 8}          | is not valid JSON
            {"n_embd": "768"}                   | n_embd is "768", must be a whole number below 2^31
            {"n_embd": 768.0}                   | n_embd is 768.0, must be a whole number below 2^31
            {"n_embd": 4294967296}              | n_embd is 4294967296, must be a whole number below 2^31
            {"n_embd": [768]}                   | n_embd is [768], must be a whole number
            {"n_embd": 0}                       | n_embd is 0, must be 1 to 65536
            {"n_embd": -768}                    | n_embd is -768, must be 1 to 65536
            {"n_embd": 2147483647}              | n_embd is 2147483647, must be 1 to 65536
            {"n_embd": 770}                     | n_embd is 770, not a multiple of n_head 12
            {"n_embd": 24, "hidden_size": 48}   | n_embd is 24, but hidden_size is 48
            {"n_layer": 0}                      | n_layer is 0, must be 1 to 1024
            {"n_layer": 100000}                 | n_layer is 100000, must be 1 to 1024
            {"n_head": 0}                       | n_head is 0, must be 1 to 1024
            {"n_positions": 100000000}          | n_positions is 100000000, must be 1 to 1048576
            {"n_inner": 0}                      | n_inner is 0, must be 1 to 262144
            {"vocab_size": 0}                   | vocab_size is 0, must be 1 to 10000000
            {"vocab_size": true}                | vocab_size is true, must be a whole number
            {"vocab_size": 9999999, "n_embd": 49152, "n_layer": 100} | parameters, more than 100000000000
            {"layer_norm_epsilon": "1e-5"}      | layer_norm_epsilon is "1e-5", must be a number
            {"layer_norm_epsilon": 0}           | layer_norm_epsilon is 0.0, must be above 0 and at most 1
            {"layer_norm_epsilon": 1e999}       | layer_norm_epsilon is Infinity, must be above 0
            {"scale_attn_weights": 1}           | scale_attn_weights is 1, must be true or false
            {"tie_word_embeddings": "yes"}      | tie_word_embeddings is "yes", must be true or false
            {"activation_function": "selu"}     | activation_function is 'selu', supported are gelu_new
            {"activation_function": 3}          | activation_function is 3, must be a string
            {"eos_token_id": "x"}               | eos_token_id is "x", must be a whole number
            {"model_type": "llama"}             | model_type is 'llama'; only 'gpt2' is supported
            {"add_cross_attention": true}       | add_cross_attention is true, which is not supported
            {"is_encoder_decoder": true}        | is_encoder_decoder is true, which is not supported
            {"quantization_config": {"bits":4}} | the weights are quantized
            {"pruned_heads": {"0": [1]}}        | pruned_heads is not empty
            """)
    void badConfigsAreRefusedInOneLine(String json, String reason) {
        String message = assertThrows(BadModelException.class, () -> read(json)).getMessage();
        assertTrue(message.startsWith(folder.resolve("config.json") + ": "), message);
        assertTrue(message.contains(reason), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Path file = folder.resolve("config.json");
        for (Gpt2Config config : new Gpt2Config[] {Gpt2Config.of(300, 16, 8, 1, 2),
            new Gpt2Config(99, 20, 12, 3, 2, 50, Activation.SILU, 1e-6, false, true, false, OptionalInt.empty(), OptionalInt.of(4))}) {
            config.write(file);
            assertEquals(config, Gpt2Config.read(file));
        }
    }

    @Test
    void aMissingConfigIsNamed() {
        assertEquals(folder.resolve("config.json") + ": there is no such file",
                assertThrows(BadModelException.class, () -> Gpt2Files.open(folder)).getMessage());
        assertTrue(assertThrows(BadModelException.class, () -> Gpt2Files.open(folder.resolve("none"))).getMessage()
                .startsWith(folder.resolve("none") + ": there is no such folder; a GPT-2 folder holds config.json"));
    }
}
