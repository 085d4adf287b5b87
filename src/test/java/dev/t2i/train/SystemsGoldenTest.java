package dev.t2i.train;

import dev.t2i.config.Settings;
import dev.t2i.gan.Damsm;
import dev.t2i.gan.DamsmLoss;
import dev.t2i.gan.ImageEncoder;
import dev.t2i.gan.Matcher;
import dev.t2i.gan.RegionEncoder;
import dev.t2i.safetensors.SafetensorsFile;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Steps of every published system, with every loss and penalty among them, against PyTorch in double precision. */
class SystemsGoldenTest {
    private static final String COMMON = """
            task: gan
            size: 16
            batch: 4
            schedule: {samples: 50}
            text: {adapter: {width: 5, hidden_width: 6}}
            average: {half_life: 40, ramp: 0.5}
            """;
    private static final String OWN_PAIR = """
            generator: {kind: df_gan, noise_width: 3, affine_width: 0, channels: [6, 6, 4]}
            discriminator: {channels: [4, 6, 6], head_width: 6, plain_shortcuts: true}
            """;
    private static final String DCGAN_PAIR = """
            generator: {kind: dcgan, noise_width: 4, channels: [6, 4]}
            discriminator: {kind: stacked, width: 4}
            """;
    private static final String USUAL = "optimizer: {generator_rate: 0.0002, discriminator_rate: 0.0002, beta1: 0.5, beta2: 0.999, warmup: 0}\n";
    private static final String THIRDS = "terms: {real: 0.5, real_alone: 0.5, mismatched: 0.3333333333333333, fake: 0.3333333333333333, "
            + "fake_alone: 0.3333333333333333, generator_alone: 1}";
    private static final String ATTNGAN = """
            generator: {kind: attngan, noise_width: 3, augmentation_width: 2, channels: [8, 4], stages: 2, residuals: 1}
            discriminator: {kind: stacked, width: 2, alone: true}
            """;
    private static final String ATTNGAN_LOSS = """
            loss: {adversarial: nonsaturating, one_wrong: 0, penalty: none, penalty_interval: 1, augmentation: 1, %s}
            """.formatted(THIRDS);
    private static final SafetensorsFile TENSORS = GoldenCase.open("systems");

    static final List<GoldenCase> CASES = List.of(
            of("df_gan", OWN_PAIR, """
                    loss: {one_wrong: 0, mismatches: rolled, penalty: matching_aware, penalty_weight: 2, penalty_interval: 1}
                    optimizer: {generator_rate: 0.0001, discriminator_rate: 0.0004, beta1: 0, beta2: 0.9, warmup: 0}
                    """),
            of("r3gan", OWN_PAIR, """
                    loss: {adversarial: relativistic, one_wrong: 0, mismatches: rolled, terms: {mismatched: 1, fake: 1}, penalty: r1_r2, penalty_weight: 0.5, penalty_interval: 2}
                    """, "optimizer.beta1=0", "optimizer.beta2=0.99"),
            of("noise_r1", OWN_PAIR, """
                    loss: {adversarial: minimax, one_wrong: 0, penalty: noise_r1, penalty_weight: 100, penalty_noise: 0.05, penalty_interval: 2}
                    """, "optimizer.beta1=0", "optimizer.beta2=0.99"),
            of("tutorial", DCGAN_PAIR, """
                    loss: {adversarial: wasserstein, one_wrong: 0, terms: {mismatched: 0, fake: 1}, penalty: none, penalty_interval: 1, clip: 0.3}
                    critic_iterations: 2
                    """),
            of("wgan_gp", DCGAN_PAIR, """
                    loss: {adversarial: wasserstein, one_wrong: 0, penalty: wgan_gp, penalty_weight: 10, penalty_interval: 1}
                    """, "optimizer.beta1=0", "optimizer.beta2=0.9"),
            of("matching_aware_gp", DCGAN_PAIR, """
                    loss: {adversarial: wasserstein, one_wrong: 0, penalty: matching_aware_gp, penalty_weight: 10, penalty_interval: 2}
                    """, "optimizer.beta1=0", "optimizer.beta2=0.9", "discriminator.normalization=layer"),
            of("stackgan", """
                    generator: {kind: stackgan, noise_width: 3, augmentation_width: 2, channels: [8, 4, 2]}
                    discriminator: {kind: stacked, width: 2}
                    """, """
                    loss: {adversarial: nonsaturating, one_wrong: 0, penalty: none, penalty_interval: 1, augmentation: 2}
                    """),
            of("stackgan_2", """
                    generator: {kind: stackgan, noise_width: 3, augmentation_width: 2, channels: [4, 2], stages: 2, residuals: 1}
                    discriminator: {kind: stacked, width: 2, alone: true}
                    start: stage-one
                    """, """
                    loss: {adversarial: nonsaturating, one_wrong: 0, penalty: none, penalty_interval: 1, augmentation: 2, %s}
                    """.formatted(THIRDS), "size=32"),
            of("stackgan_tree", """
                    generator: {kind: stackgan_tree, noise_width: 3, augmentation_width: 2, channels: [8, 4], stages: 3, residuals: 1}
                    discriminator: {kind: stacked, width: 2, alone: true}
                    """, """
                    loss: {adversarial: nonsaturating, one_wrong: 0, penalty: r1, penalty_weight: 0.1, penalty_interval: 2, augmentation: 2, colours: 50,
                      terms: {real: 1, real_alone: 2, mismatched: 1, fake: 1, fake_alone: 1, generator_alone: 1}}
                    """, "size=32"),
            of("attngan", ATTNGAN, ATTNGAN_LOSS),
            guided("attngan_damsm", false),
            guided("attngan_damsm_against", true),
            of("transformer", """
                    generator: {kind: transformer, noise_width: 3, style_width: 8, patches: 4, patch: 4, patch_noise: 2, blocks: 2, detail: 3}
                    discriminator: {channels: [4, 6, 6], head_width: 6, plain_shortcuts: true}
                    """, """
                    loss: {adversarial: hinge, one_wrong: 0, penalty: r1, penalty_weight: 0.5, penalty_interval: 1}
                    """, "optimizer.beta1=0", "optimizer.beta2=0.99"));

    /** AttnGAN beside a frozen DAMSM, words and sentences; {@code against} if captions that are wrong in one attribute stand among the others. */
    private static GoldenCase guided(String name, boolean against) {
        Matcher damsm = new Damsm(new RegionEncoder.Own(new ImageEncoder(5, List.of(3, 4, 5)), 8), true, against, new DamsmLoss(4, 5, 10));
        return new GoldenCase(name, of(name, ATTNGAN, ATTNGAN_LOSS, "loss.matching=0.2").settings(), Optional.of(damsm), TENSORS);
    }

    private static GoldenCase of(String name, String networks, String training, String... overrides) {
        String yaml = COMMON + networks + training + (training.contains("optimizer:") ? "" : USUAL);
        return new GoldenCase(name, Settings.parse(yaml, name, GanSettings.class, List.of(overrides)), Optional.empty(), TENSORS);
    }

    static GoldenCase named(String name) {
        return CASES.stream().filter(golden -> golden.name().equals(name)).findFirst().orElseThrow();
    }

    @TestFactory
    Stream<DynamicTest> steps() {
        return CASES.stream().flatMap(golden -> GanGoldenTest.places().stream().map(place ->
                DynamicTest.dynamicTest(golden + ", " + place.name(), () -> GanGoldenTest.compare(golden, place))));
    }
}
