package dev.t2i.train;

import dev.t2i.tensor.Tensor;

/** Keys of the counter-based noise of a batch, a row {@code [4]} a picture, so that each picture's noise is its own. */
final class NoiseKeys {
    /** Of the pictures that training draws; grids use stream 0. */
    static final int TRAINING = 0x2015E;
    /** Of what gradient penalties draw by chance. */
    static final int PENALTIES = 0x9E4A1;
    /** Of what pictures are changed by before discriminators see them. */
    static final int AUGMENTATION = 0xD1FFA;
    /** Of the pictures whose statistics the averaged generator normalises by. */
    static final int SETTLING = 0x5E771;

    private NoiseKeys() {}

    static void set(Tensor keys, int row, long seed, int stream, int counter) {
        keys.set(4L * row, (int) seed);
        keys.set(4L * row + 1, (int) (seed >>> 32));
        keys.set(4L * row + 2, stream);
        keys.set(4L * row + 3, counter);
    }

    /** The keys of training step {@code step}. */
    static void fill(Tensor keys, long seed, long step) {
        fill(keys, seed, TRAINING, step);
    }

    /** The same of another stream. */
    static void fill(Tensor keys, long seed, int stream, long step) {
        int batch = keys.shape().dim(0);
        for (int i = 0; i < batch; i++) {
            set(keys, i, seed, stream, (int) (step * batch + i));
        }
    }
}
